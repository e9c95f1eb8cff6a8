import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import { isClosed, type Opened, openAsFar } from '../../protocol/log/opened.ts'
import type { FoldedLog } from '../../protocol/room/fold-log.ts'
import type { FoldedRoom } from './room-fold.ts'

/** An entry as far as it was opened. `row`: what is held of its epoch from then on; null where nothing changes. */
export interface ReadEntry {
  readonly opened: Opened
  readonly row: EpochKeys | null
}

/** The next block of a log, opened as far as there are keys, or why it does not open; null: its key may come at once, in a box that is still to be opened or a grant. */
export function openBlock(
  block: Uint8Array,
  { key, cursor }: FoldedLog,
  { id, suite, epochs }: Pick<FoldedRoom, 'id' | 'suite' | 'epochs'>,
  primitives: Primitives,
): ReadEntry | null {
  const place = { room: id, log: key, index: cursor.length, suite }
  let row: EpochKeys | null = null
  const opened = openAsFar(block, suite, () => {
    const found = openInRoom(block, place, epochs.keyring, primitives)
    row = found?.epoch ?? null
    return found?.opened ?? null
  })
  const isLocked = isClosed(opened) && opened.frame && !opened.flaw
  return isLocked && (epochs.boxes.mayOpen(key, opened.frame.epoch) || epochs.early.mayCome()) ? null : { opened, row }
}
