import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { verifyConsistency } from '../../protocol/merkle/consistency.ts'
import { leafHash, nodeHash } from '../../protocol/merkle/hash.ts'
import { type LeafPath, verifyInclusion } from '../../protocol/merkle/inclusion.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import { slowPath, slowProof, slowRoot } from '../support/slow-merkle.ts'
import { codeOf, inHex } from '../support/vectors.ts'

const mostSize = 300
const leaves = Array.from({ length: mostSize }, (_, i) => leafHash(Uint8Array.of(i & 255, i >> 8), primitives))
const tree = new MerkleTree(primitives)
for (const leaf of leaves) tree.append(leaf)

const anySize = fc.integer({ min: 1, max: mostSize })
const anyLeaf = anySize.chain((size) => fc.record({ size: fc.constant(size), index: fc.nat({ max: size - 1 }) }))
const anyGrowth = anySize.chain((to) => fc.record({ from: fc.nat({ max: to }), to: fc.constant(to) }))

const rootAt = (size: number) => tree.at(size).root
const refusalOf = (leaf: Uint8Array, path: LeafPath, root = rootAt(path.size)) =>
  codeOf(() => verifyInclusion(leaf, path, root, primitives))

describe('a Merkle tree', () => {
  test('has at every size the root that RFC 6962 defines', () => {
    for (let size = 0; size <= mostSize; size++) {
      expect(toHex(rootAt(size))).toBe(toHex(slowRoot(leaves.slice(0, size))))
    }
  })

  test('has paths and proofs as RFC 6962 defines them', () => {
    fc.assert(
      fc.property(anyLeaf, anyGrowth, ({ index, size }, { from, to }) => {
        expect(inHex(tree.inclusion(index, size).hashes)).toEqual(inHex(slowPath(index, leaves.slice(0, size))))
        if (from > 0 && from < to) {
          expect(inHex(tree.consistency(from, to))).toEqual(inHex(slowProof(from, leaves.slice(0, to), false)))
        }
      }),
    )
  })

  test('answers nothing about sizes that it never had', () => {
    for (const ask of [
      () => tree.at(mostSize + 1),
      () => tree.at(-1),
      () => tree.inclusion(mostSize),
      () => tree.inclusion(3, 3),
      () => tree.inclusion(-1),
      () => tree.consistency(2, 1),
      () => tree.consistency(1, mostSize + 1),
    ]) {
      expect(codeOf(ask)).toBe('merkle/bounds')
    }
  })
})

describe('an inclusion path', () => {
  test('leads from every leaf to the root of its tree', () => {
    fc.assert(
      fc.property(anyLeaf, ({ index, size }) => {
        expect(refusalOf(leaves[index]!, tree.inclusion(index, size))).toBe(undefined)
      }),
    )
  })

  test('is refused for another leaf, at another index, and below another root', () => {
    fc.assert(
      fc.property(anyLeaf, anyLeaf, (right, wrong) => {
        fc.pre(right.index !== wrong.index)
        const path = tree.inclusion(right.index, right.size)
        expect(refusalOf(leaves[wrong.index]!, path)).toBe('merkle/root')
        expect(refusalOf(leaves[right.index]!, { ...path, index: wrong.index }, rootAt(right.size))).toBeDefined()
        if (right.size !== wrong.size)
          expect(refusalOf(leaves[right.index]!, path, rootAt(wrong.size))).toBe('merkle/root')
      }),
    )
  })

  test('is refused with a hash less, a hash more, two exchanged, or any one bit changed', () => {
    const path = tree.inclusion(77, 300)
    const [first, second, ...rest] = path.hashes
    for (const hashes of [
      path.hashes.slice(1),
      path.hashes.slice(0, -1),
      [...path.hashes, first!],
      [second!, first!, ...rest],
    ]) {
      expect(refusalOf(leaves[77]!, { ...path, hashes })).toBeDefined()
    }
    for (const [i, hash] of path.hashes.entries()) {
      for (let bit = 0; bit < 256; bit++) {
        expect(refusalOf(leaves[77]!, { ...path, hashes: path.hashes.with(i, flip(hash, bit)) })).toBe('merkle/root')
      }
    }
  })

  test('never shows a node in place of a leaf: the length of a path follows from index and size', () => {
    const node = nodeHash(leaves[6]!, leaves[7]!, primitives)
    const { hashes } = tree.inclusion(6, 13)
    for (const index of [3, 6, 7, 12]) {
      const path = { index, size: 13, hashes: hashes.slice(1) }
      expect(refusalOf(node, path, rootAt(13))).toBe('merkle/length')
    }
  })

  test('counts beyond 2^32', () => {
    const hashes = Array.from({ length: 48 }, () => leaves[0]!)
    const path = { index: 2 ** 47 + 2 ** 33, size: 2 ** 48, hashes }
    expect(refusalOf(leaves[0]!, path, leaves[0]!)).toBe('merkle/root')
    expect(refusalOf(leaves[0]!, { ...path, hashes: hashes.slice(1) }, leaves[0]!)).toBe('merkle/length')
    expect(refusalOf(leaves[0]!, { ...path, size: 2 ** 48 + 1 }, leaves[0]!)).toBe('merkle/bounds')
  })
})

describe('a tree that grew', () => {
  test('shows so, from every size to every later one', () => {
    fc.assert(
      fc.property(anyGrowth, ({ from, to }) => {
        verifyConsistency(tree.at(from), tree.at(to), tree.consistency(from, to), primitives)
      }),
      { numRuns: 500 },
    )
  })

  test('cannot show so if a leaf was changed, dropped or added before its end', () => {
    fc.assert(
      fc.property(anyGrowth, fc.nat(), fc.constantFrom('change', 'drop', 'add'), ({ from, to }, at, how) => {
        fc.pre(from > 0)
        const place = at % from
        const other = leaves.slice(0, to)
        if (how === 'change') other[place] = leafHash(Uint8Array.of(9, 9, 9), primitives)
        else if (how === 'drop') other.splice(place, 1)
        else other.splice(place, 0, leafHash(Uint8Array.of(9, 9, 9), primitives))
        fc.pre(other.length >= from)
        const rewritten = new MerkleTree(primitives)
        for (const leaf of other) rewritten.append(leaf)
        for (const nodes of [rewritten.consistency(from), tree.consistency(from, to)]) {
          expect(codeOf(() => verifyConsistency(tree.at(from), rewritten.at(), nodes, primitives))).toBeDefined()
        }
      }),
    )
  })
})

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}
