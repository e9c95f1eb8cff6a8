import { setTimeout as pause } from 'node:timers/promises'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { OpenedEntry, Suite } from '../../protocol/log/entry.ts'
import { isEpochEvent } from '../../protocol/room/event.ts'
import { type FoldedEntry, foldEntry } from '../../protocol/room/fold-log.ts'
import { decodeGenesis } from '../../protocol/room/genesis.ts'
import { beginningOf, operationId } from '../../protocol/room/operation.ts'
import type { Gained } from '../epochs/box-opener.ts'
import type { Epochs } from '../epochs/epochs.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { ReadMark } from '../storage/view-rows.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { CitedEntries } from './cited-entries.ts'
import { entryRow, rowType } from './entry-row.ts'
import { FoldingLog } from './folding-log.ts'
import { GrantLookout } from './grant-lookout.ts'
import { LateKeys } from './late-keys.ts'
import { openBlock } from './open-block.ts'
import { Pump } from './pump.ts'
import { concernsAuthority, type HiddenAs, RoomAuthority, storedEntries } from './room-authority.ts'

/** What a fold needs to know of its room. */
export interface FoldedRoom {
  readonly id: Uint8Array
  readonly genesis: Uint8Array
  readonly suite: Suite
  readonly epochs: Epochs
  /** Ours: its logs need not wait, for what we have cited was here. */
  readonly device: Uint8Array
}

/** A log to be folded, and the one that lets it in: the first of its device, for a later one. */
interface FoldedFrom {
  readonly stored: StoredLog
  readonly follows: Uint8Array | null
}

/** An entry that has just been folded. `live`: it arrived after the logs on disk had been folded. */
export interface ProjectedEntry {
  readonly log: FoldingLog
  readonly entry: FoldedEntry
  readonly live: boolean
}

interface Listeners {
  onEntries(entries: readonly ProjectedEntry[]): void
  /** Who may what has changed, and with it perhaps what is shown. Comes after the entries that changed it. */
  onAuthority(): void
  /** A log or the view store cannot be read or written. Folding is tried again; `onRecovered` says that it went through. */
  onTrouble(error: unknown): void
  onRecovered(): void
  /** Keys have come for what was there before: it is shown now, each at its place. */
  onReopened(): void
  /** All is folded that can be for now. */
  onSettled(): void
}

const readAhead = 512
const mostPerRound = 1_000
/** What a log in use grows by in a round is less. */
const leastArriving = 8
const arrivalMs = 100

/**
 * Folds the logs of one room into the view store, each entry after those it cites.
 *
 * What cannot be folded yet stays in its log. A store that was begun anew is folded anew. Spec: specs/ordering.md#folding.
 */
