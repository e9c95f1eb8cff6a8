import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { entryKeys, type OpenedEntry, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { type FoldedEntry, type FoldedLog, foldEntry } from '../../protocol/room/fold-log.ts'
import { classKey, type RoomSecrets } from '../../protocol/room/room-secrets.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { isDamage, type ViewStore } from '../storage/view-store.ts'
import { entryRow } from './entry-row.ts'
import { FoldingLog } from './folding-log.ts'

/** What a fold needs to know of its room. */
export interface FoldedRoom {
  readonly id: Uint8Array
  readonly genesis: Uint8Array
  readonly secrets: RoomSecrets
  readonly ownLog: Uint8Array
}

/** An entry that has just been folded. `live`: it arrived after the logs on disk had been folded. */
export interface ProjectedEntry {
  readonly log: FoldingLog
  readonly entry: FoldedEntry
  readonly live: boolean
}

interface Listeners {
  onEntries(entries: readonly ProjectedEntry[]): void
  /** The view store cannot be written or read; folding stops until `resume`. */
  onTrouble(error: unknown): void
}

const readAhead = 512
const mostPerRound = 1_000

/**
 * Folds the logs of one room into the view store, each entry after those it cites.
 *
 * What cannot be folded yet stays in its log. Spec: specs/ordering.md#folding.
 */
export class RoomFold {
  readonly logs = new Map<string, FoldingLog>()
  readonly #room: FoldedRoom
  readonly #view: ViewStore
  readonly #primitives: Primitives
  readonly #listeners: Listeners
  #number: number
  #pumping: Promise<void> | null = null
  #again = false
  #stopped = false
  #isClosed = false
  #live = false

  constructor(room: FoldedRoom, view: ViewStore, primitives: Primitives, listeners: Listeners) {
    this.#room = room
    this.#view = view
    this.#primitives = primitives
    this.#listeners = listeners
    this.#number = view.roomNumber(toHex(room.id))
  }

  /** The room's number in the view store. */
  get number(): number {
    return this.#number
  }

  /** Fold this log too, from where its fold stopped in an earlier run. */
  addLog(stored: StoredLog): FoldingLog {
    const key = toHex(stored.key)
    const isOwn = key === toHex(this.#room.ownLog)
    const row = this.#view.logs(this.number).find((each) => each.key === key)
    const log = new FoldingLog(stored, row ?? this.#view.addLog(this.number, key, ''), isOwn, this.#primitives)
    this.logs.set(key, log)
    stored.onGrow(() => void this.pump())
    return log
  }

  /** Entries from now on are live: those on disk have been folded. */
  beginLive(): void {
    this.#live = true
  }

  /** Fold all that is there. Resolves when nothing more can be folded for now. */
  pump(): Promise<void> {
    this.#again = true
    this.#pumping ??= this.#run()
    return this.#pumping
  }

  /** Fold nothing until `resume`. */
  pause(): void {
    this.#stopped = true
  }

  /** Go back to what the view store has: to the first entry if it was begun anew. */
  restore(): void {
    this.#number = this.#view.roomNumber(toHex(this.#room.id))
    const rows = new Map(this.#view.logs(this.#number).map((row) => [row.key, row]))
    for (const log of this.logs.values()) log.restore(rows.get(log.key) ?? this.#view.addLog(this.#number, log.key, ''))
  }

  /** Go on after a pause or trouble. Resolves when nothing more can be folded for now. */
  resume(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#stopped = false
    return this.pump()
  }

  /** Fold no more. Resolves when the running round is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopped = true
    await this.#pumping
  }

  async #run(): Promise<void> {
    // `#pumping` is set before this goes on, and reset in the step that last looks at `#again`: whoever asks is always heard.
    await null
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        await Promise.all([...this.logs.values()].map((log) => log.readAhead(readAhead)))
        const entries = this.#stopped ? [] : this.#foldRound()
        if (entries.length > 0) {
          this.#again = true
          this.#listeners.onEntries(entries)
        }
      } catch (error) {
        if (this.#isClosed) break
        this.#stopped = true
        this.#listeners.onTrouble(error)
      }
    }
    this.#pumping = null
  }

  /** Fold what was read, in one transaction: if that fails, nothing has happened. */
  #foldRound(): ProjectedEntry[] {
    try {
      return this.#view.transaction(() => {
        const entries: ProjectedEntry[] = []
        const changed = new Set<FoldingLog>()
        let progress = true
        while (progress && entries.length < mostPerRound) {
          progress = false
          for (const log of this.logs.values()) {
            while (entries.length < mostPerRound) {
              const entry = this.#foldNext(log)
              if (!entry) break
              entries.push({ log, entry, live: this.#live })
              changed.add(log)
              progress = true
            }
          }
        }
        for (const log of changed) this.#view.saveLog(log.row, log.length, log.state())
        return entries
      })
    } catch (error) {
      if (!isDamage(error)) this.restore()
      throw error
    }
  }

  /** The next entry of a log, or null if there is none or it has to wait for one that it cites. */
  #foldNext(log: FoldingLog): FoldedEntry | null {
    const block = log.nextBlock()
    if (!block) return null
    const opened = log.opened ?? this.#open(block, log.folded)
    if (!log.isOwn && !this.#isReady(opened)) {
      log.opened = opened
      return null
    }
    const step = foldEntry(log.folded, opened, {
      genesis: this.#room.genesis,
      depthAt: (key, length) => this.#entryAt(key, length)?.depth ?? null,
      primitives: this.#primitives,
    })
    const entry = { ...step.entry, flaws: [...step.entry.flaws, ...this.#citationFlaws(opened)] }
    log.advance(step.log, block)
    this.#view.addEntry(this.number, entryRow(entry, log, this.#isLate(entry, log)))
    return entry
  }

  #open(block: Uint8Array, { key, cursor }: FoldedLog): OpenedEntry | ProtocolError {
    const place = { room: this.#room.id, log: key, index: cursor.length }
    try {
      const frame = readFrame(block)
      const keys = entryKeys(classKey(this.#room.secrets, frame.class), place, frame.salt, this.#primitives)
      return openEntry(block, place, keys, this.#primitives)
    } catch (error) {
      if (error instanceof ProtocolError) return error
      throw error
    }
  }

  /** Whether everything that an entry cites has been folded. A log that cites what never was waits for ever, and harms nobody else. */
  #isReady(opened: OpenedEntry | ProtocolError): boolean {
    if (opened instanceof ProtocolError) return true
    return opened.header.heads.every(({ log, length }) => (this.logs.get(toHex(log))?.length ?? 0) >= length)
  }

  #citationFlaws(opened: OpenedEntry | ProtocolError): ProtocolError[] {
    if (opened instanceof ProtocolError) return []
    return opened.header.heads.flatMap(({ log, length, treeHash }) => {
      const known = this.#entryAt(toHex(log), length)
      const differs = known !== null && Buffer.compare(known.treeHash, treeHash) !== 0
      return differs ? [new ProtocolError('ordering/citation', `of log ${toHex(log)} at length ${length}`)] : []
    })
  }

  #entryAt(key: string, length: number) {
    const log = this.logs.get(key)
    return log && length > 0 ? this.#view.entryAt(log.row, length - 1) : null
  }

  /** Whether an entry goes in before something that was read already. */
  #isLate({ order }: FoldedEntry, log: FoldingLog): boolean {
    if (log.isOwn || !this.#live) return false
    const mark = this.#view.readMark(this.number)
    return order.depth < mark.depth || (order.depth === mark.depth && order.time < mark.time)
  }
}
