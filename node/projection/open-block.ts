import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import { type Opened, openAsFar } from '../../protocol/log/opened.ts'
import type { FoldedLog } from '../../protocol/room/fold-log.ts'
import type { FoldedRoom } from './room-fold.ts'

/** The next block of a log, opened as far as there are keys, or why it does not open. */
export function openBlock(
  block: Uint8Array,
  { key, cursor }: FoldedLog,
  { id, suite, keys }: Pick<FoldedRoom, 'id' | 'suite' | 'keys'>,
  primitives: Primitives,
): Opened {
  const place = { room: id, log: key, index: cursor.length, suite }
  return openAsFar(block, suite, () => openInRoom(block, place, keys, primitives)?.opened ?? null)
}
