import { toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { OpenedHeader } from '../log/entry.ts'
import { isWithheld, type Opened } from '../log/opened.ts'
import { compareOrder, type OrderKey } from '../ordering.ts'
import type { Author, FoldedEntry, Reading } from '../room/fold-log.ts'
import { DisclosedAuthority, type ResolvedAuthority } from './disclosed-authority.ts'
import { entryId } from './findings.ts'
import type { Report, ReportedMessage } from './report.ts'
import type { Witnesses } from './witnesses.ts'

/** A message without a flaw. */
interface HeardMessage {
  readonly order: OrderKey
  readonly time: number
  /** Null where it is withheld. */
  readonly text: string | null
  readonly placed: boolean
}

/** Of which log an entry is, and whether its place in the order was checked. */
interface HeardIn {
  readonly generation: number
  readonly isPlaced: boolean
}

/** What the entries of a file say to people. */
export class Heard {
  readonly authority: DisclosedAuthority
  roomName = ''
  /** How many are of a kind of a later version. */
  unknown = 0
  /** How many entries were read how far. */
  readonly read: Record<Reading, number> = { whole: 0, header: 0, locked: 0, failed: 0 }
  /** Of those without their body, how many could change who may what. */
  withheldAuthority = 0
  /** Where each entry stands, and of which type it is. */
  readonly #said: { readonly order: OrderKey; readonly type: string }[] = []
  readonly #messages: HeardMessage[] = []

  constructor(genesis: Uint8Array, primitives: Primitives) {
    this.authority = new DisclosedAuthority(genesis, primitives)
  }

  /** Take in one entry, as far as it was opened. */
  hear(entry: FoldedEntry, opened: Opened, where: HeardIn): void {
    this.read[entry.read]++
    this.#hearEvent(entry, where)
    if (isWithheld(opened)) this.#hearHeader(entry, opened, where)
  }

  #hearEvent({ event, flaws, order, time }: FoldedEntry, { generation, isPlaced }: HeardIn): void {
    if (!event) return
    // Only the owner can have made the room, and only their first log says what it is called.
    if (event.type === 'room-created' && generation === 0) this.roomName = event.name
    if (event.type === 'unknown') this.unknown++
    this.#said.push({ order, type: event.type })
    if (event.type !== 'message-sent' || flaws.length > 0) return
    this.#messages.push({ order, time, text: event.text, placed: isPlaced })
  }

  /** An entry without its body still says where it stands, when it was written, and whether it is a message. */
  #hearHeader({ event, flaws, order, time }: FoldedEntry, { header, frame }: OpenedHeader, where: HeardIn): void {
    if (frame.class === 'authority') this.withheldAuthority++
    if (event || flaws.some(({ code }) => !/^(ordering|epoch)\//.test(code))) return
    this.#said.push({ order, type: header.kind })
    if (header.kind !== 'message-sent' || flaws.length > 0) return
    this.#messages.push({ order, time, text: null, placed: where.isPlaced })
  }

  /** The messages that their authors had the right to write, in display order. `authors`: by log. */
  messages(
    authors: ReadonlyMap<string, Author | null>,
    names: ReadonlyMap<string, string>,
    authority: ResolvedAuthority,
    witnesses: Witnesses,
  ): ReportedMessage[] {
    return [...this.#messages]
      .sort((a, b) => compareOrder(a.order, b.order))
      .flatMap(({ order, time, text, placed }): ReportedMessage[] => {
        const by = authors.get(toHex(order.log))
        if (!by || authority.isRevoked(order, 'message-sent') || authority.isHidden(by, order, 'message-sent'))
          return []
        const author = toHex(by.owner.identity)
        const witnessed = witnesses.of(toHex(order.log), order.index)
        return [{ id: entryId(order), author, name: names.get(author)!, text, time, placed, witnessed }]
      })
  }

  /** How many entries are not shown, for they are of a device that was revoked. */
  revoked(authors: ReadonlyMap<string, Author | null>, authority: ResolvedAuthority): number {
    return this.#said.filter(({ order, type }) => authors.get(toHex(order.log)) && authority.isRevoked(order, type))
      .length
  }

  /** How many others are not shown, for want of the right to write them. */
  hidden(authors: ReadonlyMap<string, Author | null>, authority: ResolvedAuthority): number {
    return this.#said.filter(({ order, type }) => {
      const by = authors.get(toHex(order.log))
      return by ? authority.isHidden(by, order, type) : false
    }).length
  }
}

/** How many of a file's entries were read whole, to their header, or not at all. */
export function readOf({ read }: Pick<Heard, 'read'>, entries: number): Report['read'] {
  return { whole: read.whole, header: read.header, none: entries - read.whole - read.header }
}
