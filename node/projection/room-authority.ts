import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { ProtocolErrorCode } from '../../protocol/errors.ts'
import { KnownIdentities } from '../../protocol/identity/known-identities.ts'
import { identityId } from '../../protocol/identity/statement.ts'
import type { LogOwner } from '../../protocol/log/hypercore.ts'
import {
  decodeEvent,
  isOperation,
  needsWriting,
  type RoomEvent,
  statementsIn,
  type UnknownEvent,
} from '../../protocol/room/event.ts'
import type { FoldedLog } from '../../protocol/room/fold-log.ts'
import { type Operation, operationOf, type RoomBeginning } from '../../protocol/room/operation.ts'
import { provingOperations } from '../../protocol/room/proving-operations.ts'
import type { InviteState } from '../../protocol/room/resolve-invites.ts'
import type { ResolvedRoom } from '../../protocol/room/resolved-room.ts'
import { mayAct, type RoomAct, type Standing } from '../../protocol/room/rights.ts'
import { type Judgements, RoomResolver } from '../../protocol/room/room-resolver.ts'
import type { OperationRow } from '../storage/view-rows.ts'
import type { FoldingLog } from './folding-log.ts'

/** An entry that says something, and who wrote it. */
export interface NotedEntry {
  readonly owner: LogOwner
  readonly log: Uint8Array
  readonly index: number
  /** As an operation. */
  readonly id: Uint8Array
  readonly event: RoomEvent | UnknownEvent
}

/** Where an entry stands. */
export type EntryAt = Pick<Operation, 'log' | 'index'>

/** Why an entry is not shown: what its author was to the room there; or that its device was revoked, and this is behind its cap. */
export type HiddenAs = Standing | 'revoked'

/** Whether an event says something of rights or devices. */
export function concernsAuthority(event: NotedEntry['event']): boolean {
  return isOperation(event) || statementsIn(event).length > 0
}

/** Who may what in a room, and by which devices, by what was folded so far. */
export class RoomAuthority {
  readonly #beginning: RoomBeginning
  readonly #primitives: Primitives
  readonly #operations = new Map<string, Operation>()
  readonly #places = new Set<string>()
  /** Who writes the logs in which operations stand. */
  readonly #owners = new Map<string, LogOwner>()
  /** Where identities were updated, by identity. */
  readonly #updates = new Map<string, EntryAt[]>()
  /** The name that each log came with. */
  readonly #firstNames = new Map<string, string>()
  readonly #limits = new Map<string, string>()
  #identities: KnownIdentities
  #judgements: Judgements = new Map()
  /** The operations behind caps that the judgements hold for. */
  #revoked = ''
  #resolver: RoomResolver
  #room: ResolvedRoom
  #fallen: ReadonlyMap<string, ProtocolErrorCode> = new Map()
  #isNew = false

  constructor(beginning: RoomBeginning, primitives: Primitives) {
    this.#beginning = beginning
    this.#primitives = primitives
    this.#identities = new KnownIdentities(primitives)
    this.#resolver = new RoomResolver(beginning, [])
    this.#room = this.#resolver.resolve()
  }

  /** What the room has heard of identities and their devices. */
  get identities(): KnownIdentities {
    return this.#identities
  }

