import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { keysInRoom } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryClass, type EntryKeys, readFrame } from '../../protocol/log/entry.ts'
import type { Room } from './room.ts'

/** The keys of one entry, null if there are none here, and its class; for a block without a frame, keys that open nothing and no class. */
export interface KeysOfEntry {
  readonly keys: EntryKeys | null
  readonly entryClass: EntryClass | null
  /** The row from which the keys of the next entry are near, for whoever goes through a log. */
  readonly epoch: EpochKeys | null
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
    const lent = keysInRoom(block, { room: id, log, index, suite }, keys, primitives)
    return { keys: lent?.keys ?? null, entryClass, epoch: lent?.epoch ?? null }
  } catch (error) {
    // The verifier will say what is wrong with it.
    if (error instanceof ProtocolError) return { keys: noKeys, entryClass: null, epoch: null }
    throw error
  }
}
