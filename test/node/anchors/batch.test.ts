import fc from 'fast-check'
import { MerkleTree as LibraryTree } from 'merkletreejs'
import { describe, expect, test } from 'vitest'
import { makeBatch } from '../../../node/anchors/batch.ts'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { anchorMessage, batchLeaf } from '../../../protocol/anchor/batch.ts'
import { toHex } from '../../../protocol/bytes.ts'
import { leafHash, nodeHash } from '../../../protocol/merkle/hash.ts'
import { verifyInclusion } from '../../../protocol/merkle/inclusion.ts'
import { MerkleTree } from '../../../protocol/merkle/tree.ts'
import { codeOf, inHex } from '../../support/vectors.ts'

const commitmentsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => primitives.sha256(Uint8Array.of(i, i >> 8)))

describe('a batch', () => {
  test('is the tree of RFC 6962, of whatever size, and every commitment has its place in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), (count) => {
        const commitments = commitmentsOf(count)
        const { message, places } = makeBatch(commitments)
        const tree = new MerkleTree(primitives)
        for (const [i, { salt }] of places.entries()) tree.append(batchLeaf(commitments[i]!, salt, primitives))
        expect(toHex(message)).toBe(toHex(anchorMessage(tree.at(), primitives)))
        for (const [i, { path }] of places.entries()) expect(inHex(path)).toEqual(inHex(tree.inclusion(i)))
      }),
      { numRuns: 60 },
    )
  })

  test('has another message and other salts each time, also for the same commitments, and for one that is there twice', () => {
    const [same] = commitmentsOf(1)
    const [one, other] = [makeBatch([same!, same!]), makeBatch([same!, same!])]
    expect(toHex(one.message)).not.toBe(toHex(other.message))
    const salts = [...one.places, ...other.places].map(({ salt }) => toHex(salt))
    expect(new Set(salts).size).toBe(4)
  })

  test('of nothing is not made', () => {
    expect(() => makeBatch([])).toThrow(RangeError)
  })
})

describe('the library that builds batches', () => {
  const leaves = Array.from({ length: 5 }, (_, i) => Buffer.from(leafHash(Uint8Array.of(i), primitives)))
  const hash = (data: Buffer) => Buffer.from(primitives.sha256(data))
  const concatenator = (pair: Buffer[]) => Buffer.concat([Buffer.of(1), ...pair])
  const tree = new LibraryTree(leaves, hash, { concatenator })
  const root = tree.getRoot()

  test('verifies a node of the tree as if it were a leaf, with index and size unasked: ours does not', () => {
    const node = Buffer.from(nodeHash(leaves[0]!, leaves[1]!, primitives))
    const rest = tree.getProof(leaves[0]!, 0).slice(1)
    expect(tree.verify(rest, node, root)).toBe(true)
    const path = { index: 0, size: 5, hashes: rest.map(({ data }) => data) }
    expect(codeOf(() => verifyInclusion(node, path, root, primitives))).toBe('merkle/length')
  })

  test('verifies the root as a leaf of itself: ours does not', () => {
    expect(tree.verify([], root, root)).toBe(true)
    expect(codeOf(() => verifyInclusion(root, { index: 0, size: 5, hashes: [] }, root, primitives))).toBe(
      'merkle/length',
    )
  })

  test('verifies a leaf that was never in the tree, in a proof of several: there is no such proof here', () => {
    const four = new LibraryTree(leaves.slice(0, 4), hash, { concatenator })
    const forged = hash(Buffer.from('never said'))
    expect(four.verifyMultiProof(four.getRoot(), [0, 0], [forged, four.getRoot()], 4, [])).toBe(true)
  })

  test('has one root for two lists in the settings that are not used', () => {
    const rootOf = (list: Buffer[], options: object) => new LibraryTree(list, hash, options).getHexRoot()
    const [a, b, c] = leaves as [Buffer, Buffer, Buffer]
    expect(rootOf([a, b, c], { duplicateOdd: true })).toBe(rootOf([a, b, c, c], { duplicateOdd: true }))
    expect(rootOf([a, b], { sortPairs: true })).toBe(rootOf([b, a], { sortPairs: true }))
    expect(rootOf([a, b, c], { concatenator })).not.toBe(rootOf([a, b, c, c], { concatenator }))
    expect(rootOf([a, b], { concatenator })).not.toBe(rootOf([b, a], { concatenator }))
  })
})
