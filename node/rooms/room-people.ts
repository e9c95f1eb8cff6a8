import { toHex } from '../../protocol/bytes.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { needsWriting, type RoomEvent } from '../../protocol/room/event.ts'
import { actOf } from '../../protocol/room/operation.ts'
import type { OperationEvent } from '../../protocol/room/operation-event.ts'
import { mayWrite, type Standing } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { ShownAuthor, TimelineSource } from '../projection/timeline.ts'
import type { ViewStore } from '../storage/view-store.ts'

interface PeopleOptions {
  readonly fold: RoomFold
  readonly view: ViewStore
  readonly self: string
}

/** The people of a room: who they are, and what they may do there. */
export class RoomPeople {
  readonly #options: PeopleOptions
  /** By log, of those of whom some names are hidden. */
  readonly #names = new Map<string, string | null>()

  constructor(options: PeopleOptions) {
    this.#options = options
  }

  /** What we are to the room, by all that has arrived here. */
  get standing(): Standing {
    return this.standingOf(this.#options.self)
  }

  standingOf(identity: string): Standing {
    return this.#options.fold.authority.standingOf(identity)
  }

  /** Who writes a log, or null as long as nothing has let it in. */
  author(log: string): ShownAuthor | null {
    const author = this.#options.fold.logs.get(log)?.folded.author
    if (!author) return null
    const identity = toHex(author.owner.identity)
    const self = identity === this.#options.self
    return { identity, device: toHex(author.owner.device), name: this.#shownName(log, identity) ?? author.name, self }
  }

  /** How somebody calls themselves; empty for whom nothing has let in. */
  nameOf(identity: string): string {
    const authors = [...this.#options.fold.logs.keys()].map((log) => this.author(log))
    return authors.find((author) => author?.identity === identity)?.name ?? ''
  }

  /** Throws the problem `may-not-write` for an event that would be hidden. */
  requireWriting(event: RoomEvent): void {
    if (needsWriting(event.type) && !mayWrite(this.standing)) throw new Problem('may-not-write')
  }

  /** Throws the problem `not-allowed` for an operation that would not count. */
  requireAct(event: OperationEvent): void {
    const act = actOf(event)
    if (!act || !this.#options.fold.authority.mayAct(this.#options.self, act)) throw new Problem('not-allowed')
  }

  /** What the timeline is drawn from. `identities`: by device. */
  timeline(identities: ReadonlyMap<string, string>): TimelineSource {
    const { fold, view, self } = this.#options
    return {
      view,
      room: fold.number,
      author: (log) => this.author(log),
      nameOf: (identity) => this.nameOf(identity),
      isSelf: (identity) => identity === self,
      fallenAt: (log, index) => {
        const code = fold.authority.fallenAt(log, index)
        return code && protocolErrors[code]
      },
      identityOf: (device) => identities.get(device) ?? null,
    }
  }

  /** Who may what has changed: names may be shown that were hidden, and the other way round. */
  reset(): void {
    this.#names.clear()
  }

  #shownName(log: string, identity: string): string | null {
    const { fold, view } = this.#options
    if (!fold.authority.isLimited(identity)) return null
    let name = this.#names.get(log)
    if (name === undefined) {
      name = view.lastName(fold.logs.get(log)!.row)
      this.#names.set(log, name)
    }
    return name
  }
}
