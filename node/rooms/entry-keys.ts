import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { keysInRoom } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryClass, type EntryKeys, readFrame } from '../../protocol/log/entry.ts'
import type { Room } from './room.ts'

/** The keys of one entry and its class; keys that open nothing where there are none here, and no class for a block without a frame. */
export interface KeysOfEntry {
  readonly keys: EntryKeys
  readonly entryClass: EntryClass | null
}

const noKeys: EntryKeys = { header: new Uint8Array(32), body: new Uint8Array(32) }

/** The keys that open this block at its place, and no other entry. */
export function keysOf(
  { id, suite, keys }: Pick<Room, 'id' | 'suite' | 'keys'>,
  log: Uint8Array,
  index: number,
  block: Uint8Array,
  primitives: Primitives,
): KeysOfEntry {
  try {
    const { class: entryClass } = readFrame(block, suite)
    return { keys: keysInRoom(block, { room: id, log, index, suite }, keys, primitives) ?? noKeys, entryClass }
  } catch (error) {
    // The verifier will say what is wrong with it.
    if (error instanceof ProtocolError) return { keys: noKeys, entryClass: null }
    throw error
  }
}
