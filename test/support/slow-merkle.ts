import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { nodeHash } from '../../protocol/merkle/hash.ts'

type Leaves = readonly Uint8Array[]

/** The definitions of RFC 6962, 2.1, word for word, over hashes of leaves: MTH, PATH and SUBPROOF. */
export function slowRoot(leaves: Leaves): Uint8Array {
  if (leaves.length === 0) return primitives.sha256(new Uint8Array(0))
  if (leaves.length === 1) return leaves[0]!
  const k = split(leaves.length)
  return nodeHash(slowRoot(leaves.slice(0, k)), slowRoot(leaves.slice(k)), primitives)
}

export function slowPath(m: number, leaves: Leaves): Uint8Array[] {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return m < k ? [...slowPath(m, left), slowRoot(right)] : [...slowPath(m - k, right), slowRoot(left)]
}

export function slowProof(m: number, leaves: Leaves, isWhole = true): Uint8Array[] {
  if (m === leaves.length) return isWhole ? [] : [slowRoot(leaves)]
  const k = split(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  if (m <= k) return [...slowProof(m, left, isWhole), slowRoot(right)]
  return [...slowProof(m - k, right, false), slowRoot(left)]
}

function split(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}
