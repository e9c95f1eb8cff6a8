import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { decodeEpochEvent, isEpochKind } from '../../protocol/epoch/event.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import { readFrame } from '../../protocol/log/entry.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { FoldingLog } from './folding-log.ts'
import type { FoldedRoom } from './room-fold.ts'

/** A grant is among the first that a member writes once somebody has come. */
const mostAtEnd = 32

/** Looks at the ends of logs, ahead of their fold, for what a member gives this device to read them with. */
export class GrantLookout {
  readonly #room: FoldedRoom
  readonly #primitives: Primitives
  /** Up to where each log was looked at. */
  readonly #looked = new Map<string, number>()

  constructor(room: FoldedRoom, primitives: Primitives) {
    this.#room = room
    this.#primitives = primitives
  }

  /** Look at what is new. What cannot be had now is looked for no more: it comes with the rest of its log. */
  look(logs: Iterable<FoldingLog>): void {
    if (!this.#room.epochs.early.isExpected()) return
    for (const { key, stored, isOwn } of logs) {
      const { knownLength } = stored
      const looked = this.#looked.get(key) ?? 0
      if (isOwn || knownLength <= looked) continue
      this.#looked.set(key, knownLength)
      for (let index = Math.max(looked, knownLength - mostAtEnd); index < knownLength; index++) {
        stored
          .fetch(index)
          .then((block) => block && this.#take(stored, index, block))
          .catch(() => undefined)
      }
    }
  }

  async #take(stored: StoredLog, index: number, block: Uint8Array): Promise<void> {
    const { id, suite, epochs, device } = this.#room
    const place = { room: id, log: stored.key, index, suite }
    if (readFrame(block, suite).class !== 'epoch') return
    const found = openInRoom(block, place, epochs.keyring, this.#primitives)
    if (!found?.keys || !isEpochKind(found.opened.header.kind)) return
    const event = decodeEpochEvent(found.opened.header.kind, 'epoch', found.opened.body)
    if (event.type === 'history-granted' && Buffer.compare(event.device, device) === 0) {
      await epochs.early.found(event, { log: stored.key, index })
    }
  }
}
