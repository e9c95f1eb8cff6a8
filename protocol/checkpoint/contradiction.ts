import { compareBytes, equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { rootsFromNodes } from '../merkle/consistency.ts'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  isSameOrigin,
  type SignedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts'

/**
 * What shows to anybody that a device has signed two checkpoints of which neither grew from the other. Spec: specs/checkpoint.md#contradiction.
 *
 * `nodes` lead from the smaller size to the larger checkpoint; none where both have one size.
 */
export interface Contradiction {
  readonly smaller: SignedCheckpoint
  readonly larger: SignedCheckpoint
  readonly nodes: readonly Uint8Array[]
}

/** Of an encoded contradiction. */
const mostContradictionBytes = 8_192
const mostNodes = 96

/** Two checkpoints of one device as a contradiction has them, without their witnesses: nobody else is accused. */
export function contradictionOf(a: SignedCheckpoint, b: SignedCheckpoint, nodes: readonly Uint8Array[]): Contradiction {
  const [smaller, larger] = inOrder(a, b) <= 0 ? [a, b] : [b, a]
  return { smaller: { ...smaller, cosignatures: [] }, larger: { ...larger, cosignatures: [] }, nodes }
}

/**
 * Throws `checkpoint/…` unless the device of both checkpoints has signed two histories of its tree.
 *
 * Needs nothing else: anybody can check it, whoever brings it. Spec: specs/checkpoint.md#contradiction.
 */
export function verifyContradiction({ smaller, larger, nodes }: Contradiction, primitives: Primitives): void {
  const [from, to] = [smaller.checkpoint, larger.checkpoint]
  if (!isSameOrigin(from, to)) throw new ProtocolError('checkpoint/origin')
  const order = inOrder(smaller, larger)
  if (from.size === 0 || order > 0) throw new ProtocolError('checkpoint/form', 'the checkpoints are not in order')
  if (order === 0) throw new ProtocolError('checkpoint/agree', 'both are one')
  verifyCheckpoint(smaller, primitives)
  verifyCheckpoint(larger, primitives)
  if (from.size === to.size) {
    if (nodes.length > 0) throw new ProtocolError('checkpoint/form', 'nodes that are not needed')
    return
  }
  const grown = rootsFromNodes(from.size, to.size, nodes, primitives)
  if (!equalBytes(grown.to, to.root)) throw new ProtocolError('checkpoint/tree')
  if (equalBytes(grown.from, from.root))
    throw new ProtocolError('checkpoint/agree', 'the larger one grew from the other')
}

/** Encode a contradiction. Spec: specs/checkpoint.md#contradiction. */
export function encodeContradiction({ smaller, larger, nodes }: Contradiction, primitives: Primitives): Uint8Array {
  return encodeCbor([encodeCheckpoint(smaller, primitives), encodeCheckpoint(larger, primitives), nodes])
}

/** Read a contradiction, of which nothing is verified yet. Throws `encoding/…` and `checkpoint/form`. */
export function decodeContradiction(bytes: Uint8Array, primitives: Primitives): Contradiction {
  const [smaller, larger, nodes] = asArray(decodeCbor(bytes, { bytes: mostContradictionBytes }), 3)
  const [from, to] = [smaller, larger].map((note) =>
    decodeCheckpoint(asBytes(note, { most: mostContradictionBytes }), primitives),
  )
  if (from!.cosignatures.length + to!.cosignatures.length > 0) {
    throw new ProtocolError('checkpoint/form', 'witnesses in a contradiction')
  }
  return { smaller: from!, larger: to!, nodes: asArray(nodes, { most: mostNodes }).map((node) => asBytes(node, 32)) }
}

function inOrder({ checkpoint: a }: SignedCheckpoint, { checkpoint: b }: SignedCheckpoint): number {
  return a.size - b.size || compareBytes(a.root, b.root)
}
