import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { EpochCursor } from '../../protocol/epoch/epoch-cursor.ts'
import type { Prekey } from '../../protocol/epoch/prekey.ts'
import { LogTree } from '../../protocol/log/hypercore.ts'
import { emptyLog, type FoldedLog } from '../../protocol/room/fold-log.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { LogRow } from '../storage/view-rows.ts'
import type { ReadEntry } from './open-block.ts'

const mostBytesAhead = 4 * 2 ** 20
const blocksPerRead = 64

/** A head that one may cite. `depth`: of the last entry before it. */
interface KnownEnd {
  readonly length: number
  readonly depth: number
  readonly treeHash: Uint8Array
}

const knownNothing: KnownEnd = { length: 0, depth: 0, treeHash: new Uint8Array(32) }

/** A log on its way into the views: where its fold stands, and the blocks that were read ahead. */
export class FoldingLog {
  readonly key: string
  readonly stored: StoredLog
  readonly isOwn: boolean
  /** The log that has to be let in before this one may be, in hex; null for the first of its device. */
  readonly follows: string | null
  /** Of a log whose device has signed two histories: where the fold has to end. */
  frozenAt = Number.POSITIVE_INFINITY
  /** The next entry, opened while it waits for those it cites. */
  read: ReadEntry | null = null
  #row = 0
  #foldedBefore = 0
  #folded: FoldedLog
  #tree: LogTree
  #ahead: Uint8Array[] = []
  /** Where entries without a key stand at the end. */
  #known: KnownEnd = knownNothing
  readonly #primitives: Primitives

  /** Nothing of it is folded before `restore`. */
  constructor(stored: StoredLog, { isOwn, follows }: Pick<FoldingLog, 'isOwn' | 'follows'>, primitives: Primitives) {
    this.stored = stored
    this.key = toHex(stored.key)
    this.isOwn = isOwn
    this.follows = follows
    this.#primitives = primitives
    this.#folded = emptyLog(stored.key, stored.owner.generation)
    this.#tree = new LogTree(primitives)
  }

  /** How much of it was folded before it was begun again. */
  get foldedBefore(): number {
    return this.#foldedBefore
  }

  /** Its number in the view store; 0 before the first fold. */
  get row(): number {
    return this.#row
  }

  get folded(): FoldedLog {
    return this.#folded
  }

  /** Entries folded so far. */
  get length(): number {
    return this.#folded.cursor.length
  }

  /** The tree hash over the entries folded so far. */
  treeHash(): Uint8Array {
    return this.#tree.treeHash()
  }

  /** As much of it as others can be told to come after: up to the last entry of which the depth is known here. */
  known(): KnownEnd {
    const { length, depth, atLeast } = this.#folded.cursor
    return atLeast ? this.#known : { length, depth, treeHash: this.treeHash() }
  }

  nextBlock(): Uint8Array | undefined {
    return this.#ahead[0]
  }

  /** Have up to `count` blocks behind the fold in memory, and fewer if they are large: an author may make blocks of megabytes. */
  async readAhead(count: number): Promise<void> {
    const most = Math.min(this.stored.length, this.frozenAt, this.length + count)
    let bytes = this.#ahead.reduce((sum, { length }) => sum + length, 0)
    while (bytes < mostBytesAhead) {
      const start = this.length + this.#ahead.length
      const end = Math.min(most, start + (bytes === 0 ? 1 : blocksPerRead))
      if (end <= start) return
      const blocks = await this.stored.read(start, end)
      if (this.length + this.#ahead.length !== start) return
      this.#ahead.push(...blocks)
      bytes += blocks.reduce((sum, { length }) => sum + length, 0)
    }
  }

  advance(folded: FoldedLog, block: Uint8Array): void {
    if (folded.cursor.atLeast) this.#known = this.known()
    this.#tree.append(block)
    this.#folded = folded
    this.#ahead.shift()
    this.read = null
  }

  /** What the fold goes on with after a restart, as text. */
  state(): string {
    const { cursor, epochs, author } = this.#folded
    const { number, history, ephemeral, prekey } = epochs
    return JSON.stringify({
      depth: cursor.depth,
      time: cursor.time,
      atLeast: cursor.atLeast,
      cited: [...cursor.cited],
      epochs: { number, history, ephemeral, prekey: prekey && [prekey.generation, toHex(prekey.key)] },
      roots: this.#tree.roots.map(({ index, size, hash }) => [index, size, toHex(hash)]),
      name: author?.name ?? null,
      known: cursor.atLeast ? [this.#known.length, this.#known.depth, toHex(this.#known.treeHash)] : null,
    })
  }

  /** Begin again, with more keys than before. */
  restart(row: LogRow): void {
    this.#foldedBefore = Math.max(this.#foldedBefore, this.length)
    this.restore(row)
  }

  /** Go back, or on, to what the view store has. */
  restore({ id, length, state }: LogRow): void {
    this.#row = id
    this.#ahead = []
    this.read = null
    this.#known = knownNothing
    const empty = emptyLog(this.stored.key, this.stored.owner.generation)
    if (state === '') {
      this.#folded = empty
      this.#tree = new LogTree(this.#primitives)
      return
    }
    const { depth, time, atLeast, cited, epochs, roots, name, known } = JSON.parse(state) as StoredState
    if (known) this.#known = { length: known[0], depth: known[1], treeHash: fromHex(known[2]) }
    this.#folded = {
      key: this.stored.key,
      cursor: { length, depth, time, atLeast, cited: new Map(cited) },
      epochs: { ...epochs, generation: this.stored.owner.generation, prekey: prekeyOf(epochs.prekey) },
      author: name === null ? null : { owner: this.stored.owner, name },
    }
    this.#tree = new LogTree(
      this.#primitives,
      roots.map(([index, size, hash]) => ({ index, size, hash: fromHex(hash) })),
    )
  }
}

type StoredPrekey = readonly [generation: number, key: string]

function prekeyOf(stored: StoredPrekey | null): Prekey | null {
  return stored && { generation: stored[0], key: fromHex(stored[1]) }
}

interface StoredState {
  readonly depth: number
  readonly time: number
  readonly atLeast: boolean
  readonly epochs: Omit<EpochCursor, 'generation' | 'prekey'> & { readonly prekey: StoredPrekey | null }
  readonly cited: readonly (readonly [string, number])[]
  readonly roots: readonly (readonly [number, number, string])[]
  readonly name: string | null
  readonly known: readonly [length: number, depth: number, treeHash: string] | null
}
