import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBoolean, asBytes, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import type { EntrySecrets, Frame } from '../log/entry.ts'
import { type Chain, forgetStep, mostSteps, openStep, rewind, type StepKey, sealStep } from './chain.ts'

/**
 * What a device holds of one epoch of one log, its own logs included: one row of its key store.
 *
 * Whoever has a row has what it opens: keep it where it can be overwritten.
 */
export interface EpochKeys {
  readonly log: Uint8Array
  readonly number: number
  readonly shareable: boolean
  /** When it came, Unix ms by the own clock. */
  readonly learned: number
  readonly header: Uint8Array
  readonly history: Chain
  /** null: wiped. */
  readonly ephemeral: Chain | null
}

const dayMs = 86_400_000
/** An epoch lasts 7 days at most; then what is under way has two weeks to arrive. */
export const ephemeralLifeMs = 21 * dayMs

/** The secrets of an entry, and the row as it is once the entry has opened; null if there is no key. Throws `epoch/step`. */
export function secretsToOpen(keys: EpochKeys, frame: Frame, primitives: Primitives) {
  return secretsAt(keys, frame, openStep, primitives)
}

/** The same for an entry that is going to be sealed. */
export function secretsToSeal(keys: EpochKeys, frame: Pick<Frame, 'class' | 'step'>, primitives: Primitives) {
  return secretsAt(keys, frame, sealStep, primitives)
}

function secretsAt(
  keys: EpochKeys,
  { class: entryClass, step }: Pick<Frame, 'class' | 'step'>,
  take: typeof openStep,
  primitives: Primitives,
): { readonly secrets: EntrySecrets; readonly keys: EpochKeys } | null {
  const name = entryClass === 'ephemeral' ? 'ephemeral' : 'history'
  const chain = keys[name]
  const taken = chain && take(chain, step, primitives)
  if (!taken) return null
  return { secrets: { header: keys.header, body: taken.secret }, keys: { ...keys, [name]: taken.chain } }
}

/** Forget what one message says, for good; its header and its place stay. */
export function forgetMessage(keys: EpochKeys, step: number, primitives: Primitives): EpochKeys {
  return { ...keys, history: forgetStep(keys.history, step, primitives) }
}

/** Forget the ephemeral chain of an epoch that came long ago. */
export function wipeEphemeral(keys: EpochKeys, now: number): EpochKeys {
  // A clock that was wrong once must not keep a chain for years.
  if (keys.learned > now) return { ...keys, learned: now }
  return now - keys.learned < ephemeralLifeMs ? keys : { ...keys, ephemeral: null }
}

/** The row as it is best for reading all of the epoch once more, in order. */
export function rewindKeys(keys: EpochKeys): EpochKeys {
  return { ...keys, history: rewind(keys.history) }
}

/** Both chains full, with the log's key and the rest. */
const mostRowBytes = 32_768

/** Spec: specs/encryption.md#key-store. */
export function encodeEpochKeys(keys: EpochKeys): Uint8Array {
  const { log, number, shareable, learned, header, history, ephemeral } = keys
  return encodeCbor([
    log,
    number,
    shareable,
    learned,
    header,
    chainToCbor(history),
    ephemeral && chainToCbor(ephemeral),
  ])
}

/** Throws `encoding/…`. */
export function decodeEpochKeys(bytes: Uint8Array): EpochKeys {
  const items = asArray(decodeCbor(bytes, { bytes: mostRowBytes }), 7)
  const [log, number, shareable, learned, header, history, ephemeral] = items
  return {
    log: asBytes(log, 32),
    number: asUint(number, 2 ** 32 - 1),
    shareable: asBoolean(shareable),
    learned: asTime(learned),
    header: asBytes(header, 32),
    history: chainFromCbor(history),
    ephemeral: ephemeral === null ? null : chainFromCbor(ephemeral),
  }
}

function chainToCbor({ first, next, secrets }: Chain): CborValue {
  const sorted = [...secrets].sort(([a], [b]) => a - b)
  return [first && stepKeyToCbor(first), stepKeyToCbor(next), sorted.map(([step, secret]) => [step, secret])]
}

function chainFromCbor(value: CborValue | undefined): Chain {
  const [first, next, secrets] = asArray(value, 3)
  const entries = asArray(secrets, { most: mostSteps }).map(stepKeyFromCbor)
  if (entries.some(({ step }, i) => i > 0 && entries[i - 1]!.step >= step)) {
    throw new ProtocolError('encoding/unexpected-type', 'ascending steps expected')
  }
  return {
    first: first === null ? null : stepKeyFromCbor(first),
    next: stepKeyFromCbor(next),
    secrets: new Map(entries.map(({ step, key }) => [step, key])),
  }
}

const stepKeyToCbor = ({ step, key }: StepKey): CborValue => [step, key]

function stepKeyFromCbor(value: CborValue | undefined): StepKey {
  const [step, key] = asArray(value, 2)
  return { step: asUint(step, mostSteps), key: asBytes(key, 32) }
}
