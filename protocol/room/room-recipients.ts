import { toHex } from '../bytes.ts'
import { type Announced, type Reader, readersAt } from '../epoch/recipients.ts'
import type { Citation } from '../log/entry.ts'
import type { Operation, RoomBeginning } from './operation.ts'
import { isRole } from './rights.ts'
import { RoomResolver } from './room-resolver.ts'

/** A log as far as it says who could be sealed to. */
interface Line {
  length: number
  /** What each entry cites, in the order of the entries. */
  readonly citations: { readonly index: number; readonly log: string; readonly length: number }[]
  /** The first entry of which it is not known what it cites. */
  unread: number
  member: { readonly device: string; readonly identity: string } | null
}

/** Who could be sealed to at an entry. `isWhole`: whether everything that the entry follows is here, and was read. */
export interface RoomReaders {
  readonly readers: readonly Reader[]
  readonly isWhole: boolean
}

/**
 * Who could be sealed to at any entry of a room, out of nothing but its entries: the same in whatever order they come.
 *
 * The entries of each log are taken in in their order. What an entry follows is found by walking citations. Whoever asks about one log in the
 * order of its entries walks each citation once; so for all logs that is the citations times the logs that are asked about, and no entry keeps
 * a vector. Spec: specs/encryption.md#recipients.
 */
export class RoomRecipients {
  readonly #beginning: RoomBeginning
  readonly #lines = new Map<string, Line>()
  readonly #announced: Announced[] = []
  readonly #operations: Operation[] = []
  readonly #pasts = new Map<string, Past>()
  readonly #active = new Map<string, ReadonlySet<string>>()

  constructor(beginning: RoomBeginning) {
    this.#beginning = beginning
  }

  /** The next entry of a log cites these heads; null: there is no key that would tell. One that was taken in already is passed over. */
  addEntry(log: Uint8Array, index: number, heads: readonly Citation[] | null): void {
    const line = this.#line(toHex(log))
    if (index < line.length) return
    line.length = index + 1
    if (heads === null) line.unread = Math.min(line.unread, index)
    for (const head of heads ?? []) line.citations.push({ index, log: toHex(head.log), length: head.length })
  }

  /** A log was let in: it is written by this device of this identity. */
  addMember(
    log: Uint8Array,
    { device, identity }: { readonly device: Uint8Array; readonly identity: Uint8Array },
  ): void {
    this.#line(toHex(log)).member = { device: toHex(device), identity: toHex(identity) }
    this.#active.clear()
  }

  addPrekey(announced: Announced): void {
    this.#announced.push(announced)
  }

  addOperation(operation: Operation): void {
    this.#operations.push(operation)
    this.#active.clear()
  }

  /** Who could be sealed to in entry `index` of a log, by all that it follows. */
  readersAt(log: Uint8Array, index: number): RoomReaders {
    const past = this.#pastOf(toHex(log), index + 1)
    const isWhole = past.isWhole(this.#lines)
    // What comes later may fill it.
    if (!isWhole) this.#pasts.delete(toHex(log))
    return { readers: readersAt(past.lengths, this.#activeIn(past), this.#announced), isWhole }
  }

  #line(log: string): Line {
    let line = this.#lines.get(log)
    if (!line) {
      line = { length: 0, citations: [], unread: Number.POSITIVE_INFINITY, member: null }
      this.#lines.set(log, line)
    }
    return line
  }

  #pastOf(log: string, length: number): Past {
    let past = this.#pasts.get(log)
    if (!past || (past.lengths.get(log) ?? 0) > length) {
      past = new Past()
      this.#pasts.set(log, past)
    }
    past.extend(log, length, this.#lines)
    return past
  }

  /** Devices of those who have a role by the operations in a past. */
  #activeIn({ lengths }: Past): ReadonlySet<string> {
    const known = this.#operations.filter(({ log, index }) => index < (lengths.get(log) ?? 0))
    const id = known
      .map(({ id: operation }) => operation)
      .sort()
      .join()
    let active = this.#active.get(id)
    if (!active) {
      active = this.#resolve(known)
      this.#active.set(id, active)
    }
    return active
  }

  #resolve(operations: readonly Operation[]): ReadonlySet<string> {
    const room = new RoomResolver(this.#beginning, operations).resolve()
    const members = [...this.#lines.values()].flatMap(({ member }) => member ?? [])
    return new Set(members.flatMap(({ device, identity }) => (isRole(room.standingOf(identity)) ? device : [])))
  }
}

/** What an entry follows: so many entries of each log, by key in hex. It only grows. */
class Past {
  readonly lengths = new Map<string, number>()
  /** How many citations of each log were walked. */
  readonly #walked = new Map<string, number>()

  extend(log: string, length: number, lines: ReadonlyMap<string, Line>): void {
    const open = [{ log, length }]
    for (let next = open.pop(); next; next = open.pop()) {
      if (next.length <= (this.lengths.get(next.log) ?? 0)) continue
      this.lengths.set(next.log, next.length)
      const { citations } = lines.get(next.log) ?? { citations: [] }
      let walked = this.#walked.get(next.log) ?? 0
      while (walked < citations.length && citations[walked]!.index < next.length) {
        const cited = citations[walked++]!
        // Nobody follows what they have not written yet.
        if (cited.log !== next.log) open.push(cited)
      }
      this.#walked.set(next.log, walked)
    }
  }

  isWhole(lines: ReadonlyMap<string, Line>): boolean {
    return [...this.lengths].every(([log, length]) => {
      const line = lines.get(log)
      return line !== undefined && length <= Math.min(line.length, line.unread)
    })
  }
}
