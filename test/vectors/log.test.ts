import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { LogTree, logBinding, logKey, logManifest, treeHash, verifyHead } from '../../protocol/log/hypercore.ts'
import { placeRoots, verifyInclusion } from '../../protocol/log/inclusion.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

const owners = casesOf<
  { room: string; identity: string; device: string; generation: number },
  { key: string },
  { binding: string; manifest: string }
>('log', 'format')
const trees = casesOf<{ blocks: readonly string[] }, { treeHash: string }, { roots: readonly object[] }>('log', 'tree')
const inclusions = casesOf<
  {
    block: string
    index: number
    length: number
    path: readonly { size: number; hash: string }[]
    roots: readonly { size: number; hash: string }[]
  },
  { treeHash: string }
>('log', 'inclusion')
const heads = casesOf<
  { log: string; device: string; length: number; treeHash: string; signature: string },
  { valid: true }
>('log', 'head')

describe.each(everyPrimitives)('a log, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of owners) {
    test(`${id}: ${title}`, () => {
      const owner = {
        room: fromHex(input.room),
        identity: fromHex(input.identity),
        device: fromHex(input.device),
        generation: input.generation,
      }
      expect(toHex(logBinding(owner, primitives))).toBe(steps.binding)
      expect(toHex(logManifest(owner, primitives))).toBe(steps.manifest)
      expect(toHex(logKey(owner, primitives))).toBe(wanted.key)
    })
  }

  for (const { id, title, input, steps, expect: wanted } of trees) {
    test(`${id}: ${title}`, () => {
      const tree = new LogTree(primitives)
      for (const block of input.blocks) tree.append(fromHex(block))
      expect(inHex(tree.roots)).toEqual(steps.roots)
      expect(toHex(tree.treeHash())).toBe(wanted.treeHash)
      expect(new LogTree(primitives, tree.roots).length).toBe(input.blocks.length)
    })
  }

  for (const { id, title, input, expect: wanted, error } of inclusions) {
    test(`${id}: ${title}`, () => {
      const nodes = (told: (typeof input)['path']) => told.map(({ size, hash }) => ({ size, hash: fromHex(hash) }))
      const { index, length } = input
      const run = () => {
        const roots = placeRoots(length, nodes(input.roots))
        verifyInclusion(fromHex(input.block), { index, length, path: nodes(input.path) }, roots, primitives)
        return toHex(treeHash(roots, primitives))
      }
      if (error) expect(codeOf(run)).toBe(error)
      else expect(run()).toBe(wanted.treeHash)
    })
  }

  for (const { id, title, input, error } of heads) {
    test(`${id}: ${title}`, () => {
      const [log, device] = [fromHex(input.log), fromHex(input.device)]
      const head = {
        length: input.length,
        treeHash: fromHex(input.treeHash),
        signature: fromHex(input.signature),
      }
      expect(codeOf(() => verifyHead(log, device, head, primitives))).toBe(error)
    })
  }
})
