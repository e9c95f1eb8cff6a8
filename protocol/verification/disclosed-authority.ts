import { equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError, protocolErrors } from '../errors.ts'
import type { Citation } from '../log/entry.ts'
import { type LogRoots, treeHash } from '../log/hypercore.ts'
import type { OrderKey } from '../ordering.ts'
import { needsWriting } from '../room/event.ts'
import type { Author, FoldedEntry } from '../room/fold-log.ts'
import { genesisIn } from '../room/genesis.ts'
import { beginningOf, type Operation, operationId, operationOf } from '../room/operation.ts'
import type { ResolvedRoom } from '../room/resolved-room.ts'
import { RoomResolver } from '../room/room-resolver.ts'
import type { FallenOperation } from './report.ts'

/** A name that somebody took in one of their logs. */
interface TakenName {
  readonly index: number
  readonly name: string
}

/** The operations and names in a file, and what they come to. */
export class DisclosedAuthority {
  readonly #genesis: Uint8Array
  readonly #primitives: Primitives
  readonly #operations: Operation[] = []
  readonly #names = new Map<string, TakenName[]>()

  constructor(genesis: Uint8Array, primitives: Primitives) {
    this.#genesis = genesis
    this.#primitives = primitives
  }

  /** Keep what an entry says of names and rights. `rootsAt`: the peaks over a log's first blocks, where they are here. */
  note(
    { event, order: { log, index } }: FoldedEntry,
    author: Author | null,
    block: Uint8Array,
    rootsAt: (log: string, length: number) => LogRoots | undefined,
  ): readonly ProtocolError[] {
    if (!event || !author) return []
    if ('as' in event) {
      const names = this.#names.get(toHex(log)) ?? []
      this.#names.set(toHex(log), [...names, { index, name: event.as }])
    }
    const id = operationId(log, index, block, this.#primitives)
    const operation = operationOf(event, { id, log, index, author: author.owner.identity })
    if (operation) this.#operations.push(operation)
    const marks = 'marks' in event ? event.marks : []
    return marks
      .filter((mark) => this.#differs(mark, rootsAt))
      .map(({ log: of }) => new ProtocolError('authority/mark', toHex(of)))
  }

  #differs(mark: Citation, rootsAt: (log: string, length: number) => LogRoots | undefined): boolean {
    const roots = rootsAt(toHex(mark.log), mark.length)
    return roots !== undefined && !equalBytes(treeHash(roots, this.#primitives), mark.treeHash)
  }

  get operations(): readonly Operation[] {
    return this.#operations
  }

  resolve(): ResolvedAuthority {
    // Where the genesis is none, no log has an author, and there is nothing to resolve.
    const genesis = genesisIn(this.#genesis)
    if (!genesis) return nobody
    const resolver = new RoomResolver(beginningOf(genesis), this.#operations)
    const room = resolver.resolve()
    const { nodes, missing } = resolver.dag
    const fallen = [...room.fallen, ...room.refused].map(([node, code]): FallenOperation => {
      const { log, index } = nodes[node]!
      return { where: `${log}/${index}`, code, text: protocolErrors[code] }
    })
    fallen.sort((a, b) => (a.where < b.where ? -1 : 1))
    return {
      fallen,
      missing: missing.length,
      standingOf: (identity) => room.standingOf(identity),
      isHidden: (author, { log, index }, type) => isHidden(room, author, toHex(log), index, type),
      nameOf: (author, log) => this.#nameOf(room, author, toHex(log)),
    }
  }

  /** The last name that is shown; the first one where none is. */
  #nameOf(room: ResolvedRoom, author: Author, log: string): string {
    const names = this.#names.get(log)!
    const shown = names.filter(({ index }) => !isHidden(room, author, log, index, 'name-changed'))
    return (shown.at(-1) ?? names[0]!).name
  }
}

/** What the operations of a file come to. */
export interface ResolvedAuthority {
  readonly fallen: readonly FallenOperation[]
  /** How many operations are named that are not here. */
  readonly missing: number
  standingOf(identity: string): string
  /** Whether an entry is not shown, for want of the right to write it. `type` is its event's. */
  isHidden(author: Author, place: Pick<OrderKey, 'log' | 'index'>, type: string): boolean
  nameOf(author: Author, log: Uint8Array): string
}

const nobody: ResolvedAuthority = {
  fallen: [],
  missing: 0,
  standingOf: () => 'none',
  isHidden: () => true,
  nameOf: ({ name }) => name,
}

function isHidden(room: ResolvedRoom, { owner }: Author, log: string, index: number, type: string): boolean {
  // Why an operation does not count is told of the operation.
  if (!needsWriting(type) && type !== 'name-changed') return false
  return room.hidingOf(toHex(owner.identity), { log, index, needsWriting: needsWriting(type) }) !== null
}
