import { equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { emptyRoot, nodeHash } from './hash.ts'
import { isRight, mostTreeSize, parent } from './position.ts'

/** A tree at one size: `root` is 32 bytes. */
export interface TreeState {
  readonly size: number
  readonly root: Uint8Array
}

/**
 * Check that one tree grew from another: all leaves of `from` are the first ones of `to`, in their order.
 *
 * Spec: specs/merkle.md#consistency (RFC 9162, 2.1.4.2). Throws `merkle/…`.
 */
export function verifyConsistency(
  from: TreeState,
  to: TreeState,
  nodes: readonly Uint8Array[],
  primitives: Primitives,
): void {
  requireSizes(from.size, to.size)
  const isBetween = from.size > 0 && from.size < to.size
  if (!isBetween && nodes.length > 0) throw new ProtocolError('merkle/length')
  const still = { from: from.size === 0 ? emptyRoot(primitives) : to.root, to: to.root }
  const roots = isBetween ? rootsFromNodes(from.size, to.size, nodes, primitives) : still
  if (!equalBytes(roots.from, from.root) || !equalBytes(roots.to, to.root)) throw new ProtocolError('merkle/root')
}

/**
 * The roots at two sizes of the one tree that has these nodes; `from` is above 0 and below `to`.
 *
 * Whoever knows the root at `to` learns which one the same tree had at `from`. Throws `merkle/…`.
 */
export function rootsFromNodes(
  from: number,
  to: number,
  [first, ...rest]: readonly Uint8Array[],
  primitives: Primitives,
): { readonly from: Uint8Array; readonly to: Uint8Array } {
  requireSizes(from, to)
  if (!first) throw new ProtocolError('merkle/length')
  let node = from - 1
  let last = to - 1
  const rise = () => {
    node = parent(node)
    last = parent(last)
  }
  while (isRight(node)) rise()
  const roots = { from: first, to: first }
  for (const hash of rest) {
    if (last === 0) throw new ProtocolError('merkle/length')
    if (isRight(node) || node === last) {
      roots.from = nodeHash(hash, roots.from, primitives)
      roots.to = nodeHash(hash, roots.to, primitives)
      while (!isRight(node) && node !== 0) rise()
    } else {
      roots.to = nodeHash(roots.to, hash, primitives)
    }
    rise()
  }
  if (last !== 0) throw new ProtocolError('merkle/length')
  return roots
}

function requireSizes(from: number, to: number): void {
  if (!(from >= 0 && from <= to && to <= mostTreeSize)) throw new ProtocolError('merkle/bounds', `${from} of ${to}`)
}
