import { fromHex, toHex } from '../../protocol/bytes.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { orderText } from '../../protocol/ordering.ts'
import { needsWriting, type RoomEvent } from '../../protocol/room/event.ts'
import { actOf } from '../../protocol/room/operation.ts'
import type { OperationEvent } from '../../protocol/room/operation-event.ts'
import { isRole, mayWrite, type Role, roles, type Standing } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import { chosenNames } from '../projection/chosen-names.ts'
import type { FoldingLog } from '../projection/folding-log.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { Arrival, ShownAuthor, TimelineSource } from '../projection/timeline.ts'
import type { ViewStore } from '../storage/view-store.ts'
import type { Contacts } from './contacts.ts'

interface PeopleOptions {
  readonly fold: RoomFold
  readonly view: ViewStore
  readonly contacts: Contacts
  /** Who we are, and whether this device still speaks for us. */
  readonly self: Uint8Array
  readonly isRevoked: () => boolean
}

/** The people of a room: who they are, and what they may do there. */
export class RoomPeople {
  readonly #options: PeopleOptions
  readonly #self: string
  #names: ReadonlyMap<string, string> | null = null

  constructor(options: PeopleOptions) {
    this.#options = options
    this.#self = toHex(options.self)
  }

  /** What we are to the room, by all that has arrived here. */
  get standing(): Standing {
    return this.standingOf(this.#self)
  }

  standingOf(identity: string): Standing {
    return this.#options.fold.authority.standingOf(identity)
  }

  /** Who writes a log, or null as long as nothing has let it in. */
  author(log: string): ShownAuthor | null {
    const author = this.#options.fold.logs.get(log)?.folded.author
    if (!author) return null
    const identity = toHex(author.owner.identity)
    const self = identity === this.#self
    return { identity, device: toHex(author.owner.device), name: this.nameOf(identity), self }
  }

  /** How somebody is shown: by the name that one has given them, else by their own. Empty for whom nothing has let in. */
  nameOf(identity: string): string {
    return this.#options.contacts.of(identity).petname ?? this.chosenNameOf(identity)
  }

  /** How somebody calls themselves. */
  chosenNameOf(identity: string): string {
    return this.#chosenNames().get(identity) ?? ''
  }

  /** All but oneself, by identity, with the names that they chose. */
  others(): ReadonlyMap<string, string> {
    return new Map([...this.#chosenNames()].filter(([identity]) => identity !== this.#self))
  }

  /** Names may be others now: by new entries, or because who may what has changed. */
  changed(): void {
    this.#names = null
  }

  /** Throws the problems `device-revoked` and `may-not-write` for an event of this type if it would be hidden. */
  requireWriting(type: RoomEvent['type']): void {
    if (this.#options.isRevoked()) throw new Problem('device-revoked')
    // Our own log may have been lost, and come back; until then nothing speaks of us.
    const isKnown = this.#options.fold.authority.hasHeardOf(this.#self)
    if (isKnown && needsWriting(type) && !mayWrite(this.standing)) throw new Problem('may-not-write')
  }

  /** Throws the problem `not-allowed` for an operation that would not count. */
  requireAct(event: OperationEvent): void {
    const act = actOf(event)
    if (!act || !this.#options.fold.authority.mayAct(this.#self, act)) throw new Problem('not-allowed')
  }

  /** What one may make of somebody, and whether one may remove them. */
  mayDoTo(identity: string): { readonly roles: Role[]; readonly remove: boolean } {
    const { authority } = this.#options.fold
    const self = this.#self
    const standing = this.standingOf(identity)
    const type = isRole(standing) ? 'role-changed' : 'admitted'
    return {
      roles: roles.filter((role) => role !== standing && authority.mayAct(self, { type, identity, role, marks: [] })),
      remove: authority.mayAct(self, { type: 'member-removed', identity, ban: false, marks: [] }),
    }
  }

  /** What the timeline is drawn from. */
  timeline(): TimelineSource {
    const { fold, view } = this.#options
    return {
      view,
      room: fold.number,
      author: (log) => this.author(log),
      nameOf: (identity) => this.nameOf(identity),
      isSelf: (identity) => identity === this.#self,
      fallenAt: (log, index) => {
        const code = fold.authority.fallenAt(log, index)
        return code && protocolErrors[code]
      },
      arrivalOf: (log) => this.#arrivalOf(log),
    }
  }

  #arrivalOf(log: string): Arrival {
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

  #chosenNames(): ReadonlyMap<string, string> {
    const { fold } = this.#options
    this.#names ??= chosenNames(
      fold.logs.values(),
      (log) => this.#nameIn(log),
      ({ folded }) => fold.authority.capOf(folded),
    )
    return this.#names
  }

  /** What the author of a log calls themselves there: of names that are hidden none counts, but for the one that they came with. */
  #nameIn({ row, folded }: FoldingLog): string {
    const { authority } = this.#options.fold
    const { owner, name } = folded.author!
    const isLimited = authority.isLimited(toHex(owner.identity)) || authority.capOf(folded) !== null
    return isLimited ? (this.#options.view.lastName(row) ?? authority.firstNameIn(folded) ?? name) : name
  }
}
