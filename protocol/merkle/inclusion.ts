import { equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { nodeHash } from './hash.ts'
import { isRight, mostTreeSize, parent } from './position.ts'

/** What leads from one leaf to the root of its tree. */
export interface LeafPath {
  readonly index: number
  readonly size: number
  /** 32 bytes each, lowest first. */
  readonly hashes: readonly Uint8Array[]
}

/**
 * Check that a leaf stands at an index of the tree of this size with this root.
 *
 * `leaf` is the hash of a leaf that the caller has computed from its data: one that a stranger names could be that of a node.
 * Spec: specs/merkle.md#inclusion (RFC 9162, 2.1.3.2). Throws `merkle/…`.
 */
export function verifyInclusion(leaf: Uint8Array, path: LeafPath, root: Uint8Array, primitives: Primitives): void {
  if (!equalBytes(rootFrom(leaf, path, primitives), root)) throw new ProtocolError('merkle/root')
}

/** The root that a path leads to, for whoever compares it with a hash over it. Throws `merkle/…`. */
export function rootFrom(leaf: Uint8Array, { index, size, hashes }: LeafPath, primitives: Primitives): Uint8Array {
  if (!(size <= mostTreeSize && index >= 0 && index < size))
    throw new ProtocolError('merkle/bounds', `${index} of ${size}`)
  let hash = leaf
  let node = index
  let last = size - 1
  for (const sibling of hashes) {
    if (last === 0) throw new ProtocolError('merkle/length')
    if (isRight(node) || node === last) {
      hash = nodeHash(sibling, hash, primitives)
      // A node without a sibling rises unchanged until it is a right child.
      while (!isRight(node) && node !== 0) {
        node = parent(node)
        last = parent(last)
      }
    } else {
      hash = nodeHash(hash, sibling, primitives)
    }
    node = parent(node)
    last = parent(last)
  }
  if (last !== 0) throw new ProtocolError('merkle/length')
  return hash
}
