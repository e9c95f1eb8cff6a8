import { toHex } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type BoxOwner, type Hpke, type HpkeContext, openBox, type Recipient } from './box.ts'
import { startChain } from './chain.ts'
import { requireCommitted } from './epoch.ts'
import type { EpochKeys } from './epoch-keys.ts'
import type { Box, EpochStarted, HistoryGranted } from './event.ts'

/** From where a grant is given: the entry's room, and the log that it stands in. */
export interface GrantPlace {
  readonly room: Uint8Array
  readonly log: Uint8Array
}

/** One whole epoch of somebody's log, without what is ephemeral. */
export interface GrantedEpoch {
  readonly log: Uint8Array
  readonly number: number
  readonly header: Uint8Array
  readonly history: Uint8Array
}

/** An item takes 32 bytes three times, and some. */
export const mostGrantedEpochs = 1_000
const mostPlaintextBytes = 130_000

/** Whether this device can give an epoch away: it was made for that, and is held from its very beginning. */
export function isGrantable({ shareable, history }: EpochKeys): boolean {
  return shareable && history.first?.step === 0
}

/** Give a device what was said earlier. Throws `epoch/not-shareable` for an epoch that is not grantable. */
export async function grantHistory(
  epochs: readonly EpochKeys[],
  { device, prekey }: Recipient,
  place: GrantPlace,
  hpke: Hpke,
): Promise<HistoryGranted> {
  if (!epochs.every(isGrantable)) throw new ProtocolError('epoch/not-shareable')
  if (epochs.length > mostGrantedEpochs) throw new ProtocolError('encoding/too-large', `${epochs.length} epochs`)
  const items = epochs.map(({ log, number, header, history }) => [log, number, header, history.first!.key])
  const to = { device, generation: prekey.generation }
  const sealed = await hpke.seal(prekey.key, encodeCbor(items), grantContext(place, to))
  return { type: 'history-granted', ...to, sealed }
}

/**
 * The epochs that a grant gives this device, held to nothing yet; null if it is for another, or its prekey is gone.
 *
 * Throws `epoch/box` and `encoding/…`.
 */
export async function readGrant(
  granted: HistoryGranted,
  place: GrantPlace,
  owner: BoxOwner,
  hpke: Hpke,
): Promise<readonly GrantedEpoch[] | null> {
  if (toHex(granted.device) !== toHex(owner.device)) return null
  const plaintext = await openBox(granted, owner, grantContext(place, granted), hpke)
  return plaintext && decodeGrant(plaintext)
}

/** The keys of an epoch that was granted, held to what its author committed to when it began. Throws `epoch/commitment` and `epoch/not-shareable`. */
export function grantedKeys(
  epoch: GrantedEpoch,
  started: EpochStarted,
  { room, now }: { readonly room: Uint8Array; readonly now: number },
  primitives: Primitives,
): EpochKeys {
  if (!started.shareable) throw new ProtocolError('epoch/not-shareable')
  requireCommitted(epoch, started.commitments, { room, log: epoch.log, number: epoch.number }, primitives)
  return keysOf(epoch, now)
}

/**
 * The keys that a grant gives this device; null as in `readGrant`.
 *
 * `startedAt` finds how an epoch began, as its author's log says; what began nowhere is passed over. Throws what `readGrant` and `grantedKeys` throw.
 */
export async function openGrant(
  granted: HistoryGranted,
  place: GrantPlace,
  owner: BoxOwner,
  {
    startedAt,
    now,
  }: { readonly startedAt: (log: string, number: number) => EpochStarted | null; readonly now: number },
  hpke: Hpke,
  primitives: Primitives,
): Promise<readonly EpochKeys[] | null> {
  const epochs = await readGrant(granted, place, owner, hpke)
  if (!epochs) return null
  return epochs.flatMap((epoch) => {
    const started = startedAt(toHex(epoch.log), epoch.number)
    return started ? [grantedKeys(epoch, started, { room: place.room, now }, primitives)] : []
  })
}

/** What is held of an epoch once it has been granted: all messages, and of what is ephemeral what there was before. */
export function withGrant(held: EpochKeys | null, granted: EpochKeys): EpochKeys {
  return held ? { ...held, history: granted.history } : granted
}

function keysOf({ log, number, header, history }: GrantedEpoch, now: number): EpochKeys {
  const chain = startChain({ step: 0, key: history }, true)
  return { log, number, shareable: true, learned: now, header, history: chain, ephemeral: null }
}

function decodeGrant(plaintext: Uint8Array): readonly GrantedEpoch[] {
  return asArray(decodeCbor(plaintext, { bytes: mostPlaintextBytes }), { most: mostGrantedEpochs }).map((item) => {
    const [log, number, header, history] = asArray(item, 4)
    return {
      log: asBytes(log, 32),
      number: asUint(number, 2 ** 32 - 1),
      header: asBytes(header, 32),
      history: asBytes(history, 32),
    }
  })
}

/** Spec: specs/encryption.md#history. */
function grantContext({ room, log }: GrantPlace, { device, generation }: Omit<Box, 'sealed'>): HpkeContext {
  return { info: inDomain('historyGrant'), aad: encodeCbor([room, log, device, generation]) }
}
