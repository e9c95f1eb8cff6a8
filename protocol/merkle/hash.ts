import { concat } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'

// So that no leaf is ever read as a node, nor a node as a leaf.
const [leafMark, nodeMark] = [Uint8Array.of(0), Uint8Array.of(1)]

/** The root of a tree without leaves. */
export function emptyRoot(primitives: Primitives): Uint8Array {
  return primitives.sha256(new Uint8Array(0))
}

/** The hash of a leaf. Spec: specs/merkle.md#tree (RFC 6962, 2.1). */
export function leafHash(data: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(concat(leafMark, data))
}

/** The hash over two subtrees. Spec: specs/merkle.md#tree (RFC 6962, 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(concat(nodeMark, left, right))
}
