import { toHex } from '../bytes.ts'
import type { Recipient } from './box.ts'
import { mostSteps } from './chain.ts'
import type { EpochReason } from './epoch.ts'
import type { EpochCursor } from './epoch-cursor.ts'

export const epochLifeMs = 7 * 86_400_000

/** The author's own epoch, as far as it decides whether another is due. */
export interface OwnEpoch {
  /** Of the own log. */
  readonly cursor: Pick<EpochCursor, 'history' | 'ephemeral'>
  /** Unix ms by the own clock. */
  readonly began: number
  /** Devices it was sealed to, when it started and since, in hex. */
  readonly sealedTo: ReadonlySet<string>
  /** Whether the node has kept it in one piece since then: false after an unclean start. */
  readonly intact: boolean
}

/** What an author does before the next entry that is not about who may what. */
export type EpochDue =
  | { readonly type: 'start'; readonly reason: EpochReason }
  | { readonly type: 'share'; readonly recipients: readonly Recipient[] }

/**
 * Whether an author must begin an epoch, or share the one there is, before they go on; null: neither.
 *
 * `recipients`: all active devices with a prekey, the own among them. A restored device has a new log, and so no epoch.
 * Spec: specs/encryption.md#rotation.
 */
export function epochDue(own: OwnEpoch | null, recipients: readonly Recipient[], now: number): EpochDue | null {
  const reason = reasonToStart(own, recipients, now)
  if (reason) return { type: 'start', reason }
  const came = recipients.filter(({ device }) => !own!.sealedTo.has(toHex(device)))
  return came.length > 0 ? { type: 'share', recipients: came } : null
}

function reasonToStart(own: OwnEpoch | null, recipients: readonly Recipient[], now: number): EpochReason | null {
  if (!own) return 'begun'
  const active = new Set(recipients.map(({ device }) => toHex(device)))
  if ([...own.sealedTo].some((device) => !active.has(device))) return 'removed'
  if (!own.intact) return 'unclean'
  if (own.cursor.history >= mostSteps || own.cursor.ephemeral >= mostSteps) return 'full'
  // A clock that was set back must not make an epoch last.
  return now < own.began || now - own.began >= epochLifeMs ? 'aged' : null
}
