import { fromHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openEntry } from '../../protocol/log/entry.ts'
import { decodeOwnEvent, type OwnSubjects, ownSubjects, type PlacedOwnEvent } from '../../protocol/room/own-room.ts'
import type { FoldingLog } from '../projection/folding-log.ts'
import { keysOf } from '../rooms/entry-keys.ts'
import type { Room } from '../rooms/room.ts'
import type { ViewStore } from '../storage/view-store.ts'

interface ReadLog {
  readonly length: number
  readonly subjects: OwnSubjects
}

/** Reads the logs of the own room as far as they are folded; what counts of each stays in memory. */
export class OwnEntries {
  readonly #room: Room
  readonly #view: ViewStore
  readonly #primitives: Primitives
  readonly #logs = new Map<string, ReadLog>()
  #reading: Promise<unknown> = Promise.resolve()

  constructor(room: Room, view: ViewStore, primitives: Primitives) {
    this.#room = room
    this.#view = view
    this.#primitives = primitives
  }

  /** What counts of each log, now. */
  read(): Promise<OwnSubjects[]> {
    const reading = this.#reading.catch(() => {}).then(() => this.#readAll())
    this.#reading = reading
    return reading
  }

  async #readAll(): Promise<OwnSubjects[]> {
    for (const log of this.#room.fold.logs.values()) {
      // Of a device that was revoked meanwhile less may count than was read before.
      const length = Math.min(log.length, this.#room.fold.authority.capOf(log.folded) ?? log.length)
      const read = this.#logs.get(log.key)
      const known = read && read.length <= length ? read : { length: 0, subjects: new Map() }
      const events: PlacedOwnEvent[] = [...known.subjects.values()]
      for (let index = known.length; index < length; index++) {
        const placed = await this.#eventAt(log, index)
        if (placed) events.push(placed)
      }
      this.#logs.set(log.key, { length, subjects: ownSubjects(events, this.#primitives) })
    }
    return [...this.#logs.values()].map(({ subjects }) => subjects)
  }

  async #eventAt(log: FoldingLog, index: number): Promise<PlacedOwnEvent | null> {
    const row = this.#view.entry(log.row, index)
    // What any rule says no to says nothing here.
    if (!row || row.flaw !== null || !row.shown) return null
    const [block] = await log.stored.read(index, index + 1)
    const { key } = log.stored
    try {
      const { keys } = keysOf(this.#room, key, index, block!, this.#primitives)
      if (!keys) return null
      const place = { room: this.#room.id, log: key, index, suite: this.#room.suite }
      const { header, frame, body } = openEntry(block!, place, keys, this.#primitives)
      const event = decodeOwnEvent(header.kind, frame.class, body)
      if (event.type === 'unknown') return null
      return { event, order: { depth: row.depth, time: row.time, log: fromHex(log.key), index } }
    } catch (error) {
      if (error instanceof ProtocolError) return null
      throw error
    }
  }
}
