import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { ProtocolErrorCode } from '../../protocol/errors.ts'
import { decodeEvent, needsWriting, type RoomEvent, type UnknownEvent } from '../../protocol/room/event.ts'
import type { FoldedLog } from '../../protocol/room/fold-log.ts'
import { type Operation, operationOf, type RoomBeginning } from '../../protocol/room/operation.ts'
import { provingOperations } from '../../protocol/room/proving-operations.ts'
import type { InviteState } from '../../protocol/room/resolve-invites.ts'
import type { ResolvedRoom } from '../../protocol/room/resolved-room.ts'
import { mayAct, type RoomAct, type Standing } from '../../protocol/room/rights.ts'
import { type Judgements, RoomResolver } from '../../protocol/room/room-resolver.ts'
import type { OperationRow } from '../storage/view-rows.ts'
import type { FoldingLog } from './folding-log.ts'

/** Who may what in a room, by the operations that were folded so far. */
export class RoomAuthority {
  readonly #beginning: RoomBeginning
  readonly #operations = new Map<string, Operation>()
  readonly #limits = new Map<string, string>()
  #judgements: Judgements = new Map()
  #resolver: RoomResolver
  #room: ResolvedRoom
  #fallen: ReadonlyMap<string, ProtocolErrorCode> = new Map()
  #isNew = false

  constructor(beginning: RoomBeginning) {
    this.#beginning = beginning
    this.#resolver = new RoomResolver(beginning, [])
    this.#room = this.#resolver.resolve()
  }

  /** Forget all operations, and begin with these. */
  restore(operations: readonly Operation[]): void {
    this.#operations.clear()
    this.#limits.clear()
    this.#judgements = new Map()
    for (const operation of operations) this.#operations.set(operation.id, operation)
    this.#resolve()
    for (const identity of this.#room.people()) this.#limits.set(identity, this.#room.limitsOf(identity))
  }

  /** Keep an event that is an operation: it counts from the next `settle` on. Answers whether it is one. */
  note(
    { key, author }: Pick<FoldedLog, 'key' | 'author'>,
    index: number,
    event: RoomEvent | UnknownEvent,
    id: Uint8Array,
  ): boolean {
    const operation = author && operationOf(event, { id, log: key, index, author: author.owner.identity })
    if (!operation) return false
    this.#operations.set(operation.id, operation)
    this.#isNew = true
    return true
  }

  /** Let new operations count; answers of whom other entries are shown now. Null: nothing is new. */
  settle(): ReadonlySet<string> | null {
    if (!this.#isNew) return null
    this.#resolve()
    const changed = new Set<string>()
    for (const identity of this.#room.people()) {
      const limits = this.#room.limitsOf(identity)
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

  /** What the author of an entry was to the room where it stands, if that keeps it from being shown. `type`: of its event. */
  hiddenAs({ key, author }: Pick<FoldedLog, 'key' | 'author'>, index: number, type: string): Standing | null {
    // Why an operation does not count is told of the operation.
    if (!author || (type !== 'name-changed' && !needsWriting(type))) return null
    const place = { log: toHex(key), index, needsWriting: needsWriting(type) }
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

  /** Where the operations stand that say what these people are to the room. */
  proving(people: ReadonlySet<string>): readonly Pick<Operation, 'log' | 'index'>[] {
    return provingOperations([...this.#operations.values()], people)
  }

  #resolve(): void {
    this.#isNew = false
    this.#resolver = new RoomResolver(this.#beginning, this.#operations.values(), this.#judgements)
    this.#room = this.#resolver.resolve()
    this.#fallen = new Map(
      [...this.#room.fallen, ...this.#room.refused].map(([node, code]) => {
        const { log, index } = this.#resolver.dag.nodes[node]!
        return [`${log}/${index}`, code]
      }),
    )
  }
}

/** The operations among what the view store has of a room. */
export function storedOperations(rows: readonly OperationRow[], logs: ReadonlyMap<string, FoldingLog>): Operation[] {
  return rows.flatMap(({ log, index, id, kind, body }) => {
    const owner = logs.get(log)?.stored.owner
    if (!owner) return []
    const place = { id, log: fromHex(log), index, author: owner.identity }
    return operationOf(decodeEvent(kind, 'authority', body), place) ?? []
  })
}
