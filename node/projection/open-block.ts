import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { entryKeys, type OpenedEntry, openEntry, readFrame } from '../../protocol/log/entry.ts'
import type { FoldedLog } from '../../protocol/room/fold-log.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import type { FoldedRoom } from './room-fold.ts'

/** The next block of a log, opened with the room's keys, or why it does not open. */
export function openBlock(
  block: Uint8Array,
  { key, cursor }: FoldedLog,
  room: Pick<FoldedRoom, 'id' | 'secrets'>,
  primitives: Primitives,
): OpenedEntry | ProtocolError {
  const place = { room: room.id, log: key, index: cursor.length }
  try {
    const frame = readFrame(block)
    const keys = entryKeys(classKey(room.secrets, frame.class), place, frame.salt, primitives)
    return openEntry(block, place, keys, primitives)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}
