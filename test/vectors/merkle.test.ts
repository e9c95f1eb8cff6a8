import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { verifyConsistency } from '../../protocol/merkle/consistency.ts'
import { leafHash } from '../../protocol/merkle/hash.ts'
import { verifyInclusion } from '../../protocol/merkle/inclusion.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

interface State {
  readonly size: number
  readonly root: string
}
interface Path {
  readonly leaf: string
  readonly index: number
  readonly size: number
  readonly hashes: readonly string[]
  readonly root: string
}

const trees = casesOf<{ leaves: readonly string[] }, { root: string }, { leafHashes: readonly string[] }>(
  'merkle',
  'tree',
)
const inclusions = casesOf<Path, unknown>('merkle', 'inclusion')
const consistencies = casesOf<{ from: State; to: State; nodes: readonly string[] }, unknown>('merkle', 'consistency')
const stateOf = ({ size, root }: State) => ({ size, root: fromHex(root) })

describe.each(everyPrimitives)('a Merkle tree, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of trees) {
    test(`${id}: ${title}`, () => {
      const leaves = input.leaves.map((data) => leafHash(fromHex(data), primitives))
      expect(leaves.map(toHex)).toEqual(steps.leafHashes)
      const tree = new MerkleTree(primitives)
      for (const leaf of leaves) tree.append(leaf)
      expect(toHex(tree.at().root)).toBe(wanted.root)
    })
  }

  for (const { id, title, input, error } of inclusions) {
    test(`${id}: ${title}`, () => {
      const path = { index: input.index, size: input.size, hashes: input.hashes.map(fromHex) }
      expect(codeOf(() => verifyInclusion(fromHex(input.leaf), path, fromHex(input.root), primitives))).toBe(error)
    })
  }

  for (const { id, title, input, error } of consistencies) {
    test(`${id}: ${title}`, () => {
      const [from, to] = [stateOf(input.from), stateOf(input.to)]
      expect(codeOf(() => verifyConsistency(from, to, input.nodes.map(fromHex), primitives))).toBe(error)
    })
  }
})
