import { randomBytes } from 'node:crypto'
import { compareBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { mostSteps } from '../../protocol/epoch/chain.ts'
import { advanceEpoch, advanceStep, type EpochCursor } from '../../protocol/epoch/epoch-cursor.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { EpochEvent } from '../../protocol/epoch/event.ts'
import { type RoomKeys, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Citation, type Entry, type EntryClass, mostCitations, readFrame } from '../../protocol/log/entry.ts'
import type { LogCursor } from '../../protocol/ordering.ts'
import { classOf, encodeEvent, isEpochEvent, isOperation, type RoomEvent } from '../../protocol/room/event.ts'
import { mostHeads } from '../../protocol/room/operation-event.ts'
import { encodeOwnEvent, isOwnEvent, type OwnEvent } from '../../protocol/room/own-room.ts'
import { isRole } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import type { Epochs } from '../epochs/epochs.ts'
import type { Reader } from '../epochs/room-epochs.ts'
import { isDiskFull } from '../home-error.ts'
import type { FreeSpace } from '../storage/free-space.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { FoldingLog } from './folding-log.ts'
import type { FoldedRoom, RoomFold } from './room-fold.ts'

interface WriterOptions {
  readonly room: FoldedRoom
  readonly fold: RoomFold
  readonly epochs: Epochs
  readonly own: FoldingLog
  readonly store: LogStore
  readonly space: FreeSpace
  readonly primitives: Primitives
  readonly now: () => number
}

/** Nothing to be said, but another epoch is to begin if one is due. */
const renewal = Symbol('renewal')

/** Makes what is to be said about epochs, where the own log, with this key, stands at this cursor. */
export type MakeEvent = (cursor: EpochCursor, log: Uint8Array) => Promise<EpochEvent>

interface Waiting {
  readonly event: RoomEvent | OwnEvent | MakeEvent | typeof renewal
  readonly time: number | null
  readonly appended: (index: number) => void
  readonly failed: (error: unknown) => void
}

/** Our log as far as it is appended: what the next entry builds on. */
interface OwnEnd extends Pick<LogCursor, 'length' | 'depth' | 'cited'> {
  readonly epochs: EpochCursor
}

/** Entries that are appended at once. */
interface Run {
  readonly entries: readonly Waiting[]
  readonly heads: readonly Citation[]
  readonly depth: number
  readonly operations: readonly Uint8Array[]
}

const mostPerBatch = 256

/** Writes into the own log of one room. Whatever is asked for in one tick is appended in one batch, with one signature. */
export class RoomWriter {
  readonly #room: FoldedRoom
  readonly #fold: RoomFold
  readonly #epochs: Epochs
  readonly #own: FoldingLog
  readonly #store: LogStore
  readonly #space: FreeSpace
  readonly #primitives: Primitives
  readonly #now: () => number
  #queue: Waiting[] = []
  #draining: Promise<void> | null = null
  #end: OwnEnd | null = null

  constructor({ room, fold, epochs, own, store, space, primitives, now }: WriterOptions) {
    this.#room = room
    this.#fold = fold
    this.#epochs = epochs
    this.#own = own
    this.#store = store
    this.#space = space
    this.#primitives = primitives
    this.#now = now
  }

  /**
   * Append an event; resolves with its index once it is safe from a power cut.
   *
   * Other nodes may have it earlier. Throws the problem `disk-full` if nothing was appended for want of space.
   */
  async append(event: RoomEvent | OwnEvent | MakeEvent): Promise<number> {
    const index = await this.write(event)
    await this.flush()
    return index
  }

  /** Resolves once all that was written so far is safe from a power cut. */
  async flush(): Promise<void> {
    try {
      await this.#store.flush()
    } catch (error) {
      if (isDiskFull(error))
        throw new Problem('disk-full', 'The last entry was written, but a power cut might take it back.')
      throw new Problem('storage-failing', 'The last entry was written, but a power cut might take it back.')
    }
  }

  /** The same, but resolves as soon as a crash of the process can lose nothing of it; a power cut still may. `time`: null for now. */
  async write(event: RoomEvent | OwnEvent | MakeEvent, time: number | null = null): Promise<number> {
    // What cannot be written is told to who asked for it, and not to those whose entries go in the same batch.
    if (typeof event !== 'function') contentOf(event)
    return this.#ask(event, time)
  }

  /** Begin another epoch, or share the one that is on, if that is due: whoever speaks in a call writes nothing meanwhile. */
  async renewEpoch(): Promise<void> {
    await this.#ask(renewal, null)
  }

  #ask(event: Waiting['event'], time: number | null): Promise<number> {
    return new Promise<number>((appended, failed) => {
      this.#queue.push({ event, time, appended, failed })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when everything asked for so far has been appended. */
  async close(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    // The tick in which the first was asked for may ask for more.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, mostPerBatch)
      try {
        await this.#appendBatch(batch)
      } catch (error) {
        for (const { failed } of batch) failed(storageProblem(error))
      }
    }
    // In the step that last looks at the queue: whoever asks later starts another round.
    this.#draining = null
  }

  async #appendBatch(batch: readonly Waiting[]): Promise<void> {
    for (let left = batch; left.length > 0; ) {
      const end = await this.#findEnd()
      await this.#space.require()
      const { run, rest } = this.#nextRun(left, end)
      await this.#appendRun(run, end)
      left = rest
    }
  }

  /**
   * As many of these as go into one epoch, and before them what is due.
   *
   * All that a start seals to follows from what is cited with it: so both are taken in one step.
   */
  #nextRun(batch: readonly Waiting[], end: OwnEnd): { readonly run: Run; readonly rest: readonly Waiting[] } {
    const { isMore, ...citing } = this.#citations(end)
    const run = { ...citing, operations: this.#knownOperations() }
    const isAnySealed = batch.some((entry) => this.#isSealed(entry))
    const due = isAnySealed ? this.#epochs.due(this.#own.stored.key, end.epochs, this.#readers()) : null
    // What does not fit into one entry is cited by those before it.
    if (due && isMore) return { run: { ...run, entries: [asEntry((at) => this.#epochs.nextPrekey(at))] }, rest: batch }
    let room = mostSteps - (due?.starts ? 0 : end.epochs.history)
    const last = batch.findIndex((entry) => this.#isSealed(entry) && room-- === 0)
    const fitting = last < 0 ? batch : batch.slice(0, last)
    const entries = [...(due ? [asEntry(due.make)] : []), ...fitting.flatMap((entry) => this.#withPrekey(entry))]
    return { run: { ...run, entries }, rest: batch.slice(fitting.length) }
  }

  #isSealed({ event }: Waiting): boolean {
    if (event === renewal) return this.#room.suite === 1
    return typeof event !== 'function' && this.#epochs.isSealedBy(contentOf(event).class)
  }

  /** All active devices that can be sealed to. */
  #readers(): readonly Reader[] {
    const { authority } = this.#fold
    return this.#epochs.known
      .readers()
      .filter(
        ({ identity, device }) =>
          isRole(authority.standingOf(identity)) && authority.identities.isActive(identity, device),
      )
  }

  /** Right behind what lets our log in stands what others seal to us by. */
  #withPrekey(entry: Waiting): Waiting[] {
    const { event } = entry
    const lets = typeof event === 'object' && (event.type === 'room-created' || event.type === 'joined')
    return lets && this.#room.suite === 1 ? [entry, asEntry((at) => this.#epochs.nextPrekey(at))] : [entry]
  }

  async #appendRun({ entries, heads, depth, operations }: Run, end: OwnEnd): Promise<void> {
    const blocks: Uint8Array[] = []
    const done: (() => void)[] = []
    let { epochs } = end
    let row: EpochKeys | null = null
    for (const { event: given, time, appended } of entries) {
      if (given === renewal) {
        done.push(() => appended(end.length))
        continue
      }
      const event = typeof given === 'function' ? await given(epochs, this.#own.stored.key) : given
      const index = end.length + blocks.length
      const cites = blocks.length === 0 ? heads : []
      const header = { kind: event.type, time: time ?? this.#now(), depth: depth + 1 + blocks.length, heads: cites }
      const knowing = !isOwnEvent(event) && isOperation(event) ? { ...event, heads: [...operations] } : event
      const sealed = this.#seal(index, { ...contentOf(knowing), header }, epochs, row)
      row = sealed.epoch ?? row
      epochs = this.#epochsAfter(epochs, event, sealed.block)
      blocks.push(sealed.block)
      done.push(() => appended(index))
    }
    // Whatever was to be cited waits for an entry that can.
    if (blocks.length > 0) {
      await this.#appendBlocks(blocks, row)
      const cited = new Map(end.cited)
      for (const { log, length } of heads) cited.set(toHex(log), length)
      this.#end = { length: end.length + blocks.length, depth: depth + blocks.length, cited, epochs }
    }
    for (const tell of done) tell()
  }

  /** Nobody sees a block before the step that it was sealed by is used up. */
  async #appendBlocks(blocks: readonly Uint8Array[], row: EpochKeys | null): Promise<void> {
    try {
      if (row) this.#epochs.keyring.keep([row])
      await this.#own.stored.append(blocks)
    } catch (error) {
      this.#epochs.broken()
      throw error
    }
  }

  #seal(index: number, entry: Entry, position: EpochCursor, row: EpochKeys | null) {
    const { keyring } = this.#epochs
    const place = { room: this.#room.id, log: this.#own.stored.key, index, suite: this.#room.suite }
    const roomKeys: RoomKeys = {
      classKey: (entryClass) => keyring.classKey(entryClass),
      epoch: (log, number) => row ?? keyring.held(log, number),
    }
    const sealed = sealInRoom(place, entry, { roomKeys, position, salt: randomBytes(16) }, this.#primitives)
    if (!sealed) throw new Error('the own epoch has no key for its next step')
    return sealed
  }

  #epochsAfter(epochs: EpochCursor, event: RoomEvent | OwnEvent, block: Uint8Array): EpochCursor {
    if (!isOwnEvent(event) && isEpochEvent(event)) return advanceEpoch(epochs, event)
    const frame = readFrame(block, this.#room.suite)
    return frame.suite === 1 ? advanceStep(epochs, frame) : epochs
  }

  /** Where our log ends. Only its fold can tell at first, and when a part of it came back from others. Throws as long as it cannot. */
  async #findEnd(): Promise<OwnEnd> {
    const { stored } = this.#own
    if (stored.isForked) throw new Problem('storage-failing', 'Another node has written with the keys of this one.')
    if (this.#end?.length === stored.knownLength) return this.#end
    await this.#fold.pump()
    const { cursor, epochs } = this.#own.folded
    const { length, depth, cited } = cursor
    if (length !== stored.knownLength) throw new Problem('storage-failing', 'A part of the own log is not here yet.')
    return { length, depth, cited, epochs }
  }

  /** What an operation names as known; those before it in our log it follows by standing there. */
  #knownOperations(): Uint8Array[] {
    return this.#fold.authority.headsFor(this.#own.key).slice(0, mostHeads).map(fromHex)
  }

  /**
   * The heads that advanced since our last entry, and the depth that they and we have reached.
   *
   * Of a log that ends in entries without a key here only what comes before them: their depth is not known. `isMore`: whether there are more than one entry can cite.
   */
  #citations(end: OwnEnd): { readonly heads: readonly Citation[]; readonly depth: number; readonly isMore: boolean } {
    const advanced = [...this.#fold.logs.values()].flatMap((log) => {
      if (log === this.#own || !log.folded.author) return []
      const known = log.known()
      return known.length > (end.cited.get(log.key) ?? 0) ? [{ log: log.stored.key, ...known }] : []
    })
    const heads = advanced.sort((a, b) => compareBytes(a.log, b.log)).slice(0, mostCitations)
    return {
      heads: heads.map(({ log, length, treeHash }) => ({ log, length, treeHash })),
      depth: Math.max(end.depth, ...heads.map(({ depth }) => depth)),
      isMore: advanced.length > heads.length,
    }
  }
}

function contentOf(event: RoomEvent | OwnEvent): { readonly class: EntryClass; readonly body: Uint8Array } {
  if (isOwnEvent(event)) return { class: 'message', body: encodeOwnEvent(event) }
  return { class: classOf(event.type), body: encodeEvent(event) }
}

function asEntry(event: MakeEvent): Waiting {
  return { event, time: null, appended: () => {}, failed: () => {} }
}

function storageProblem(error: unknown): unknown {
  if (error instanceof Problem || error instanceof ProtocolError) return error
  const problem = new Problem(isDiskFull(error) ? 'disk-full' : 'storage-failing')
  problem.cause = error
  return problem
}
