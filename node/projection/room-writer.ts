import { randomBytes } from 'node:crypto'
import { compareBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Citation, type EntryClass, mostCitations, sealEntry } from '../../protocol/log/entry.ts'
import type { LogCursor } from '../../protocol/ordering.ts'
import { classOf, encodeEvent, isOperation, type RoomEvent } from '../../protocol/room/event.ts'
import { mostHeads } from '../../protocol/room/operation-event.ts'
import { encodeOwnEvent, isOwnEvent, type OwnEvent } from '../../protocol/room/own-room.ts'
import { Problem } from '../api/problems.ts'
import { isDiskFull } from '../home-error.ts'
import type { FreeSpace } from '../storage/free-space.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { FoldingLog } from './folding-log.ts'
import type { FoldedRoom, RoomFold } from './room-fold.ts'

interface WriterOptions {
  readonly room: FoldedRoom
  readonly fold: RoomFold
  readonly own: FoldingLog
  readonly store: LogStore
  readonly space: FreeSpace
  readonly primitives: Primitives
  readonly now: () => number
}

interface Waiting {
  readonly event: RoomEvent | OwnEvent
  readonly time: number | null
  readonly appended: (index: number) => void
  readonly failed: (error: unknown) => void
}

/** Our log as far as it is appended: what the next entry builds on. */
type OwnEnd = Pick<LogCursor, 'length' | 'depth' | 'cited'>

const mostPerBatch = 256

/** Writes into the own log of one room. Whatever is asked for in one tick is appended in one batch, with one signature. */
export class RoomWriter {
  readonly #room: FoldedRoom
  readonly #fold: RoomFold
  readonly #own: FoldingLog
  readonly #store: LogStore
  readonly #space: FreeSpace
  readonly #primitives: Primitives
  readonly #now: () => number
  #queue: Waiting[] = []
  #draining: Promise<void> | null = null
  #end: OwnEnd | null = null

  constructor({ room, fold, own, store, space, primitives, now }: WriterOptions) {
    this.#room = room
    this.#fold = fold
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
  async append(event: RoomEvent | OwnEvent): Promise<number> {
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
  async write(event: RoomEvent | OwnEvent, time: number | null = null): Promise<number> {
    // What cannot be written is told to who asked for it, and not to those whose entries go in the same batch.
    contentOf(event)
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
    const end = await this.#findEnd()
    const { heads, depth } = this.#citations(end)
    const blocks = batch.map((entry, i) => this.#seal(entry, end.length + i, depth + 1 + i, i === 0 ? heads : []))
    await this.#space.require()
    await this.#own.stored.append(blocks)
    const cited = new Map(end.cited)
    for (const { log, length } of heads) cited.set(toHex(log), length)
    this.#end = { length: end.length + batch.length, depth: depth + batch.length, cited }
    for (const [i, { appended }] of batch.entries()) appended(end.length + i)
  }

  /** Where our log ends. Only its fold can tell at first, and when a part of it came back from others. Throws as long as it cannot. */
  async #findEnd(): Promise<OwnEnd> {
    const { stored } = this.#own
    if (stored.isForked) throw new Problem('storage-failing', 'Another node has written with the keys of this one.')
    if (this.#end?.length === stored.knownLength) return this.#end
    await this.#fold.pump()
    const { length, depth, cited } = this.#own.folded.cursor
    if (length !== stored.knownLength) throw new Problem('storage-failing', 'A part of the own log is not here yet.')
    return { length, depth, cited }
  }

  #seal({ event, time }: Waiting, index: number, depth: number, heads: readonly Citation[]): Uint8Array {
    const known = !isOwnEvent(event) && isOperation(event) ? { ...event, heads: this.#knownOperations() } : event
    const { class: entryClass, body } = contentOf(known)
    return sealEntry(
      { room: this.#room.id, log: this.#own.stored.key, index, suite: this.#room.suite },
      {
        class: entryClass,
        header: { kind: event.type, time: time ?? this.#now(), depth, heads },
        body,
      },
      { classKey: this.#room.keys.classKey(entryClass), salt: randomBytes(16) },
      this.#primitives,
    )
  }

  /** What an operation names as known; those before it in our log it follows by standing there. */
  #knownOperations(): Uint8Array[] {
    return this.#fold.authority.headsFor(this.#own.key).slice(0, mostHeads).map(fromHex)
  }

  /** The heads that advanced since our last entry, and the depth that they and we have reached. */
  #citations(end: OwnEnd): { readonly heads: readonly Citation[]; readonly depth: number } {
    const advanced = [...this.#fold.logs.values()]
      .filter((log) => log !== this.#own && log.folded.author && log.length > (end.cited.get(log.key) ?? 0))
      .sort((a, b) => compareBytes(a.stored.key, b.stored.key))
      .slice(0, mostCitations)
    return {
      heads: advanced.map((log) => ({ log: log.stored.key, length: log.length, treeHash: log.treeHash() })),
      depth: Math.max(end.depth, ...advanced.map((log) => log.folded.cursor.depth)),
    }
  }
}

function contentOf(event: RoomEvent | OwnEvent): { readonly class: EntryClass; readonly body: Uint8Array } {
  if (isOwnEvent(event)) return { class: 'message', body: encodeOwnEvent(event) }
  return { class: classOf(event.type), body: encodeEvent(event) }
}

function storageProblem(error: unknown): unknown {
  if (error instanceof Problem || error instanceof ProtocolError) return error
  const problem = new Problem(isDiskFull(error) ? 'disk-full' : 'storage-failing')
  problem.cause = error
  return problem
}
