import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { RoomKeys } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { OpenedEntry, Suite } from '../../protocol/log/entry.ts'
import { isClosed, type Opened } from '../../protocol/log/opened.ts'
import { type FoldedEntry, foldEntry } from '../../protocol/room/fold-log.ts'
import { decodeGenesis } from '../../protocol/room/genesis.ts'
import { beginningOf, operationId } from '../../protocol/room/operation.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { ReadMark } from '../storage/view-rows.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { entryRow } from './entry-row.ts'
import { FoldingLog } from './folding-log.ts'
import { openBlock } from './open-block.ts'
import { type HiddenAs, RoomAuthority, storedEntries } from './room-authority.ts'

/** What a fold needs to know of its room. */
export interface FoldedRoom {
  readonly id: Uint8Array
  readonly genesis: Uint8Array
  readonly suite: Suite
  readonly keys: RoomKeys
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
  /** All is folded that can be for now. */
  onSettled(): void
}

const readAhead = 512
const mostPerRound = 1_000
const retryAfterMs = 2_000

/**
 * Folds the logs of one room into the view store, each entry after those it cites.
 *
 * What cannot be folded yet stays in its log. A store that was begun anew is folded anew. Spec: specs/ordering.md#folding.
 */
export class RoomFold {
  readonly logs = new Map<string, FoldingLog>()
  readonly authority: RoomAuthority
  readonly #room: FoldedRoom
  readonly #view: ViewStore
  readonly #primitives: Primitives
  readonly #listeners: Listeners
  #number = 0
  /** The view store's generation that memory agrees with; null: none. */
  #generation: number | null = null
  #pumping: Promise<void> | null = null
  #again = false
  #retry: NodeJS.Timeout | null = null
  #isTroubled = false
  #isUnread = false
  #isClosed = false
  #live = false

  constructor(room: FoldedRoom, view: ViewStore, primitives: Primitives, listeners: Listeners) {
    this.#room = room
    this.#view = view
    this.#primitives = primitives
    this.#listeners = listeners
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
    this.#again = true
    this.#pumping ??= this.#run()
    return this.#pumping
  }

