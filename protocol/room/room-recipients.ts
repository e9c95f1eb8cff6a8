import { fromHex, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Prekey } from '../epoch/prekey.ts'
import type { Reader } from '../epoch/recipients.ts'
import { capOf, type Identity } from '../identity/identity.ts'
import { KnownIdentities } from '../identity/known-identities.ts'
import type { PlacedStatement } from '../identity/resolve-statements.ts'
import { type IdentityStatement, identityId } from '../identity/statement.ts'
import type { Citation } from '../log/entry.ts'
import type { LogOwner } from '../log/hypercore.ts'
import type { Operation, RoomBeginning } from './operation.ts'
import { isRole } from './rights.ts'
import { RoomResolver } from './room-resolver.ts'

/** A log as far as it says who could be sealed to. */
class Line {
  readonly log: Uint8Array
  length = 0
  /** Of each citation the index of the entry, the number of the log that it cites, and the length; in the order of the entries. */
  readonly citations: number[] = []
  /** The first entry of which it is not known what it cites. */
  unread = Number.POSITIVE_INFINITY
  member: Pick<LogOwner, 'device' | 'identity'> | null = null
  readonly prekeys: { readonly index: number; readonly generation: number }[] = []
  readonly operations: Operation[] = []
  readonly statements: { readonly index: number; readonly identity: string; readonly placed: PlacedStatement[] }[] = []

  constructor(log: Uint8Array) {
    this.log = log
  }
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
  readonly #primitives: Primitives
  readonly #identities: KnownIdentities
  readonly #numbers = new Map<string, number>()
  readonly #lines: Line[] = []
  /** What the last entry of each log that was asked about follows, by the number of the log. */
  readonly #pasts = new Map<number, Past>()
  /** Identities that have a role, by the operations that say so, and what of them is revoked. */
  readonly #active = new Map<string, ReadonlySet<string>>()

  constructor(beginning: RoomBeginning, primitives: Primitives) {
    this.#beginning = beginning
    this.#primitives = primitives
    this.#identities = new KnownIdentities(primitives)
  }

  /** The next entry of a log cites these heads; null: there is no key that would tell. One that was taken in already is passed over. */
  addEntry(log: Uint8Array, index: number, heads: readonly Citation[] | null): void {
    const line = this.#line(log)
    if (index < line.length) return
    line.length = index + 1
    if (heads === null) line.unread = Math.min(line.unread, index)
    for (const head of heads ?? []) line.citations.push(index, this.#numberOf(head.log), head.length)
  }

  /** A log was let in: it is written by this device of this identity. */
  addMember(log: Uint8Array, owner: Pick<LogOwner, 'device' | 'identity'>): void {
    this.#line(log).member = owner
  }

  /** A prekey was announced at an index of the log of its device. */
  addPrekey(log: Uint8Array, index: number, { generation }: Pick<Prekey, 'generation'>): void {
    this.#line(log).prekeys.push({ index, generation })
  }

  /** Statements of one identity stand at an index of a log; they were found to be signed as they must be. */
  addStatements(log: Uint8Array, index: number, statements: readonly IdentityStatement[]): void {
    const [first] = statements
    if (!first) return
    this.#identities.add(statements)
    const placed = this.#identities.placedAmong(statements)
    this.#line(log).statements.push({ index, identity: toHex(identityId(first, this.#primitives)), placed })
  }

  addOperation(log: Uint8Array, operation: Operation): void {
    this.#line(log).operations.push(operation)
  }

  /** Who could be sealed to in entry `index` of a log, by all that it follows. */
  readersAt(log: Uint8Array, index: number): RoomReaders {
    const number = this.#numberOf(log)
    const past = this.#pastOf(number, index + 1)
    const isWhole = past.isWhole(this.#lines)
    // What comes later may fill it.
    if (isWhole) this.#pasts.set(number, past)
    else this.#pasts.delete(number)
    return { readers: this.#readersIn(past), isWhole }
  }

  #numberOf(log: Uint8Array): number {
    const key = toHex(log)
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#lines.push(new Line(log)) - 1
      this.#numbers.set(key, number)
    }
    return number
  }

  #line(log: Uint8Array): Line {
    return this.#lines[this.#numberOf(log)]!
  }