export class RoomFold {
  readonly logs = new Map<string, FoldingLog>()
  readonly authority: RoomAuthority
  readonly #room: FoldedRoom
  readonly #cited: CitedEntries
  readonly #view: ViewStore
  readonly #primitives: Primitives
  readonly #listeners: Listeners
  #number = 0
  /** The view store's generation that memory agrees with; null: none. */
  #generation: number | null = null
  /** The generation that the last round began with. */
  #tried: number | null = null
  #isTroubled = false
  #isUnread = false
  #live = false
  readonly #lateKeys = new LateKeys(() => void this.pump())
  readonly #lookout: GrantLookout
  readonly #pump = new Pump({
    round: () => this.#foldOnce(),
    settled: () => this.#settle(),
    failed: (error) => this.#fail(error),
  })

  constructor(room: FoldedRoom, view: ViewStore, primitives: Primitives, listeners: Listeners) {
    this.#room = room
    this.#view = view
    this.#cited = new CitedEntries(this.logs, view)
    this.#primitives = primitives
    this.#listeners = listeners
    this.#lookout = new GrantLookout(room, primitives)
    room.epochs.early.onReady(() => void this.pump())
    this.authority = new RoomAuthority(beginningOf(decodeGenesis(room.genesis)), primitives)
  }

  /** The room's number in the view store; 0 before the first fold. */
  get number(): number {
    return this.#number
  }

  /** Fold this log too, from where its fold stopped in an earlier run. */
  addLog({ stored, follows }: FoldedFrom): FoldingLog {
    const isOwn = equalBytes(stored.owner.device, this.#room.device)
    const log = new FoldingLog(stored, { isOwn, follows: follows && toHex(follows) }, this.#primitives)
    this.logs.set(log.key, log)
    stored.onGrow(() => void this.pump())
    return log
  }

  /** Entries from now on are live: those on disk have been folded. */
  beginLive(): void {
    this.#live = true
  }

  /** Fold all that is there. Resolves when nothing more can be folded for now. */
  pump(): Promise<void> {
    return this.#pump.ask()
  }

  /** Fold no more. Resolves when the running round is over. */
  async close(): Promise<void> {
    this.#lateKeys.close()
    await this.#pump.close()
  }

  #fail(error: unknown): boolean {
    this.#isTroubled = true
    this.#listeners.onTrouble(error)
    // A store that has been begun anew meanwhile is folded at once.
    return this.#tried !== this.#view.generation
  }

  /** Answers whether there may be more. A log that cannot be read holds up no other. */
  async #foldOnce(): Promise<boolean> {
    this.#tried = this.#view.generation
    if (this.#isStale()) this.#view.transaction(() => this.#restore())
    const gained = await this.#room.epochs.boxes.open()
    if (gained.some((epoch) => this.#isWithoutKeys(epoch))) this.#lateKeys.came()
    this.#lookout.look(this.logs.values())
    const reads = await Promise.allSettled([...this.logs.values()].map((log) => log.readAhead(readAhead)))
    if (this.#pump.isClosed) return false
    if (this.#isStale()) return true
    const { entries, isAuthorityNew } = this.#foldRound()
    // What was there before is told all at once, when it has been folded again.
    const told = entries.filter(({ log, entry }) => entry.order.index >= log.foldedBefore)
    if (told.length > 0) this.#listeners.onEntries(told)
    if (isAuthorityNew) this.#listeners.onAuthority()
    const failed = reads.find((read) => read.status === 'rejected')
    if (failed) throw failed.reason
    if (this.#isArriving(entries.length)) await pause(arrivalMs)
    return entries.length > 0 || this.#room.epochs.boxes.isWaiting || this.#reopen()
  }

  /** Whether blocks come in numbers: each round and each look at it costs as much for one as for many. */
  #isArriving(folded: number): boolean {
    const isIncomplete = ({ stored }: FoldingLog) => stored.length < stored.knownLength && !stored.isForked
    return folded >= leastArriving && folded < readAhead && [...this.logs.values()].some(isIncomplete)
  }

  /** Where keys have come late, fold everything once more: what can be read now may change the places of the rest. Answers whether there is something to fold. */
  #reopen(): boolean {
    if (!this.#lateKeys.isDue()) return false
    this.#view.transaction(() => {
      for (const log of this.logs.values()) log.restart(this.#view.beginLog(this.#number, log.key))
    })
    this.#room.epochs.keyring.rewind()
    this.#lateKeys.begun()
    return true
  }

  /** All is folded that can be. What a room has at its first fold here was read before, or elsewhere. */
  #settle(): void {
    if (this.#isUnread) this.#view.setReadMark(this.#number, this.#view.endOf(this.#number))
    this.#isUnread = false
    if (this.#isTroubled) this.#listeners.onRecovered()
    this.#isTroubled = false
    if (this.#lateKeys.ended()) this.#listeners.onReopened()
    this.#listeners.onSettled()
  }

  /** Fold what was read, in one transaction: if that fails, nothing has happened. */
  #foldRound(): { readonly entries: readonly ProjectedEntry[]; readonly isAuthorityNew: boolean } {
    // Most looks find nothing: a block that arrives may stand behind a gap, or wait.
    if (![...this.logs.values()].some((log) => log.nextBlock())) return { entries: [], isAuthorityNew: false }
    try {
      const round = this.#view.transaction(() => {
        const read = this.#view.readMark(this.number)
        const entries: ProjectedEntry[] = []
        const changed = new Set<FoldingLog>()
        let progress = true
        while (progress && entries.length < mostPerRound) {
          progress = false
          for (const log of this.logs.values()) {
            while (entries.length < mostPerRound) {
              const entry = this.#foldNext(log, read)
              if (!entry) break
              entries.push({ log, entry, live: this.#isLive(log, entry) })
              changed.add(log)
              progress = true
            }
          }
        }
        for (const log of changed) this.#view.saveLog(log.row, log.length, log.state())
        return { entries, isAuthorityNew: this.#settleAuthority() }
      })
      // What is used up by reading is gone only once what it said is kept.
      this.#room.epochs.keyring.flush()
      return round
    } catch (error) {
      this.#generation = null
      this.#room.epochs.keyring.rewind()
      throw error
    }
  }

  /** Whether entries of an epoch were folded without its keys. */
  #isWithoutKeys({ log, number }: Gained): boolean {
    const folding = this.logs.get(toHex(log))
    return folding !== undefined && this.#view.isUnread(this.#number, folding.row, number)
  }

  /** Whether memory and the view store do not agree: the store was begun anew, a round failed, or a log is new. */
  #isStale(): boolean {
    return this.#generation !== this.#view.generation || [...this.logs.values()].some(({ row }) => row === 0)
  }

  #restore(): void {
    const isWhole = this.#generation === this.#view.generation
    const { id, isNew } = this.#view.openRoom(toHex(this.#room.id))
    let isKnown = false
    const rows = new Map(this.#view.logs(id).map((row) => [row.key, row]))
    for (const log of this.logs.values()) {
      if (isWhole && log.row !== 0) continue
      const row = rows.get(log.key)
      // A store that knows more than the disk is from before a power cut: what it knows may not come back.
      if (row && row.length <= log.stored.length) {
        log.restore(row)
        isKnown = true
      } else log.restore(this.#view.beginLog(id, log.key))
    }
    if (!isWhole || isKnown) {
      const { known, boxes } = this.#room.epochs
      this.authority.restore(storedEntries(this.#view.operations(id), this.logs))
      known.restore(this.#view.epochEvents(id), (log) => this.logs.get(log)?.stored.owner ?? null)
      boxes.noteAll()
    }
    this.#number = id
    this.#isUnread ||= isNew
    this.#generation = this.#view.generation
  }

  /** The next entry of a log, or null if there is none or it has to wait for one that it cites. */
  #foldNext(log: FoldingLog, read: ReadMark): FoldedEntry | null {
    const block = log.nextBlock()
    if (!block) return null
    const next = log.read ?? openBlock(block, log.folded, this.#room, this.#primitives)
    if (!next || !this.#cited.mayBegin(log) || (!log.isOwn && !this.#cited.isReady(next.opened))) {
      log.read = next
      return null
    }
    const { opened, row } = next
    const step = foldEntry(log.folded, opened, {
      genesis: this.#room.genesis,
      depthAt: (key, length) => this.#cited.entryAt(key, length)?.depth ?? null,
      isAdmitted: (key) => this.#cited.isAdmitted(key),
      primitives: this.#primitives,
    })
    const entry = { ...step.entry, flaws: [...step.entry.flaws, ...this.#cited.flaws(log, opened)] }
    log.advance(step.log, block)
    if (row) this.#room.epochs.keyring.opened(row, opened.frame!.class)
    if ('body' in opened) this.#noteOperation(log, entry, block, opened)
    this.#noteEpoch(log, entry)
    const hidden = this.#hiddenAs(log, entry.order.index, rowType(entry, opened.frame))
    const shown = { late: this.#isLate(entry, log, read), hidden }
    this.#view.addEntry(this.number, entryRow(entry, opened.frame, log, shown, this.#primitives))
    return entry
  }

  /** What is said about epochs, and holds, in a room where they mean something. */
  #noteEpoch(log: FoldingLog, { event, order: { index } }: FoldedEntry): void {
    if (!event || !isEpochEvent(event) || this.#room.suite === 0) return
    const { stored, folded } = log
    const place = { log: stored.key, owner: stored.owner, index, seen: new Map(folded.cursor.cited) }
    this.#view.addEpochEvent(this.number, log.row, { index, ...this.#room.epochs.note(event, place) })
  }

  /** An operation counts from the end of this round on. */
  #noteOperation(
    log: FoldingLog,
    { event, order: { index } }: FoldedEntry,
    block: Uint8Array,
    opened: OpenedEntry,
  ): void {
    const { key, author } = log.folded
    // Most entries say nothing of it, and an id costs a hash of the whole block.
    if (!event || !author || !concernsAuthority(event)) return
    const id = operationId(key, index, block, this.#primitives)
    this.authority.note({ owner: author.owner, log: key, index, id, event })
    this.#view.addOperation(this.number, log.row, { index, id, kind: opened.header.kind, body: opened.body })
  }

  /** Let new operations and revocations count, and hide and show what they say. Answers whether there were any. */
  #settleAuthority(): boolean {
    const changed = this.authority.settle()
    if (!changed) return false
    for (const log of this.logs.values()) {
      const author = log.folded.author
      if (!author || !changed.has(toHex(author.owner.identity))) continue
      this.#view.hide(log.row, (index, type) => this.#hiddenAs(log, index, type))
    }
    return true
  }

  /** Why an entry is not shown. As long as what let us in is lost here, we show ourselves what we write. */
  #hiddenAs({ folded, isOwn }: FoldingLog, index: number, type: string): HiddenAs | null {
    if (isOwn && folded.author && !this.authority.hasHeardOf(toHex(folded.author.owner.identity))) return null
    return this.authority.hiddenAs(folded, index, type)
  }

  #isLive(log: FoldingLog, { order }: FoldedEntry): boolean {
    return this.#live && order.index >= log.foldedBefore
  }

  /** Whether an entry goes in before something that was read already. */
  #isLate({ order }: FoldedEntry, log: FoldingLog, read: ReadMark): boolean {
    if (log.isOwn || !this.#live || order.index < log.foldedBefore) return false
    return order.depth < read.depth || (order.depth === read.depth && order.time < read.time)
  }
}
