import { equalBytes, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'

/** Which epoch of which log. `number` counts from 1 in each log. */
export interface EpochPlace {
  readonly room: Uint8Array
  readonly log: Uint8Array
  readonly number: number
}

/** What an epoch begins with: three times 32 random bytes, none of which leads to another. */
export interface EpochSecrets {
  /** Opens all headers of the epoch. */
  readonly header: Uint8Array
  /** The first key of the chain of messages and calls. */
  readonly history: Uint8Array
  /** The first key of the chain of what is not meant to stay. */
  readonly ephemeral: Uint8Array
}

/** Hashes of an epoch's secrets, in the open: everybody who is given them is given the same. */
export type EpochCommitments = EpochSecrets

/** Why an epoch began. Spec: specs/encryption.md#rotation. */
export const epochReasons = ['begun', 'removed', 'full', 'aged', 'unclean'] as const
export type EpochReason = (typeof epochReasons)[number]

const parts: readonly (keyof EpochSecrets)[] = ['header', 'history', 'ephemeral']

/** Spec: specs/encryption.md#commitments. */
export function commitTo(secrets: EpochSecrets, place: EpochPlace, primitives: Primitives): EpochCommitments {
  const [header, history, ephemeral] = parts.map((part) => commitToPart(part, secrets[part], place, primitives))
  return { header: header!, history: history!, ephemeral: ephemeral! }
}

/** Throws `epoch/commitment` unless these are the secrets that the author committed to. */
export function requireCommitted(
  secrets: Partial<EpochSecrets>,
  commitments: EpochCommitments,
  place: EpochPlace,
  primitives: Primitives,
): void {
  for (const part of parts) {
    const secret = secrets[part]
    if (secret && !equalBytes(commitToPart(part, secret, place, primitives), commitments[part])) {
      throw new ProtocolError('epoch/commitment', part)
    }
  }
}

function commitToPart(
  part: keyof EpochSecrets,
  secret: Uint8Array,
  { room, log, number }: EpochPlace,
  primitives: Primitives,
): Uint8Array {
  const which = Uint8Array.of(parts.indexOf(part))
  return primitives.sha256(inDomain('epochCommitment', room, log, uint64(number), which, secret))
}
