import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { type BoxOwner, type BoxSubject, type Hpke, openOwnBox, type Recipient, sealBoxes } from './box.ts'
import { startChain, walkTo } from './chain.ts'
import { commitTo, type EpochPlace, type EpochReason, type EpochSecrets, requireCommitted } from './epoch.ts'
import type { EpochKeys } from './epoch-keys.ts'
import type { EpochShared, EpochStarted } from './event.ts'

/** How a device takes in the keys of an epoch. */
export interface Keeping {
  /** Whether messages can be opened again: what a device with a history keeps. What is ephemeral never can. */
  readonly keeps: boolean
  /** Unix ms by the own clock. */
  readonly now: number
}

const fromStart = { history: 0, ephemeral: 0 }

/** Begin an epoch with fresh random secrets. The author's device is one of the recipients. Spec: specs/encryption.md#producing. */
export async function startEpoch(
  place: EpochPlace,
  secrets: EpochSecrets,
  recipients: readonly Recipient[],
  { reason, shareable }: { readonly reason: EpochReason; readonly shareable: boolean },
  hpke: Hpke,
  primitives: Primitives,
): Promise<EpochStarted> {
  const commitments = commitTo(secrets, place, primitives)
  const boxes = await sealBoxes(secrets, recipients, { place, commitments, steps: fromStart }, hpke)
  return { type: 'epoch-started', number: place.number, reason, shareable, commitments, boxes }
}

/**
 * The keys that an epoch gives this device; null if it gives none, or none that it can still open.
 *
 * Throws `epoch/box` and `epoch/commitment`. Spec: specs/encryption.md#verifying.
 */
export async function openEpoch(
  started: EpochStarted,
  place: EpochPlace,
  owner: BoxOwner,
  keeping: Keeping,
  hpke: Hpke,
  primitives: Primitives,
): Promise<EpochKeys | null> {
  const subject = { place, commitments: started.commitments, steps: fromStart }
  const secrets = await openOwnBox(started.boxes, owner, subject, hpke)
  if (!secrets) return null
  requireCommitted(secrets, started.commitments, place, primitives)
  return keysFrom(secrets, started, subject, keeping)
}

/** Seal the present steps of the own epoch to devices that came later: what was said before stays closed to them. */
export async function shareEpoch(
  started: EpochStarted,
  place: EpochPlace,
  { history, ephemeral, header }: EpochKeys,
  steps: { readonly history: number; readonly ephemeral: number },
  recipients: readonly Recipient[],
  hpke: Hpke,
  primitives: Primitives,
): Promise<EpochShared> {
  const ends = { history: history.next, ephemeral: ephemeral?.next }
  // A chain that was reset would give away steps that are past.
  if (ends.history.step > steps.history || !ends.ephemeral || ends.ephemeral.step > steps.ephemeral) {
    throw new ProtocolError('epoch/step', 'the own chains are further than the own log')
  }
  const secrets = {
    header,
    history: walkTo(ends.history, steps.history, primitives).key,
    ephemeral: walkTo(ends.ephemeral, steps.ephemeral, primitives).key,
  }
  const boxes = await sealBoxes(secrets, recipients, { place, commitments: started.commitments, steps }, hpke)
  return { type: 'epoch-shared', number: place.number, ...steps, boxes }
}

/**
 * The keys that a shared epoch gives this device from now on; null as in `openEpoch`.
 *
 * The step keys are the author's word: what they open is held to the commitment of each entry. Throws `epoch/box` and `epoch/commitment`.
 */
export async function openShared(
  shared: EpochShared,
  started: EpochStarted,
  place: EpochPlace,
  owner: BoxOwner,
  keeping: Keeping,
  hpke: Hpke,
  primitives: Primitives,
): Promise<EpochKeys | null> {
  const subject = { place, commitments: started.commitments, steps: shared }
  const secrets = await openOwnBox(shared.boxes, owner, subject, hpke)
  if (!secrets) return null
  requireCommitted({ header: secrets.header }, started.commitments, place, primitives)
  return keysFrom(secrets, started, subject, keeping)
}

function keysFrom(
  secrets: EpochSecrets,
  { shareable }: EpochStarted,
  { place, steps }: BoxSubject,
  { keeps, now }: Keeping,
): EpochKeys {
  return {
    log: place.log,
    number: place.number,
    shareable,
    learned: now,
    header: secrets.header,
    history: startChain({ step: steps.history, key: secrets.history }, keeps),
    ephemeral: startChain({ step: steps.ephemeral, key: secrets.ephemeral }, false),
  }
}
