import { randomBytes } from 'node:crypto'
import { MerkleTree } from 'merkletreejs'
import type { AnchorProof } from '../../protocol/anchor/anchor-proof.ts'
import { anchorMessage, batchLeaf } from '../../protocol/anchor/batch.ts'
import { verifyInclusion } from '../../protocol/merkle/inclusion.ts'
import { sodiumPrimitives as primitives } from '../sodium-primitives.ts'

/** Commitments that go to a chain as one message. */
export interface Batch {
  /** The 32 bytes that a chain gets to see. */
  readonly message: Uint8Array
  /** For each commitment, in the order in which they were given: what leads from it to the message. */
  readonly places: readonly Pick<AnchorProof, 'salt' | 'path'>[]
}

// The library's one setting in which its tree is that of RFC 6962: nothing sorted or doubled, and nodes marked as nodes.
const concatenator = (pair: Buffer[]): Buffer => Buffer.concat([Buffer.of(1), ...pair])
const hash = (data: Buffer): Buffer => Buffer.from(primitives.sha256(data))

/**
 * Put commitments of 32 bytes, at least one, into a tree, each with a new salt. Spec: specs/anchor.md#batch.
 *
 * A library builds the tree; our own code verifies each place in it before it is told.
 */
export function makeBatch(commitments: readonly Uint8Array[]): Batch {
  if (commitments.length === 0) throw new RangeError('a batch of nothing')
  const salts = commitments.map(() => Uint8Array.from(randomBytes(32)))
  const leaves = commitments.map((commitment, i) => Buffer.from(batchLeaf(commitment, salts[i]!, primitives)))
  const tree = new MerkleTree(leaves, hash, { concatenator })
  const [size, root] = [leaves.length, Uint8Array.from(tree.getRoot())]
  const places = leaves.map((leaf, index) => {
    // Without the index it would answer for the last of equal leaves.
    const hashes = tree.getProof(leaf, index).map(({ data }) => Uint8Array.from(data))
    const path = { index, size, hashes }
    verifyInclusion(leaf, path, root, primitives)
    return { salt: salts[index]!, path }
  })
  return { message: anchorMessage({ size, root }, primitives), places }
}
