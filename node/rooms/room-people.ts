import { fromHex, toHex } from '../../protocol/bytes.ts'
import { orderText } from '../../protocol/ordering.ts'
import { chosenNames } from '../projection/chosen-names.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { Arrival, ShownAuthor } from '../projection/timeline.ts'
import type { ViewStore } from '../storage/view-store.ts'
import type { Contacts } from './contacts.ts'

interface PeopleOptions {
  readonly fold: RoomFold
  readonly view: ViewStore
  readonly contacts: Contacts
  /** Who we are. */
  readonly self: Uint8Array
}

/** The people of a room, each with one log or with several. */
export class RoomPeople {
  readonly #options: PeopleOptions
  readonly #self: string
  #names: ReadonlyMap<string, string> | null = null

  constructor(options: PeopleOptions) {
    this.#options = options
    this.#self = toHex(options.self)
  }

  /** Who writes a log, or null as long as nothing has let it in. */
  author(log: string): ShownAuthor | null {
    const author = this.#options.fold.logs.get(log)?.folded.author
    if (!author) return null
    const identity = toHex(author.owner.identity)
    const device = toHex(author.owner.device)
    return { identity, device, name: this.nameOf(identity), self: identity === this.#self }
  }

  /** How a member is shown: by the name that one has given them, else by their own. Empty for whom nothing has let in. */
  nameOf(identity: string): string {
    return this.#options.contacts.of(identity).petname ?? this.chosenNameOf(identity)
  }

  /** How a member calls themselves. */
  chosenNameOf(identity: string): string {
    return this.#chosen().get(identity) ?? ''
  }

  /** The members but oneself, by identity, with the names that they chose. */
  others(): ReadonlyMap<string, string> {
    return new Map([...this.#chosen()].filter(([identity]) => identity !== this.#self))
  }

  arrivalOf(log: string): Arrival {
    const { fold, view } = this.#options
    if (fold.logs.get(log)!.stored.owner.generation > 0) return 'log-joined'
    const identity = this.author(log)?.identity
    const began = (key: string) => {
      const row = view.entry(fold.logs.get(key)!.row, 0)
      return row ? orderText({ depth: row.depth, time: row.time, log: fromHex(key), index: 0 }) : null
    }
    const start = began(log) ?? ''
    const others = [...fold.logs.keys()].filter((key) => key !== log && this.author(key)?.identity === identity)
    return others.some((key) => (began(key) ?? start) < start) ? 'device-joined' : 'joined'
  }

  /** Entries have come in: somebody may be called something else. */
  changed(): void {
    this.#names = null
  }

  #chosen(): ReadonlyMap<string, string> {
    this.#names ??= chosenNames(this.#options.fold.logs.values())
    return this.#names
  }
}
