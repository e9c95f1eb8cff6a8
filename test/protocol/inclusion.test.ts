import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { LogTree } from '../../protocol/log/hypercore.ts'
import {
  type InclusionProof,
  type ProofNode,
  placeRoots,
  rootIndices,
  siblingIndices,
  verifyInclusion,
} from '../../protocol/log/inclusion.ts'
import { slowPath, slowRoots } from '../support/slow-tree.ts'
import { codeOf } from '../support/vectors.ts'

const mostLength = 300
const blocksOf = (length: number) =>
  Array.from({ length }, (_, i) => Uint8Array.from([i, i >> 8].slice(0, 1 + (i % 2))))
const blocks = blocksOf(mostLength)

const anyProof = fc
  .integer({ min: 1, max: mostLength })
  .chain((length) => fc.record({ length: fc.constant(length), index: fc.nat({ max: length - 1 }) }))

const proofOf = (index: number, length: number): InclusionProof => ({
  index,
  length,
  path: slowPath(index, blocks.slice(0, length)),
})
const rootsOf = (length: number) => placeRoots(length, slowRoots(blocks.slice(0, length)))
const isRefused = (block: Uint8Array, proof: InclusionProof, roots = rootsOf(proof.length)) =>
  codeOf(() => verifyInclusion(block, proof, roots, primitives)) === 'log/inclusion'

describe('the roots of a log', () => {
  test('stand where a tree that grows block by block has them, for every length', () => {
    const tree = new LogTree(primitives)
    for (const [i, block] of blocks.entries()) {
      tree.append(block)
      expect(rootsOf(i + 1)).toEqual(tree.roots)
    }
  })

  test('are refused if they are more or fewer', () => {
    const roots = slowRoots(blocks.slice(0, 11))
    expect(codeOf(() => placeRoots(11, roots.slice(1)))).toBe('log/inclusion')
    expect(codeOf(() => placeRoots(11, [...roots, ...roots]))).toBe('log/inclusion')
    expect(codeOf(() => placeRoots(12, roots))).toBe('log/inclusion')
  })

  test('are counted exactly at the greatest length', () => {
    expect(rootIndices(2 ** 48)).toEqual([2 ** 48 - 1])
    expect(rootIndices(2 ** 48 - 1)).toHaveLength(48)
    expect(siblingIndices(2 ** 48 - 1, 2 ** 48)).toHaveLength(48)
  })
})

describe('an inclusion path', () => {
  test('leads from every block of every length to its root', () => {
    for (let length = 1; length <= mostLength; length++) {
      const own = blocks.slice(0, length)
      const roots = placeRoots(length, slowRoots(own))
      for (let index = 0; index < length; index += length > 40 ? 7 : 1) {
        verifyInclusion(own[index]!, { index, length, path: slowPath(index, own) }, roots, primitives)
      }
    }
  })

  test('has no more than one sibling for each doubling of the log', () => {
    fc.assert(
      fc.property(anyProof, ({ index, length }) => {
        expect(siblingIndices(index, length).length).toBeLessThanOrEqual(Math.floor(Math.log2(length)))
      }),
    )
  })

  test('is refused for another index, another length or another block', () => {
    fc.assert(
      fc.property(anyProof, anyProof, (right, wrong) => {
        fc.pre(right.index !== wrong.index || right.length !== wrong.length)
        const { path } = proofOf(right.index, right.length)
        const claimed = { ...wrong, path }
        const sameTree = wrong.index === right.index && sharesRoot(right, wrong)
        if (!sameTree) expect(isRefused(blocks[right.index]!, claimed)).toBe(true)
        if (right.index !== wrong.index) {
          expect(isRefused(blocks[right.index]!, { ...right, index: wrong.index, path })).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('is refused with any one bit changed, in a hash, a size or the block', () => {
    for (const [index, length] of [
      [0, 1],
      [2, 5],
      [4, 5],
      [6, 13],
      [77, 300],
    ] as const) {
      const proof = proofOf(index, length)
      for (const [level, node] of proof.path.entries()) {
        for (const changed of everyBitOf(node)) {
          const path = proof.path.map((each, i) => (i === level ? changed : each))
          expect(isRefused(blocks[index]!, { ...proof, path })).toBe(true)
        }
      }
      for (const bit of Array.from({ length: blocks[index]!.length * 8 }, (_, i) => i)) {
        expect(isRefused(flip(blocks[index]!, bit), proof)).toBe(true)
      }
    }
  })

  test('is refused with a node less, a node more, or two exchanged', () => {
    const proof = proofOf(6, 13)
    const [first, second, ...rest] = proof.path
    for (const path of [
      proof.path.slice(1),
      proof.path.slice(0, -1),
      [...proof.path, first!],
      [second!, first!, ...rest],
    ]) {
      expect(isRefused(blocks[6]!, { ...proof, path })).toBe(true)
    }
  })

  test('is refused outside of the log, and where sizes add up to more than can be counted', () => {
    expect(isRefused(blocks[5]!, { index: 5, length: 5, path: [] })).toBe(true)
    expect(isRefused(blocks[0]!, { index: 0, length: 0, path: [] })).toBe(true)
    const proof = proofOf(2, 5)
    const path = proof.path.map((node) => ({ ...node, size: Number.MAX_SAFE_INTEGER }))
    expect(isRefused(blocks[2]!, { ...proof, path })).toBe(true)
    expect(isRefused(blocks[2]!, { index: 2, length: 2 ** 48 + 1, path }, [])).toBe(true)
  })
})

/** Whether two lengths have one root over the block: then its path is the same in both, and says so rightly. */
function sharesRoot(a: { index: number; length: number }, b: { index: number; length: number }): boolean {
  const root = ({ index, length }: { index: number; length: number }) => siblingIndices(index, length).join()
  return root(a) === root(b)
}

function* everyBitOf({ size, hash }: ProofNode): Generator<ProofNode> {
  for (let bit = 0; bit < 256; bit++) yield { size, hash: flip(hash, bit) }
  for (let bit = 0; bit < 53; bit++) yield { size: Number(BigInt(size) ^ (1n << BigInt(bit))), hash }
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}
