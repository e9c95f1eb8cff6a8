import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Corestore from 'corestore'
import fc from 'fast-check'
import Hypercore from 'hypercore'
import { afterAll, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { concat, toHex, uint64Little } from '../../protocol/bytes.ts'
import { headSignable, LogTree, logBinding, logKey, logManifest, verifyHead } from '../../protocol/log/hypercore.ts'
import { makePerson, seedOf } from '../support/conversation.ts'
import { codeOf } from '../support/vectors.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ada = makePerson('Ada')
const owner = { room: seedOf('room'), identity: ada.identity, device: ada.device, generation: 0 }
const manifest = {
  version: 2 as const,
  signers: [{ publicKey: Buffer.from(ada.device) }],
  userData: Buffer.from(logBinding(owner, primitives)),
}

interface SlowNode {
  readonly index: number
  readonly size: number
  readonly hash: Uint8Array
}

/** The roots by cutting off the greatest power of two again and again. */
function slowRoots(blocks: readonly Uint8Array[], start = 0): SlowNode[] {
  const rest = blocks.length - start
  if (rest === 0) return []
  const width = 2 ** Math.floor(Math.log2(rest))
  return [slowSubtree(blocks, start, width), ...slowRoots(blocks, start + width)]
}

function slowSubtree(blocks: readonly Uint8Array[], start: number, width: number): SlowNode {
  if (width === 1) {
    const block = blocks[start]!
    const hash = primitives.blake2b256(concat(Uint8Array.of(0), uint64Little(block.length), block))
    return { index: 2 * start, size: block.length, hash }
  }
  const left = slowSubtree(blocks, start, width / 2)
  const right = slowSubtree(blocks, start + width / 2, width / 2)
  const size = left.size + right.size
  const hash = primitives.blake2b256(concat(Uint8Array.of(1), uint64Little(size), left.hash, right.hash))
  return { index: (left.index + right.index) / 2, size, hash }
}

function treeOf(blocks: readonly Uint8Array[]): LogTree {
  const tree = new LogTree(primitives)
  for (const block of blocks) tree.append(block)
  return tree
}

describe('a tree', () => {
  const anyBlocks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 70 })

  test('has the roots that its definition gives, at every length', () => {
    fc.assert(
      fc.property(anyBlocks, (blocks) => {
        expect(treeOf(blocks).roots).toEqual(slowRoots(blocks))
      }),
      { numRuns: 200 },
    )
  })

  test('goes on from its roots alone', () => {
    fc.assert(
      fc.property(anyBlocks, anyBlocks, (before, after) => {
        const tree = new LogTree(primitives, treeOf(before).roots)
        expect(tree.length).toBe(before.length)
        for (const block of after) tree.append(block)
        expect(toHex(tree.treeHash())).toBe(toHex(treeOf([...before, ...after]).treeHash()))
      }),
    )
  })

  test('has another hash when a block is changed, dropped, added or moved', () => {
    fc.assert(
      fc.property(anyBlocks, anyBlocks, (blocks, others) => {
        fc.pre(JSON.stringify(blocks.map(toHex)) !== JSON.stringify(others.map(toHex)))
        expect(toHex(treeOf(blocks).treeHash())).not.toBe(toHex(treeOf(others).treeHash()))
      }),
    )
  })
})

describe('Hypercore', () => {
  test('makes the same manifest and key', () => {
    expect(toHex(Hypercore.key(manifest))).toBe(toHex(logKey(owner, primitives)))
    const other = { ...owner, generation: 1 }
    const userData = Buffer.from(logBinding(other, primitives))
    expect(toHex(Hypercore.key({ ...manifest, userData }))).toBe(toHex(logKey(other, primitives)))
    expect(logManifest(owner, primitives)).toHaveLength(103)
  })

  test('makes the same tree and the same signature, at every length up to 70', async () => {
    const store = new Corestore(folder)
    const core = store.get({ manifest })
    await core.ready()
    core.setKeyPair({ publicKey: Buffer.from(ada.device), secretKey: Buffer.concat([ada.deviceSeed, ada.device]) })
    expect(toHex(core.key)).toBe(toHex(logKey(owner, primitives)))

    const tree = new LogTree(primitives)
    expect(toHex(tree.treeHash())).toBe(toHex(await core.treeHash(0)))
    for (let length = 1; length <= 70; length++) {
      const block = new Uint8Array(length % 7).fill(length)
      tree.append(block)
      await core.append([Buffer.from(block)])
      expect(toHex(tree.treeHash())).toBe(toHex(await core.treeHash(length)))

      const { fork, upgrade } = await core.proof({ upgrade: { start: 0, length } })
      const stored = Uint8Array.from(upgrade.signature)
      const signature = stored.subarray(2, 66)
      const head = { length, treeHash: tree.treeHash(), signature }
      expect(fork).toBe(0)
      expect([...stored.subarray(0, 2), ...stored.subarray(66)]).toEqual([1, 0, 0, 0])
      verifyHead(core.key, ada.device, head, primitives)
      expect(toHex(primitives.sign(headSignable(core.key, head, primitives), ada.deviceSeed))).toBe(toHex(signature))
      const shorter = { ...head, length: length - 1 }
      expect(codeOf(() => verifyHead(core.key, ada.device, shorter, primitives))).toBe('log/signature')
    }
    await store.close()
  })
})
