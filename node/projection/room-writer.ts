import { randomBytes } from 'node:crypto'
import { compareBytes } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { type Citation, mostCitations, sealEntry } from '../../protocol/log/entry.ts'
import { classOf, encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import { Problem } from '../api/problems.ts'
import { isDiskFull } from '../home-error.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { FoldingLog } from './folding-log.ts'
import type { FoldedRoom, RoomFold } from './room-fold.ts'

interface Waiting {
  readonly event: RoomEvent
  readonly appended: (index: number) => void
  readonly failed: (error: unknown) => void
}

const mostPerBatch = 256

/** Writes into the own log of one room. Whatever is asked for in one tick is appended in one batch, with one signature. */
export class RoomWriter {
  readonly #room: FoldedRoom
  readonly #fold: RoomFold
  readonly #own: FoldingLog
  readonly #store: LogStore
  readonly #primitives: Primitives
  readonly #now: () => number
  #queue: Waiting[] = []
  #draining: Promise<void> | null = null
  #depth: number
  #index: number
  readonly #cited: Map<string, number>

  /** `own` must have been folded to its end. */
  constructor(
    room: FoldedRoom,
    fold: RoomFold,
    own: FoldingLog,
    store: LogStore,
    primitives: Primitives,
    now: () => number,
  ) {
    this.#room = room
    this.#fold = fold
    this.#own = own
    this.#store = store
    this.#primitives = primitives
    this.#now = now
    this.#depth = own.folded.cursor.depth
    this.#index = own.stored.length
    this.#cited = new Map(own.folded.cursor.cited)
  }

  /**
   * Append an event; resolves with its index once it is safe from a power cut.
   *
   * Other nodes may have it earlier. Throws the problems `disk-full` and `storage-failing`: then nothing was appended.
   */
  async append(event: RoomEvent): Promise<number> {
    const index = await new Promise<number>((appended, failed) => {
      this.#queue.push({ event, appended, failed })
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = null
      })
    })
    try {
      await this.#store.flush()
    } catch (error) {
      throw storageProblem(error)
    }
    return index
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
  }

  async #appendBatch(batch: readonly Waiting[]): Promise<void> {
    const { heads, depth } = this.#citations()
    const start = this.#index
    const blocks = batch.map(({ event }, i) => this.#seal(event, start + i, depth + 1 + i, i === 0 ? heads : []))
    await this.#own.stored.append(blocks)
    for (const { log, length } of heads) this.#cited.set(Buffer.from(log).toString('hex'), length)
    this.#index = start + batch.length
    this.#depth = depth + batch.length
    for (const [i, { appended }] of batch.entries()) appended(start + i)
  }

  #seal(event: RoomEvent, index: number, depth: number, heads: readonly Citation[]): Uint8Array {
    const entryClass = classOf(event.type)
    return sealEntry(
      { room: this.#room.id, log: this.#room.ownLog, index },
      {
        class: entryClass,
        header: { kind: event.type, time: this.#now(), depth, heads },
        body: encodeEvent(event),
      },
      { classKey: classKey(this.#room.secrets, entryClass), salt: randomBytes(16) },
      this.#primitives,
    )
  }

  /** The heads that advanced since our last entry, and the depth that they and we have reached. */
  #citations(): { readonly heads: readonly Citation[]; readonly depth: number } {
    const advanced = [...this.#fold.logs.values()]
      .filter((log) => log !== this.#own && log.folded.author && log.length > (this.#cited.get(log.key) ?? 0))
      .sort((a, b) => compareBytes(a.stored.key, b.stored.key))
      .slice(0, mostCitations)
    return {
      heads: advanced.map((log) => ({ log: log.stored.key, length: log.length, treeHash: log.treeHash() })),
      depth: Math.max(this.#depth, ...advanced.map((log) => log.folded.cursor.depth)),
    }
  }
}

function storageProblem(error: unknown): unknown {
  if (error instanceof Problem) return error
  return isDiskFull(error) ? new Problem('disk-full') : error
}
