import { equalBytes, toHex } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import type { SignedCheckpoint } from './checkpoint.ts'

/** A device whose word counts, and whose it is: all devices of a person are one witness. */
export interface KnownWitness {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

/**
 * Whose word a reader asks for. It is the reader's own: never take it from who shows a checkpoint.
 *
 * `author`: the identity of the device of the checkpoint, which does not count, with any device.
 */
export interface WitnessPolicy {
  readonly least: number
  readonly author: Uint8Array
  readonly witnesses: readonly KnownWitness[]
}

/** Who has signed: each person once, by their earliest word. `time`: Unix seconds. */
export interface Witnessed {
  readonly by: readonly { readonly identity: Uint8Array; readonly time: number }[]
  /** When enough had signed, by their own clocks. */
  readonly since: number
}

/**
 * Count the people who have signed a checkpoint. Its signatures are verified already: `verifyCheckpoint`.
 *
 * Spec: specs/checkpoint.md#policy. Throws `witness/policy` or `witness/quorum`.
 */
export function requireWitnesses({ checkpoint, cosignatures }: SignedCheckpoint, policy: WitnessPolicy): Witnessed {
  const others = policy.witnesses.filter(({ identity, device }) => {
    return !equalBytes(identity, policy.author) && !equalBytes(device, checkpoint.device)
  })
  const people = new Set(others.map(({ identity }) => toHex(identity))).size
  if (policy.least < 1 || policy.least > people)
    throw new ProtocolError('witness/policy', `${policy.least} of ${people}`)
  const earliest = new Map<string, { identity: Uint8Array; time: number }>()
  for (const { device, time } of cosignatures) {
    const identity = others.find((witness) => equalBytes(witness.device, device))?.identity
    if (!identity) continue
    const before = earliest.get(toHex(identity))
    if (!before || time < before.time) earliest.set(toHex(identity), { identity, time })
  }
  const by = [...earliest.values()].sort((a, b) => a.time - b.time)
  const last = by[policy.least - 1]
  if (!last) throw new ProtocolError('witness/quorum', `${by.length} of ${policy.least}`)
  return { by, since: last.time }
}
