import { toHex } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import type { Box } from './event.ts'

/** A device that could be sealed to, as an author knew it. `generation`: of its newest prekey that the author had read. */
export type Reader = Pick<Box, 'device' | 'generation'>

/** A prekey where it was announced. */
export interface Announced {
  readonly device: Uint8Array
  readonly log: Uint8Array
  readonly index: number
  readonly generation: number
}

/**
 * The devices that an author could seal to at an entry: active, and with a prekey that was announced in what the entry follows.
 *
 * `follows`: how many entries of each log, by its key in hex, the own one included. `active`: by the same entries, in hex.
 */
export function readersAt(
  follows: ReadonlyMap<string, number>,
  active: ReadonlySet<string>,
  announced: readonly Announced[],
): readonly Reader[] {
  const newest = new Map<string, Reader>()
  for (const { device, log, index, generation } of announced) {
    const id = toHex(device)
    if (!active.has(id) || index >= (follows.get(toHex(log)) ?? 0)) continue
    if (generation >= (newest.get(id)?.generation ?? 0)) newest.set(id, { device, generation })
  }
  return [...newest.values()]
}

/** How the recipients of an epoch differ from the devices of the room. Devices in hex, ascending. */
export interface RecipientFaults {
  /** In the room, with a prekey, and left out. */
  readonly missing: readonly string[]
  /** Sealed to, and not in the room. */
  readonly extra: readonly string[]
  /** Sealed to by a prekey that the author knew to be replaced, or that never was. */
  readonly stale: readonly string[]
}

/**
 * Compare the recipients of an epoch with the devices of the room at that entry: those active, by what the entry follows.
 *
 * Needs no key of the epoch. `readers`: those of them with a prekey. Spec: specs/encryption.md#recipients.
 */
export function auditRecipients(boxes: readonly Box[], readers: readonly Reader[]): RecipientFaults {
  const sealed = new Map(boxes.map(({ device, generation }) => [toHex(device), generation]))
  const active = new Map(readers.map(({ device, generation }) => [toHex(device), generation]))
  return {
    missing: [...active.keys()].filter((device) => !sealed.has(device)).sort(),
    extra: [...sealed.keys()].filter((device) => !active.has(device)).sort(),
    stale: [...sealed]
      .flatMap(([device, generation]) => (active.has(device) && active.get(device) !== generation ? [device] : []))
      .sort(),
  }
}

/** Throws `epoch/recipients` if an epoch's recipients differ. `all`: whether nobody may be left out, as when it starts. */
export function requireRecipients(boxes: readonly Box[], readers: readonly Reader[], all: boolean): void {
  const { missing, extra, stale } = auditRecipients(boxes, readers)
  const wrong = [...extra, ...stale, ...(all ? missing : [])]
  if (wrong.length > 0) throw new ProtocolError('epoch/recipients', wrong.join(', '))
}
