import { toHex } from '../../protocol/bytes.ts'
import { compareOrder } from '../../protocol/ordering.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { ShownAuthor } from '../projection/timeline.ts'

/** Who writes in a room, each in one log or in several. */
export class Authors {
  readonly #fold: RoomFold
  readonly #self: string

  constructor(fold: RoomFold, self: Uint8Array) {
    this.#fold = fold
    this.#self = toHex(self)
  }

  /** Who writes a log, or null as long as nothing has let it in. */
  of(log: string): ShownAuthor | null {
    const author = this.#fold.logs.get(log)?.folded.author
    if (!author) return null
    const identity = toHex(author.owner.identity)
    const device = toHex(author.owner.device)
    return { identity, device, name: this.nameOf(identity), self: identity === this.#self }
  }

  /** How somebody calls themselves, in the log of theirs that ends last; empty for whom nothing has let in. Spec: specs/room.md#folding. */
  nameOf(identity: string): string {
    const ends = [...this.#fold.logs.values()].flatMap(({ folded: { author, cursor, key } }) =>
      author && toHex(author.owner.identity) === identity
        ? [{ name: author.name, order: { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 } }]
        : [],
    )
    return ends.sort((a, b) => compareOrder(a.order, b.order)).at(-1)?.name ?? ''
  }
}