  /** Forget everything, and begin with these. */
  restore(entries: readonly NotedEntry[]): void {
    const kept = [this.#operations, this.#places, this.#owners, this.#updates, this.#firstNames, this.#limits]
    for (const each of kept) each.clear()
    this.#identities = new KnownIdentities(this.#primitives)
    this.#judgements = new Map()
    for (const entry of entries) this.#keep(entry)
    this.#resolve()
    for (const identity of this.#known()) this.#limits.set(identity, this.#limitsOf(identity))
  }

  /** Keep what an entry says of rights or devices: it counts from the next `settle` on. */
  note(entry: NotedEntry): void {
    this.#keep(entry)
  }

  /** Let what is new count; answers of whom other entries are shown now. Null: nothing is new. */
  settle(): ReadonlySet<string> | null {
    if (!this.#isNew) return null
    this.#resolve()
    const changed = new Set<string>()
    for (const identity of this.#known()) {
      const limits = this.#limitsOf(identity)
      if (this.#limits.get(identity) === limits) continue
      this.#limits.set(identity, limits)
      changed.add(identity)
    }
    return changed
  }

  get people(): ReadonlySet<string> {
    return this.#room.people()
  }

  get invites(): ReadonlyMap<string, InviteState> {
    return this.#room.invites
  }

  standingOf(identity: string): Standing {
    return this.#room.standingOf(identity)
  }

  /** Whether an operation speaks of somebody. */
  hasHeardOf(identity: string): boolean {
    return this.#room.people().has(identity)
  }

  isLimited(identity: string): boolean {
    return this.#room.isLimited(identity)
  }

  /** Who let somebody in: whoever admitted them last, else whoever made the invite that they came by. */
  letInBy(identity: string): string {
    const operations = [...this.#operations.values()]
    const admitted = operations.findLast(({ act }) => act.type === 'admitted' && act.identity === identity)
    if (admitted) return admitted.author
    const joined = operations.find(({ author, act }) => author === identity && act.type === 'joined')?.act
    const invite = joined?.type === 'joined' ? this.#room.invites.get(joined.invite) : undefined
    return invite?.by ?? this.#beginning.owner
  }

  mayComeBy(identity: string, invite: string): boolean {
    return this.#room.mayComeBy(identity, invite)
  }

  mayAct(author: string, act: RoomAct): boolean {
    return mayAct(author, act, this.#room)
  }

  /** How many entries of a log count; null: all, as long as its device speaks for its author. */
  capOf({ key, author }: Pick<FoldedLog, 'key' | 'author'>): number | null {
    return author && this.#identities.capOf(author.owner, key)
  }

  /** The name that the author of a log came with; null where that is not known. */
  firstNameIn({ key }: Pick<FoldedLog, 'key'>): string | null {
    return this.#firstNames.get(toHex(key)) ?? null
  }

  /** Why an entry is not shown; null if nothing keeps it from that. `type`: of its event. */
  hiddenAs({ key, author }: Pick<FoldedLog, 'key' | 'author'>, index: number, type: string): HiddenAs | null {
    if (!author) return null
    const log = toHex(key)
    // Why an operation does not count is told of the operation.
    if (this.#places.has(`${log}/${index}`)) return null
    if (type !== 'room-created' && this.#isBehindCap(author.owner, key, index)) return 'revoked'
    if (type !== 'name-changed' && !needsWriting(type)) return null
    const place = { log, index, needsWriting: needsWriting(type) }
    return this.#room.hidingOf(toHex(author.owner.identity), place)?.standing ?? null
  }

  /** Why the operation at this place does not count; null if it does, or is none. */
  fallenAt(log: string, index: number): ProtocolErrorCode | null {
    return this.#fallen.get(`${log}/${index}`) ?? null
  }

  /** What the next operation in `log` names as known: all that nothing follows yet, but for those of its own log. */
  headsFor(log: string): string[] {
    return this.#resolver.dag.tips().filter((id) => this.#operations.get(id)!.log !== log)
  }

  /** Where the operations stand that say what these people are to the room, and the updates of their devices. */
  proving(people: ReadonlySet<string>): readonly EntryAt[] {
    const operations = provingOperations([...this.#operations.values()], people)
    const authors = new Set([...people, ...operations.map(({ author }) => author)])
    return [...operations, ...[...authors].flatMap((each) => this.#updates.get(each) ?? [])]
  }

  #keep({ owner, log, index, id, event }: NotedEntry): void {
    const statements = statementsIn(event)
    const operation = operationOf(event, { id, log, index, author: owner.identity })
    if (statements.length > 0 && this.#identities.add(statements)) this.#isNew = true
    if (event.type === 'identity-updated') {
      const identity = toHex(identityId(statements[0]!, this.#primitives))
      this.#updates.set(identity, [...(this.#updates.get(identity) ?? []), { log: toHex(log), index }])
    }
    if (event.type === 'room-created' || event.type === 'joined') this.#firstNames.set(toHex(log), event.as)
    if (operation) {
      this.#operations.set(operation.id, operation)
      this.#places.add(`${operation.log}/${index}`)
      this.#owners.set(operation.log, owner)
      this.#isNew = true
    }
  }

  #isBehindCap(owner: LogOwner, log: Uint8Array, index: number): boolean {
    const cap = this.#identities.capOf(owner, log)
    return cap !== null && index >= cap
  }

  /** Everybody of whom anything may be shown. */
  #known(): Set<string> {
    return new Set([...this.#room.people(), ...this.#identities.ids()])
  }

  /** What is different wherever anything of somebody is hidden that was shown, or shown that was hidden. */
  #limitsOf(identity: string): string {
    const known = this.#identities.of(identity)
    const caps = known?.revoked.map(({ device, caps: all }) => [
      toHex(device),
      all.map(({ log, length }) => [toHex(log), length]),
    ])
    return JSON.stringify([this.#room.limitsOf(identity), known?.devices.map(toHex), caps])
  }

  #resolve(): void {
    this.#isNew = false
    const operations = [...this.#operations.values()]
    const behind = operations.filter(({ log, index }) => this.#isBehindCap(this.#owners.get(log)!, fromHex(log), index))
    const revoked = new Set(behind.map(({ id }) => id))
    const key = [...revoked].sort().join()
    // What was judged with an operation that does not count any more, or without one that does again, is judged anew.
    if (key !== this.#revoked) this.#judgements = new Map()
    this.#revoked = key
    this.#resolver = new RoomResolver(this.#beginning, operations, this.#judgements, ({ id }) => revoked.has(id))
    this.#room = this.#resolver.resolve()
    this.#fallen = new Map(
      [...this.#room.fallen, ...this.#room.refused].map(([node, code]) => {
        const { log, index } = this.#resolver.dag.nodes[node]!
        return [`${log}/${index}`, code]
      }),
    )
  }
}

/** What the view store has kept of a room's entries that say something of rights or devices. */
export function storedEntries(rows: readonly OperationRow[], logs: ReadonlyMap<string, FoldingLog>): NotedEntry[] {
  return rows.flatMap(({ log, index, id, kind, body }) => {
    const owner = logs.get(log)?.stored.owner
    return owner ? [{ owner, log: fromHex(log), index, id, event: decodeEvent(kind, 'authority', body) }] : []
  })
}
