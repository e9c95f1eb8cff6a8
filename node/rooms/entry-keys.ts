import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryClass, type EntryKeys, entryKeys, readFrame } from '../../protocol/log/entry.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import type { Room } from './room.ts'

/** The keys of one entry and the class whose secret they come from; null, and keys that open nothing, for a block without a frame. */
export interface KeysOfEntry {
  readonly keys: EntryKeys
  readonly entryClass: EntryClass | null
}

const noKeys: EntryKeys = { header: new Uint8Array(32), body: new Uint8Array(32) }

/** The keys that open this block at its place, and no other entry. */
export function keysOf(
  room: Room,
  log: Uint8Array,
  index: number,
  block: Uint8Array,
  primitives: Primitives,
): KeysOfEntry {
  try {
    const frame = readFrame(block)
    const key = classKey(room.secrets, frame.class)
    return { keys: entryKeys(key, { room: room.id, log, index }, frame.salt, primitives), entryClass: frame.class }
  } catch (error) {
    // The verifier will say what is wrong with it.
    if (error instanceof ProtocolError) return { keys: noKeys, entryClass: null }
    throw error
  }
}
