import { equalBytes, fromHex, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError, protocolErrors } from '../errors.ts'
import { KnownIdentities } from '../identity/known-identities.ts'
import type { IdentityStatement, LogCap } from '../identity/statement.ts'
import type { Citation } from '../log/entry.ts'
import { type LogOwner, type LogRoots, treeHash } from '../log/hypercore.ts'
import type { OrderKey } from '../ordering.ts'
import { needsWriting, statementsIn } from '../room/event.ts'
import type { Author, FoldedEntry } from '../room/fold-log.ts'
import { genesisIn } from '../room/genesis.ts'
import { beginningOf, type Operation, operationId, operationOf } from '../room/operation.ts'
import type { ResolvedRoom } from '../room/resolved-room.ts'
import type { Standing } from '../room/rights.ts'
import { RoomResolver } from '../room/room-resolver.ts'
import type { FallenOperation } from './report.ts'

/** A name that somebody took in one of their logs. */
interface TakenName {
  readonly index: number
  readonly name: string
}

/** The operations, identity statements and names in a file, and what they come to. */
export class DisclosedAuthority {
  readonly #genesis: Uint8Array
  readonly #primitives: Primitives
  readonly #operations: Operation[] = []
  readonly #identities: KnownIdentities
  /** Where the operations stand. */
  readonly #places = new Set<string>()
  /** Who writes each log that was let in. */
  readonly #owners = new Map<string, LogOwner>()
  readonly #names = new Map<string, TakenName[]>()
  /** How many entries of each log count; null: all. Known after `resolve`. */
  #caps: ReadonlyMap<string, number | null> = new Map()

  constructor(genesis: Uint8Array, primitives: Primitives) {
    this.#genesis = genesis
    this.#primitives = primitives
    this.#identities = new KnownIdentities(primitives)
  }

  /** Keep what an entry says of names, devices and rights. `rootsAt`: the peaks over a log's first blocks, where they are here. */
  note(
    { event, order: { log, index } }: FoldedEntry,
    author: Author | null,
    block: Uint8Array,
    rootsAt: (log: string, length: number) => LogRoots | undefined,
  ): readonly ProtocolError[] {
    if (!event || !author) return []
    this.#owners.set(toHex(log), author.owner)
    if ('as' in event) {
      const names = this.#names.get(toHex(log)) ?? []
      this.#names.set(toHex(log), [...names, { index, name: event.as }])
    }
    const id = operationId(log, index, block, this.#primitives)
    const operation = operationOf(event, { id, log, index, author: author.owner.identity })
    if (operation) {
      this.#operations.push(operation)
      this.#places.add(`${operation.log}/${index}`)
    }
    const differing = (code: 'authority/mark' | 'identity/cap', heads: readonly Citation[]) =>
      heads.filter((head) => this.#differs(head, rootsAt)).map((head) => new ProtocolError(code, toHex(head.log)))
    const marks = 'marks' in event ? event.marks : []
    return [...differing('authority/mark', marks), ...differing('identity/cap', this.#learn(statementsIn(event)))]
  }

  /** Keep identity statements, and answer the caps that they name. */
  #learn(statements: readonly IdentityStatement[]): readonly LogCap[] {
    if (statements.length === 0) return []
    this.#identities.add(statements)
    const said = this.#identities.placedAmong(statements).map(({ statement }) => statement)
    return said.flatMap((statement) => (statement.type === 'device-revoked' ? statement.caps : []))
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
    this.#caps = new Map([...this.#owners].map(([log, owner]) => [log, this.#identities.capOf(owner, fromHex(log))]))
    const isRevoked = ({ log, index }: Operation) => index >= this.#capOf(log)
    const resolver = new RoomResolver(beginningOf(genesis), this.#operations, new Map(), isRevoked)
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
      capOf: (log) => this.#capOf(toHex(log)),
      isRevoked: ({ log, index }, type) => this.#isRevoked(toHex(log), index, type),
      isHidden: (author, { log, index }, type) =>
        !this.#isRevoked(toHex(log), index, type) && isHidden(room, author, toHex(log), index, type),
      nameOf: (author, log) => this.#nameOf(room, author, toHex(log)),
    }
  }

  #capOf(log: string): number {
    return this.#caps.get(log) ?? Number.POSITIVE_INFINITY
  }

  #isRevoked(log: string, index: number, type: string): boolean {
    // The room has begun, whatever became of the device; and of an operation it is told why it does not count.
    return index >= this.#capOf(log) && type !== 'room-created' && !this.#places.has(`${log}/${index}`)
  }

  /** The last name that is shown; the first one where none is. */
  #nameOf(room: ResolvedRoom, author: Author, log: string): string {
    const names = this.#names.get(log)!
    const cap = this.#capOf(log)
    const shown = names.filter(({ index }) => index < cap && !isHidden(room, author, log, index, 'name-changed'))
    return (shown.at(-1) ?? names[0]!).name
  }
}

/** What the operations of a file come to. */
export interface ResolvedAuthority {
  readonly fallen: readonly FallenOperation[]
  /** How many operations are named that are not here. */
  readonly missing: number
  standingOf(identity: string): Standing
  /** How many entries of a log count; infinite as long as its device speaks for its author. */
  capOf(log: Uint8Array): number
  /** Whether an entry is not shown, for it is of a device that was revoked. `type` is its event's. */
  isRevoked(place: Pick<OrderKey, 'log' | 'index'>, type: string): boolean
  /** Whether an entry is not shown, for want of the right to write it. `type` is its event's. */
  isHidden(author: Author, place: Pick<OrderKey, 'log' | 'index'>, type: string): boolean
  nameOf(author: Author, log: Uint8Array): string
}

const nobody: ResolvedAuthority = {
  fallen: [],
  missing: 0,
  standingOf: () => 'none',
  capOf: () => Number.POSITIVE_INFINITY,
  isRevoked: () => false,
  isHidden: () => true,
  nameOf: ({ name }) => name,
}

function isHidden(room: ResolvedRoom, { owner }: Author, log: string, index: number, type: string): boolean {
  // Why an operation does not count is told of the operation.
  if (!needsWriting(type) && type !== 'name-changed') return false
  return room.hidingOf(toHex(owner.identity), { log, index, needsWriting: needsWriting(type) }) !== null
}
