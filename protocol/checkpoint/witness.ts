import { equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError, type ProtocolErrorCode } from '../errors.ts'
import { verifyConsistency } from '../merkle/consistency.ts'
import {
  type Cosignature,
  cosignable,
  isSameOrigin,
  type SignedCheckpoint,
  verifyCheckpoint,
  withCosignature,
} from './checkpoint.ts'
import { type Contradiction, contradictionOf, verifyContradiction } from './contradiction.ts'

/** The device that witnesses: in its room, and with its seed. */
export interface Witness {
  readonly room: Uint8Array
  readonly device: Uint8Array
  readonly deviceSeed: Uint8Array
}

/** What a device asks of a witness: to sign a checkpoint that grew from the one which the witness signed last, as `nodes` show. */
export interface CosignRequest {
  readonly signed: SignedCheckpoint
  readonly nodes: readonly Uint8Array[]
}

/**
 * What becomes of a request. `last` is all that a witness has to remember of the tree.
 *
 * `contradiction`: with a refusal, where what was shown proves that the device has signed two histories.
 */
export type CosignOutcome =
  | { readonly type: 'cosigned'; readonly last: SignedCheckpoint; readonly cosignature: Cosignature }
  | { readonly type: 'refused'; readonly code: ProtocolErrorCode; readonly contradiction?: Contradiction }

/**
 * Sign a checkpoint of another device, or refuse to.
 *
 * `last`: the checkpoint of this tree that this witness signed last, or null. Whoever calls keeps the new one safe on disk before the cosignature
 * leaves, and handles the requests of one device one after the other: two answers from one `last` could sign two histories.
 * `time`: Unix seconds. Spec: specs/checkpoint.md#witnessing.
 */
export function cosign(
  last: SignedCheckpoint | null,
  { signed, nodes }: CosignRequest,
  witness: Witness,
  time: number,
  primitives: Primitives,
): CosignOutcome {
  // What others have signed is theirs to show; only the device's own word is needed here.
  const asked = { ...signed, cosignatures: [] }
  try {
    requireOthers(asked, witness)
    verifyCheckpoint(asked, primitives)
    if (last) requireGrown(last, { signed: asked, nodes }, primitives)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return refuse(error.code, last, { signed: asked, nodes }, primitives)
  }
  const signature = primitives.sign(cosignable(asked.checkpoint, time), witness.deviceSeed)
  const cosignature = { device: witness.device, time, signature }
  return { type: 'cosigned', last: withCosignature(asked, cosignature), cosignature }
}

function requireOthers({ checkpoint }: SignedCheckpoint, { room, device }: Witness): void {
  if (!equalBytes(checkpoint.room, room)) throw new ProtocolError('witness/own', 'another room')
  if (equalBytes(checkpoint.device, device)) throw new ProtocolError('witness/own')
}

function requireGrown(last: SignedCheckpoint, { signed, nodes }: CosignRequest, primitives: Primitives): void {
  const [before, now] = [last.checkpoint, signed.checkpoint]
  if (!isSameOrigin(before, now)) throw new ProtocolError('checkpoint/origin')
  if (now.size < before.size) throw new ProtocolError('witness/older', `${now.size} of ${before.size}`)
  if (now.size === before.size && !equalBytes(now.root, before.root)) throw new ProtocolError('witness/contradiction')
  try {
    verifyConsistency(before, now, nodes, primitives)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError('witness/proof', error.message)
  }
}

function refuse(
  code: ProtocolErrorCode,
  last: SignedCheckpoint | null,
  { signed, nodes }: CosignRequest,
  primitives: Primitives,
): CosignOutcome {
  if (!last || (code !== 'witness/contradiction' && code !== 'witness/proof')) return { type: 'refused', code }
  // Nodes that lead to the new root from another beginning than the old one are themselves the proof of two histories.
  const needed = signed.checkpoint.size === last.checkpoint.size ? [] : nodes
  const contradiction = contradictionOf(last, signed, needed)
  try {
    verifyContradiction(contradiction, primitives)
    return { type: 'refused', code: 'witness/contradiction', contradiction }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { type: 'refused', code }
  }
}
