import { Dag, NodeSet } from '../authority/dag.ts'
import { type Claim, whatStands } from '../authority/strong-removal.ts'
import type { ProtocolErrorCode } from '../errors.ts'
import type { Operation, RoomBeginning } from './operation.ts'
import { ResolvedRoom } from './resolved-room.ts'
import { isRemoval, mayAct, type Standing } from './rights.ts'

/** What was true of an operation where it was written. It stays so: it hangs on nothing but what the operation follows. */
interface Judgement {
  readonly pastSize: number
  readonly isPermitted: boolean
  /** What had given its author their right, by id. */
  readonly supports: readonly string[]
  readonly own: Standing
  readonly theirs: Standing
}

/** Judgements of earlier resolutions, by operation id: whoever keeps them pays for new operations only. */
export type Judgements = Map<string, Judgement>

/**
 * Resolve who may what, from nothing but the operations: the same for everybody, in whatever order they arrived.
 *
 * Spec: specs/authority.md#verifying.
 */
export class RoomResolver {
  readonly dag: Dag<Operation>
  readonly #beginning: RoomBeginning
  readonly #judgements: Judgements
  readonly #isRevoked: (operation: Operation) => boolean

  /** `isRevoked`: whether an operation is behind the cap of a device that was revoked. Judgements hold only as long as that says the same. */
  constructor(
    beginning: RoomBeginning,
    operations: Iterable<Operation>,
    judgements: Judgements = new Map(),
    isRevoked: (operation: Operation) => boolean = () => false,
  ) {
    this.#beginning = beginning
    this.#judgements = judgements
    this.#isRevoked = isRevoked
    this.dag = new Dag(operations)
    // Each follows only those before it, which have been judged when its turn comes.
    for (const [number, operation] of this.dag.nodes.entries()) {
      if (operation.act.type !== 'joined') this.#judge(number, operation)
    }
  }

  resolve(): ResolvedRoom {
    const all = new NodeSet(this.dag.nodes.length)
    for (const number of this.dag.nodes.keys()) all.add(number)
    return this.#resolve(all)
  }

  #judge(number: number, { id, author, act }: Operation): void {
    const past = this.dag.past(number)
    const pastSize = past.size
    // A past only grows, by what had not arrived.
    if (this.#judgements.get(id)?.pastSize === pastSize) return
    const known = this.#resolve(past)
    this.#judgements.set(id, {
      pastSize,
      isPermitted: mayAct(author, act, known),
      supports: known.decisionsOn(author).map((each) => this.dag.nodes[each]!.id),
      own: known.standingOf(author),
      theirs: 'identity' in act ? known.standingOf(act.identity) : 'none',
    })
  }

  #judgement(number: number): Judgement {
    return this.#judgements.get(this.dag.nodes[number]!.id)!
  }

  /** `within`: nodes, with all that they follow. */
  #resolve(within: NodeSet): ResolvedRoom {
    const all = [...this.dag.nodes.keys()].filter((number) => within.has(number))
    const numbers = all.filter((number) => !this.#isRevoked(this.dag.nodes[number]!))
    const joins = numbers.filter((number) => this.dag.nodes[number]!.act.type === 'joined')
    const acts = numbers.filter((number) => this.dag.nodes[number]!.act.type !== 'joined')
    const fallen = new Map<number, ProtocolErrorCode>()
    for (const number of all) if (!numbers.includes(number)) fallen.set(number, 'authority/revoked')
    for (const act of acts) if (!this.#judgement(act).isPermitted) fallen.set(act, 'authority/denied')
    const claims = this.#claims(acts.filter((act) => !fallen.has(act)))
    for (;;) {
      const standing = whatStands(claims, fallen.keys())
      const resolved = new ResolvedRoom(this.dag, this.#beginning, {
        acts: acts.filter((act) => standing.has(act)),
        joins,
        fallen: withFallen(fallen, claims, standing),
      })
      const last = this.#lastOuster(standing)
      if (last === null || resolved.hasOwner) return resolved
      fallen.set(last, 'authority/last-owner')
    }
  }

  #claims(acts: readonly number[]): Map<number, Claim> {
    const removals = new Map<string, number[]>()
    const numbers = new Map<string, number>()
    for (const number of acts) {
      const { id, act } = this.dag.nodes[number]!
      numbers.set(id, number)
      if (isRemoval(act)) removals.set(act.identity, [...(removals.get(act.identity) ?? []), number])
    }
    return new Map(
      acts.map((number) => {
        const { author, act } = this.dag.nodes[number]!
        // Whoever leaves needs no right to it that could be taken.
        if (act.type === 'left') return [number, { isRemoval: false, attackers: [], supports: [] }]
        const attackers = (removals.get(author) ?? []).filter((removal) => this.#overrules(removal, number))
        const supports = this.#judgement(number).supports.map((id) => numbers.get(id)!)
        return [number, { isRemoval: isRemoval(act), attackers, supports }]
      }),
    )
  }

  /** Whether a removal of its author makes an operation fall. Equals who remove each other are both removed. */
  #overrules(removal: number, number: number): boolean {
    if (!this.dag.areConcurrent(removal, number)) return false
    const { act } = this.dag.nodes[number]!
    const { own, theirs } = this.#judgement(removal)
    return !(own === theirs && act.type === 'member-removed' && act.identity === this.dag.nodes[removal]!.author)
  }

  /** The last removal of an owner that stands. */
  #lastOuster(standing: ReadonlySet<number>): number | null {
    const ousters = [...standing].filter((number) => {
      const { act } = this.dag.nodes[number]!
      return act.type === 'member-removed' && this.#judgement(number).theirs === 'owner'
    })
    return ousters.length === 0 ? null : Math.max(...ousters)
  }
}

function withFallen(
  before: ReadonlyMap<number, ProtocolErrorCode>,
  claims: ReadonlyMap<number, Claim>,
  standing: ReadonlySet<number>,
): Map<number, ProtocolErrorCode> {
  const fallen = new Map(before)
  for (const [number, { attackers }] of claims) {
    if (standing.has(number) || fallen.has(number)) continue
    fallen.set(number, attackers.some((each) => standing.has(each)) ? 'authority/overruled' : 'authority/depends')
  }
  return fallen
}