  #pastOf(log: number, length: number): Past {
    const known = this.#pasts.get(log)
    const past = known && known.lengthOf(log) <= length ? known : new Past()
    past.extend(log, length, this.#lines)
    return past
  }

  #readersIn(past: Past): readonly Reader[] {
    const diminished = this.#diminishedIn(past)
    const active = this.#activeIn(past, diminished)
    const newest = new Map<string, Reader>()
    for (const [log, line] of this.#lines.entries()) {
      const { member, prekeys } = line
      if (!member || !active.has(toHex(member.identity)) || capIn(diminished, line) !== null) continue
      const known = prekeys.filter(({ index }) => index < past.lengthOf(log))
      const device = toHex(member.device)
      for (const { generation } of known) {
        const before = newest.get(device)
        if (!before || generation > before.generation) newest.set(device, { device: member.device, generation })
      }
    }
    return [...newest.values()]
  }

  /** What those who have lost devices come to by the statements in a past. Of all others, every device speaks for them. */
  #diminishedIn(past: Past): Diminished {
    const lost = this.#identities.ids().filter((id) => this.#identities.isDiminished(id))
    return new Map(
      lost.flatMap((id) => {
        const placed = this.#lines.flatMap(({ statements }, log) =>
          statements
            .filter((each) => each.identity === id && each.index < past.lengthOf(log))
            .flatMap((each) => each.placed),
        )
        const identity = this.#identities.among(id, placed)
        return identity ? [[id, identity] as const] : []
      }),
    )
  }

  #isBehindCap({ log, index }: Operation, diminished: Diminished): boolean {
    if (diminished.size === 0) return false
    const cap = capIn(diminished, this.#line(fromHex(log)))
    return cap !== null && index >= cap
  }

  /** Identities that have a role by the operations in a past. */
  #activeIn(past: Past, diminished: Diminished): ReadonlySet<string> {
    const operations = this.#lines.flatMap((line, log) =>
      line.operations.filter(({ index }) => index < past.lengthOf(log)),
    )
    const revoked = new Set(operations.filter((each) => this.#isBehindCap(each, diminished)).map((each) => each.id))
    const id = operations
      .map((each) => (revoked.has(each.id) ? `-${each.id}` : each.id))
      .sort()
      .join()
    let active = this.#active.get(id)
    if (!active) {
      const room = new RoomResolver(this.#beginning, operations, new Map(), (each) => revoked.has(each.id)).resolve()
      active = new Set([...room.people()].filter((identity) => isRole(room.standingOf(identity))))
      this.#active.set(id, active)
    }
    return active
  }
}

/** Identities that have lost a device, by id. */
type Diminished = ReadonlyMap<string, Identity>

/** How many entries of a log count; null: all. */
function capIn(diminished: Diminished, { member, log }: Line): number | null {
  const identity = member && diminished.get(toHex(member.identity))
  return identity ? capOf(identity, member.device, log) : null
}

/** What an entry follows: so many entries of each log, by the number of the log. It only grows. */
class Past {
  readonly #lengths: number[] = []
  /** Up to where the citations of each log were walked. */
  readonly #walked: number[] = []

  lengthOf(log: number): number {
    return this.#lengths[log] ?? 0
  }

  extend(log: number, length: number, lines: readonly Line[]): void {
    const open = this.#reach(log, length) ? [log] : []
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { citations } = lines[next]!
      const end = this.lengthOf(next)
      let at = this.#walked[next] ?? 0
      for (; at < citations.length && citations[at]! < end; at += 3) {
        const cited = citations[at + 1]!
        // Nobody follows what they have not written yet.
        if (cited !== next && this.#reach(cited, citations[at + 2]!)) open.push(cited)
      }
      this.#walked[next] = at
    }
  }

  /** Answers whether that is further than before. */
  #reach(log: number, length: number): boolean {
    if (length <= this.lengthOf(log)) return false
    this.#lengths[log] = length
    return true
  }

  isWhole(lines: readonly Line[]): boolean {
    return lines.every((line, log) => this.lengthOf(log) <= Math.min(line.length, line.unread))
  }
}
