import type { Primitives } from '../crypto/primitives.ts'
import {
  type Entry,
  type EntryClass,
  type EntryKeys,
  type EntryPlace,
  entryKeys,
  keysFrom,
  type OpenedEntry,
  type OpenedHeader,
  openEntry,
  openOwnHeader,
  readFrame,
  sealEntry,
  sealWith,
  suiteOf,
} from '../log/entry.ts'
import { type EpochKeys, secretsToOpen, secretsToSeal } from './epoch-keys.ts'

/** What a device opens the entries of a room with, whatever the room's suite. */
export interface RoomKeys {
  /** The key of a class, for entries of suite 0. */
  classKey(entryClass: EntryClass): Uint8Array
  /** The row that is held of an epoch, for entries of suite 1. */
  epoch(log: Uint8Array, number: number): EpochKeys | null
}

/** An entry that was opened with its keys. `epoch`: the row to keep instead of the one there was; null in suite 0. */
export interface FoundEntry {
  readonly keys: EntryKeys
  readonly epoch: EpochKeys | null
  readonly opened: OpenedEntry
}

/** An entry of which the text has no key here, or not any more: its kind, time and place in the order can be read. */
export interface FoundHeader {
  readonly keys: null
  readonly epoch: null
  readonly opened: OpenedHeader
}

/**
 * Open an entry as far as there are keys; null if there are none, which says nothing about it.
 *
 * Throws `entry/…`, `epoch/step` and `encoding/…`; what is held stays as it was then.
 */
export function openInRoom(
  block: Uint8Array,
  place: EntryPlace,
  roomKeys: RoomKeys,
  primitives: Primitives,
): FoundEntry | FoundHeader | null {
  const frame = readFrame(block, place.suite)
  if (frame.suite === 0) {
    const keys = entryKeys(roomKeys.classKey(frame.class), place, frame.salt, primitives)
    return { keys, epoch: null, opened: openEntry(block, place, keys, primitives) }
  }
  const held = roomKeys.epoch(place.log, frame.epoch)
  return held && openInEpoch(block, place, held, primitives)
}

/** The same, with what is held of the entry's epoch. */
function openInEpoch(
  block: Uint8Array,
  place: EntryPlace,
  held: EpochKeys,
  primitives: Primitives,
): FoundEntry | FoundHeader {
  const frame = readFrame(block, place.suite)
  const taken = secretsToOpen(held, frame, primitives)
  if (!taken) {
    const { header } = keysFrom({ header: held.header, body: held.header }, place, frame.salt, primitives)
    return { keys: null, epoch: null, opened: openOwnHeader(block, place, header, primitives) }
  }
  const keys = keysFrom(taken.secrets, place, frame.salt, primitives)
  return { keys, epoch: taken.keys, opened: openEntry(block, place, keys, primitives) }
}

/** Keys to be given to somebody else: they open nothing but their entry. `epoch`: the row from which the next entry is near; null in suite 0. */
export interface LentKeys {
  readonly keys: EntryKeys
  readonly epoch: EpochKeys | null
}

/**
 * The keys of an entry, to be given to somebody else. Null if they are not held.
 *
 * Nothing is opened by it, and nothing that is held is to be changed for it. Throws `entry/…` and `epoch/step`.
 */
export function keysInRoom(
  block: Uint8Array,
  place: EntryPlace,
  roomKeys: RoomKeys,
  primitives: Primitives,
): LentKeys | null {
  const frame = readFrame(block, place.suite)
  if (frame.suite === 0) {
    return { keys: entryKeys(roomKeys.classKey(frame.class), place, frame.salt, primitives), epoch: null }
  }
  const held = roomKeys.epoch(place.log, frame.epoch)
  const taken = held && secretsToOpen(held, frame, primitives)
  return taken && { keys: keysFrom(taken.secrets, place, frame.salt, primitives), epoch: taken.keys }
}

/** Where the author is in their own log: the epoch, and the next step of each chain. */
export interface OwnPosition {
  readonly number: number
  readonly history: number
  readonly ephemeral: number
}

/**
 * Seal an entry of whatever suite its class has in the room; null if the own epoch cannot seal it, and another has to begin.
 *
 * `salt`: 16 fresh random bytes. Keep the row before the block is appended. Spec: specs/encryption.md#producing.
 */
export function sealInRoom(
  place: EntryPlace,
  entry: Entry,
  own: { readonly roomKeys: RoomKeys; readonly position: OwnPosition; readonly salt: Uint8Array },
  primitives: Primitives,
): { readonly block: Uint8Array; readonly epoch: EpochKeys | null } | null {
  const { roomKeys, position, salt } = own
  if (suiteOf(entry.class, place.suite ?? 0) === 0) {
    return {
      block: sealEntry(place, entry, { classKey: roomKeys.classKey(entry.class), salt }, primitives),
      epoch: null,
    }
  }
  const step = entry.class === 'ephemeral' ? position.ephemeral : position.history
  const held = roomKeys.epoch(place.log, position.number)
  const taken = held && secretsToSeal(held, { class: entry.class, step }, primitives)
  if (!taken) return null
  const keys = keysFrom(taken.secrets, place, salt, primitives)
  const sealing = { suite: 1, epoch: position.number, step, salt, keys } as const
  return { block: sealWith(place, entry, sealing, primitives), epoch: taken.keys }
}
