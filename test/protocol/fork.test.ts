import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import {
  decodeForkProof,
  encodeForkProof,
  type ForkProof,
  forkLength,
  forkNodes,
  inForkOrder,
  verifyForkProof,
} from '../../protocol/log/fork.ts'
import { headSignable, LogTree, leavesUnder, logKey, type SignedHead } from '../../protocol/log/hypercore.ts'
import type { ProofNode } from '../../protocol/log/inclusion.ts'
import { makePerson, seedOf } from '../support/conversation.ts'
import { codeOf } from '../support/vectors.ts'

const ada = makePerson('Ada')
const owner = { room: seedOf('room'), identity: ada.identity, device: ada.device, generation: 0 }
const key = logKey(owner, primitives)

type Blocks = readonly Uint8Array[]

function treeOf(blocks: Blocks): LogTree {
  const tree = new LogTree(primitives)
  for (const block of blocks) tree.append(block)
  return tree
}

function headOf(blocks: Blocks): SignedHead {
  const head = { length: blocks.length, treeHash: treeOf(blocks).treeHash() }
  return { ...head, signature: primitives.sign(headSignable(key, head, primitives), ada.deviceSeed) }
}

/** A node by hashing all that lies below it. */
function slowNode(blocks: Blocks, index: number): ProofNode {
  const width = leavesUnder(index)
  const start = (index - width + 1) / 2
  return treeOf(blocks.slice(start, start + width)).roots[0]!
}

/** What somebody makes of two histories, whether they contradict each other or not. */
function proofOf(a: Blocks, b: Blocks): ForkProof {
  const [short, long] = inForkOrder(headOf(a), headOf(b))
  const blocks = long.length === a.length && equalBytes(long.treeHash, treeOf(a).treeHash()) ? a : b
  const { roots, rest } = forkNodes(short.length, long.length)
  const nodesAt = (indices: readonly number[]) => indices.map((index) => slowNode(blocks, index))
  return { type: 'split', short, long, roots: nodesAt(roots), rest: nodesAt(rest) }
}

// Few blocks to choose from, so that histories agree by chance.
const anyBlocks = (most: number) => fc.array(fc.constantFrom('a', 'b', '').map(Buffer.from), { maxLength: most })
const anyHistories = fc
  .tuple(anyBlocks(40), anyBlocks(12), anyBlocks(12))
  .map(
    ([common, a, b]) =>
      [
        [...common, ...a],
        [...common, ...b],
      ] as const,
  )
  .filter(([a, b]) => a.length > 0 && b.length > 0)

const agreeing = (a: Blocks, b: Blocks) => {
  let length = 0
  while (length < a.length && length < b.length && equalBytes(a[length]!, b[length]!)) length++
  return length
}

describe('two histories', () => {
  test('have a proof exactly if neither is what the other grew from', () => {
    fc.assert(
      fc.property(anyHistories, ([a, b]) => {
        const isFork = agreeing(a, b) < Math.min(a.length, b.length)
        expect(codeOf(() => verifyForkProof(owner, proofOf(a, b), primitives))).toBe(isFork ? undefined : 'fork/none')
      }),
    )
  })

  test('agree on no more entries than their proof says', () => {
    fc.assert(
      fc.property(anyHistories, ([a, b]) => {
        fc.pre(agreeing(a, b) < Math.min(a.length, b.length))
        expect(agreeing(a, b)).toBeLessThanOrEqual(forkLength(proofOf(a, b)))
      }),
    )
  })

  test('have one proof, whichever is named first, and it survives being written and read', () => {
    fc.assert(
      fc.property(anyHistories, ([a, b]) => {
        const proof = encodeForkProof(proofOf(a, b))
        expect(encodeForkProof(proofOf(b, a))).toEqual(proof)
        expect(encodeForkProof(decodeForkProof(proof))).toEqual(proof)
      }),
    )
  })

  test('that are honest give no proof, whatever nodes are shown for them', () => {
    const anyNode = fc.record({ size: fc.nat(), hash: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
    fc.assert(
      fc.property(anyBlocks(30), fc.array(anyNode, { maxLength: 8 }), fc.nat(), fc.nat(), (blocks, nodes, at, to) => {
        fc.pre(blocks.length > 0)
        const long = headOf(blocks)
        const short = headOf(blocks.slice(0, 1 + (at % blocks.length)))
        const honest = proofOf(blocks.slice(0, short.length), blocks) as ForkProof & { type: 'split' }
        const roots = honest.roots.map((node, i) => nodes[i + (to % 2)] ?? node)
        const rest = honest.rest.map((node, i) => nodes[i + 4] ?? node)
        for (const proof of [
          { ...honest, roots },
          { ...honest, rest },
          { ...honest, roots, rest },
        ]) {
          expect(codeOf(() => verifyForkProof(owner, { ...proof, short, long }, primitives))).toMatch(/^fork\//)
        }
      }),
    )
  })

  test('of the greatest length fit into a proof', () => {
    const most = 2 ** 52 - 1
    const node = { size: 2 ** 53 - 1, hash: new Uint8Array(32) }
    const head = { length: most, treeHash: new Uint8Array(32), signature: new Uint8Array(64) }
    for (const from of [1, 2 ** 51 - 1, 2 ** 51, 2 ** 51 + 1, most - 1]) {
      const { roots, rest } = forkNodes(from, most)
      const nodes = { roots: roots.map(() => node), rest: rest.map(() => node) }
      const proof: ForkProof = { type: 'split', short: { ...head, length: from }, long: head, ...nodes }
      expect(decodeForkProof(encodeForkProof(proof))).toEqual(proof)
    }
  })
})