  /** Fold no more. Resolves when the running round is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#retry) clearTimeout(this.#retry)
    await this.#pumping
  }

  async #run(): Promise<void> {
    // `#pumping` is set before this goes on, and reset in the step that last looks at `#again`: whoever asks is always heard.
    await null
    while (this.#again && !this.#retry && !this.#isClosed) {
      this.#again = false
      const { generation } = this.#view
      try {
        if (await this.#foldOnce()) this.#again = true
        else this.#settle()
      } catch (error) {
        if (this.#isClosed) break
        this.#isTroubled = true
        this.#listeners.onTrouble(error)
        // A store that has been begun anew is folded at once.
        this.#again = generation !== this.#view.generation
        if (!this.#again) this.#retryLater()
      }
    }
    this.#pumping = null
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null
      void this.pump()
    }, retryAfterMs).unref()
  }

  /** Answers whether there may be more. A log that cannot be read holds up no other. */
  async #foldOnce(): Promise<boolean> {
    if (this.#isStale()) this.#view.transaction(() => this.#restore())
    const reads = await Promise.allSettled([...this.logs.values()].map((log) => log.readAhead(readAhead)))
    if (this.#isClosed) return false
    if (this.#isStale()) return true
    const { entries, isAuthorityNew } = this.#foldRound()
    if (entries.length > 0) this.#listeners.onEntries(entries)
    if (isAuthorityNew) this.#listeners.onAuthority()
    const failed = reads.find((read) => read.status === 'rejected')
    if (failed) throw failed.reason
    return entries.length > 0
  }

  /** All is folded that can be. What a room has at its first fold here was read before, or elsewhere. */
  #settle(): void {
    if (this.#isUnread) this.#view.setReadMark(this.#number, this.#view.endOf(this.#number))
    this.#isUnread = false
    if (this.#isTroubled) this.#listeners.onRecovered()
    this.#isTroubled = false
    this.#listeners.onSettled()
  }

  /** Fold what was read, in one transaction: if that fails, nothing has happened. */
  #foldRound(): { readonly entries: readonly ProjectedEntry[]; readonly isAuthorityNew: boolean } {
    // Hypercore fetches in random order: most blocks stand behind a gap when they arrive.
    if (![...this.logs.values()].some((log) => log.nextBlock())) return { entries: [], isAuthorityNew: false }
    try {
      return this.#view.transaction(() => {
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
              entries.push({ log, entry, live: this.#live })
              changed.add(log)
              progress = true
            }
          }
        }
        for (const log of changed) this.#view.saveLog(log.row, log.length, log.state())
        return { entries, isAuthorityNew: this.#settleAuthority() }
      })
    } catch (error) {
      this.#generation = null
      throw error
    }
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
    if (!isWhole || isKnown) this.authority.restore(storedEntries(this.#view.operations(id), this.logs))
    this.#number = id
    this.#isUnread ||= isNew
    this.#generation = this.#view.generation
  }

  /** The next entry of a log, or null if there is none or it has to wait for one that it cites. */
  #foldNext(log: FoldingLog, read: ReadMark): FoldedEntry | null {
    const block = log.nextBlock()
    if (!block) return null
    const opened = log.opened ?? openBlock(block, log.folded, this.#room, this.#primitives)
    if (!this.#mayBegin(log) || (!log.isOwn && !this.#isReady(opened))) {
      log.opened = opened
      return null
    }
    const step = foldEntry(log.folded, opened, {
      genesis: this.#room.genesis,
      depthAt: (key, length) => this.#entryAt(key, length)?.depth ?? null,
      isAdmitted: (key) => this.#isAdmitted(key),
      primitives: this.#primitives,
    })
    const entry = { ...step.entry, flaws: [...step.entry.flaws, ...this.#citationFlaws(log, opened)] }
    log.advance(step.log, block)
    if ('body' in opened) this.#noteOperation(log, entry, block, opened)
    const hidden = this.#hiddenAs(log, entry.order.index, entry.event?.type ?? 'unreadable')
    this.#view.addEntry(
      this.number,
      entryRow(entry, log, { late: this.#isLate(entry, log, read), hidden }, this.#primitives),
    )
    return entry
  }

  /** An operation counts from the end of this round on. */
  #noteOperation(
    log: FoldingLog,
    { event, order: { index } }: FoldedEntry,
    block: Uint8Array,
    opened: OpenedEntry,
  ): void {
    const id = operationId(log.folded.key, index, block, this.#primitives)
    const { key, author } = log.folded
    if (!event || !author || !this.authority.note({ owner: author.owner, log: key, index, id, event })) return
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

  /** We were let in, though the log that says so may be lost here. */
  #isAdmitted(key: string): boolean {
    const log = this.logs.get(key)
    return log !== undefined && (log.isOwn || log.folded.author !== null)
  }

  /** Whether it is known if a log may be let in: a later log of a device waits for the first one to begin. */
  #mayBegin({ length, follows, isOwn }: FoldingLog): boolean {
    if (length > 0 || follows === null || isOwn) return true
    const first = this.logs.get(follows)
    return first !== undefined && (first.length > 0 || first.frozenAt === 0)
  }

  /**
   * Whether everything that an entry cites has been folded, or never will be: an author of two histories must not make others wait.
   *
   * A log that cites what never was waits for ever. Nobody honest cites what they have not folded.
   */
  #isReady(opened: Opened): boolean {
    if (isClosed(opened)) return true
    return opened.header.heads.every(({ log, length }) => {
      const cited = this.logs.get(toHex(log))
      return cited !== undefined && length > cited.frozenAt ? true : (cited?.length ?? 0) >= length
    })
  }

  #citationFlaws({ isOwn }: FoldingLog, opened: Opened): ProtocolError[] {
    if (isClosed(opened)) return []
    return opened.header.heads.flatMap(({ log, length, treeHash }) => {
      const known = this.#entryAt(toHex(log), length)
      // What we have cited was here, and comes back if the disk has lost it.
      const differs = known === null ? !isOwn && length > 0 : Buffer.compare(known.treeHash, treeHash) !== 0
      return differs ? [new ProtocolError('ordering/citation', `of log ${toHex(log)} at length ${length}`)] : []
    })
  }

  #entryAt(key: string, length: number) {
    const log = this.logs.get(key)
    return log && length > 0 ? this.#view.entryAt(log.row, length - 1) : null
  }

  /** Whether an entry goes in before something that was read already. */
  #isLate({ order }: FoldedEntry, log: FoldingLog, read: ReadMark): boolean {
    if (log.isOwn || !this.#live) return false
    return order.depth < read.depth || (order.depth === read.depth && order.time < read.time)
  }
}
