import type { Dag } from '../authority/dag.ts'
import type { ProtocolErrorCode } from '../errors.ts'
import type { Operation, RoomBeginning } from './operation.ts'
import { groupBy, type InviteState, resolveInvites } from './resolve-invites.ts'
import { isRole, levelOf, mayWrite, type RoomAct, type Standing, type Standings } from './rights.ts'

/** Why an entry is not shown: what its author was when they wrote it, and which operation had made them so. */
export interface Hiding {
  readonly standing: Standing
  readonly by: Operation | null
}

/** A place in each log of somebody: at an index in those that are named, and at another in all others; null: nowhere. */
interface Line {
  readonly logs: readonly (readonly [log: string, index: number])[]
  readonly others: number | null
}

/** From where on somebody may not write in their logs, and which operations gave that back. */
interface Stretch {
  readonly standing: Standing
  readonly by: Operation | null
  /** Whether nothing of theirs counts any more, not even a name. */
  readonly isWhole: boolean
  readonly from: Line
  /** Where each operation that gave it back lets a log go on. */
  readonly until: readonly Line[]
}

/** What some operations of a room come to. Everything is computed when it is asked for first. Spec: specs/authority.md#verifying. */
export class ResolvedRoom implements Standings {
  /** Why operations do not count, by node. */
  readonly fallen: ReadonlyMap<number, ProtocolErrorCode>
  readonly #dag: Dag<Operation>
  readonly #beginning: RoomBeginning
  readonly #acts: readonly number[]
  readonly #joins: readonly number[]
  readonly #joinsOf: ReadonlyMap<string, readonly number[]>
  /** The decisions about each identity that no later one replaces, and all of them. */
  readonly #decisions: ReadonlyMap<string, readonly number[]>
  readonly #standings = new Map<string, Standing>()
  readonly #stretches = new Map<string, readonly Stretch[]>()
  #invites: ReturnType<typeof resolveInvites> | null = null

  /** `acts` stand, by ascending number; `joins` are still to be judged by their invites. */
  constructor(
    dag: Dag<Operation>,
    beginning: RoomBeginning,
    {
      acts,
      joins,
      fallen,
    }: Pick<ResolvedRoom, 'fallen'> & { readonly acts: readonly number[]; readonly joins: readonly number[] },
  ) {
    this.#dag = dag
    this.#beginning = beginning
    this.#acts = acts
    this.#joins = joins
    this.#joinsOf = groupBy(joins, (join) => dag.nodes[join]!.author)
    this.fallen = fallen
    this.#decisions = decisionsIn(dag, acts)
  }

  get invites(): ReadonlyMap<string, InviteState> {
    return this.#resolvedInvites().invites
  }

  /** Why somebody who came by an invite was not let in by it, by node. */
  get refused(): ReadonlyMap<number, ProtocolErrorCode> {
    return this.#resolvedInvites().refused
  }

  /** Everybody whom an operation, or the genesis, speaks of. */
  people(): Set<string> {
    const revoked = [...this.fallen.keys()].map((number) => this.#dag.nodes[number]!)
    const came = revoked.flatMap(({ act, author }) => (act.type === 'joined' ? [author] : []))
    return new Set([this.#beginning.owner, ...this.#decisions.keys(), ...this.#joinsOf.keys(), ...came])
  }

  /** Whether removals and demotions leave the room an owner; that one may go of their own accord is another matter. */
  get hasOwner(): boolean {
    return [this.#beginning.owner, ...this.#decisions.keys()].some((identity) => {
      const others = (this.#decisions.get(identity) ?? []).filter((each) => this.#dag.nodes[each]!.act.type !== 'left')
      return this.#leastOf(identity, this.#lastOf(others)) === 'owner'
    })
  }

  standingOf(identity: string): Standing {
    let standing = this.#standings.get(identity)
    if (standing === undefined) {
      standing = this.#resolveStanding(identity)
      this.#standings.set(identity, standing)
    }
    return standing
  }

  /** Whether a `joined` by this invite that names nothing would count for somebody, as far as invites go. */
  mayComeBy(identity: string, key: string): boolean {
    const invite = this.invites.get(key)
    const decisions = this.decisionsOn(identity)
    const decided = this.#leastOf(identity, decisions)
    if (!invite || (decided !== null && decided !== 'removed' && decided !== 'left')) return false
    return decisions.every((decision) => invite.created.some((each) => this.#dag.follows(each, decision)))
  }

  /** The decisions about somebody that no later one replaces. */
  decisionsOn(identity: string): readonly number[] {
    return this.#lastOf(this.#decisions.get(identity) ?? [])
  }

  /**
   * Why an entry of somebody is not shown; null if it is. `needsWriting`: it says more than who one is, or that one goes.
   *
   * Depends on its place and the operations alone. Spec: specs/authority.md#stretches.
   */
  hidingOf(
    identity: string,
    { log, index, needsWriting }: { log: string; index: number; needsWriting: boolean },
  ): Hiding | null {
    for (const { standing, by, isWhole, from, until } of this.#stretchesOf(identity)) {
      if (!isWhole && !needsWriting) continue
      if (isBehind(from, log, index) && !until.some((line) => isBehind(line, log, index))) return { standing, by }
    }
    return null
  }

  /** Whether anything that somebody may write could be hidden. */
  isLimited(identity: string): boolean {
    return this.#stretchesOf(identity).length > 0
  }

  /** What is different wherever anything of somebody is hidden that was shown, or shown that was hidden. */
  limitsOf(identity: string): string {
    return JSON.stringify(this.#stretchesOf(identity).map(({ by, ...rest }) => ({ ...rest, by: by?.id })))
  }

  #stretchesOf(identity: string): readonly Stretch[] {
    let stretches = this.#stretches.get(identity)
    if (!stretches) {
      stretches = [...this.#firstStretch(identity), ...this.#takenFrom(identity)]
      this.#stretches.set(identity, stretches)
    }
    return stretches
  }

  #resolvedInvites(): ReturnType<typeof resolveInvites> {
    this.#invites ??= resolveInvites(this.#dag, this.#beginning, this.#joins, this.#acts)
    return this.#invites
  }

  #resolveStanding(identity: string): Standing {
    const decisions = this.decisionsOn(identity)
    const decided = this.#leastOf(identity, decisions)
    if (decided !== null && decided !== 'removed' && decided !== 'left') return decided
    return this.#cameAs(identity, decisions) ?? decided ?? 'none'
  }

  #lastOf(decisions: readonly number[]): readonly number[] {
    return decisions.filter((number) => !decisions.some((later) => this.#dag.follows(later, number)))
  }

  /** The least that concurrent decisions say; null where nothing is decided. */
  #leastOf(identity: string, decisions: readonly number[]): Standing | null {
    const said = decisions.map((number) => decisionOf(this.#dag.nodes[number]!.act)).sort(ascending)
    return said[0] ?? (identity === this.#beginning.owner ? 'owner' : null)
  }

  /** The best that somebody came as, by a join behind all these decisions. */
  #cameAs(identity: string, decisions: readonly number[]): Standing | undefined {
    const came = this.#joinsBehind(identity, decisions).map((join): Standing => {
      const { invite } = this.#dag.nodes[join]!.act as Extract<RoomAct, { readonly type: 'joined' }>
      return this.#beginning.admission === 'lobby' ? 'waiting' : this.invites.get(invite)!.role
    })
    return came.sort(ascending).at(-1)
  }

  /** Joins that count, and know of all these decisions, or whose invite was made by somebody who did. */
  #joinsBehind(identity: string, decisions: readonly number[]): number[] {
    return (this.#joinsOf.get(identity) ?? []).filter((join) => {
      const { act } = this.#dag.nodes[join]!
      if (act.type !== 'joined' || this.refused.has(join)) return false
      const places = [join, ...this.invites.get(act.invite)!.created]
      return decisions.every((decision) => places.some((place) => this.#dag.follows(place, decision)))
    })
  }

  /** What somebody may not write from the start, until they are let in or made a member. */
  #firstStretch(identity: string): Stretch[] {
    if (identity === this.#beginning.owner) return []
    const standing = this.#cameAs(identity, []) ?? 'none'
    if (mayWrite(standing)) return []
    const isWhole = standing === 'none'
    const lifts = (this.#decisions.get(identity) ?? []).flatMap((number) => this.#lift(number, isWhole))
    return [{ standing, by: null, isWhole, from: { logs: [], others: 0 }, until: lifts }]
  }

  #takenFrom(identity: string): Stretch[] {
    const decisions = this.#decisions.get(identity) ?? []
    return decisions.flatMap((number): Stretch[] => {
      const by = this.#dag.nodes[number]!
      const standing = decisionOf(by.act)
      if (mayWrite(standing)) return []
      const isWhole = !isRole(standing)
      const later = decisions.filter((each) => this.#dag.follows(each, number))
      const until = [...later.flatMap((each) => this.#lift(each, isWhole)), ...this.#comings(identity, number)]
      return [{ standing, by, isWhole, from: startOf(by), until }]
    })
  }

  /** Where a decision lets somebody go on; nothing if it does not give back what was taken. */
  #lift(number: number, isWhole: boolean): Line[] {
    const { act } = this.#dag.nodes[number]!
    const standing = decisionOf(act)
    return (isWhole ? isRole(standing) : mayWrite(standing)) ? [markOf(act)] : []
  }

  /** Who comes again, after having left or been removed, begins in the log that they came with. */
  #comings(identity: string, decision: number): Line[] {
    if (decisionOf(this.#dag.nodes[decision]!.act) === 'banned') return []
    const logs = this.#joinsBehind(identity, [decision]).map((join) => this.#dag.nodes[join]!.log)
    return logs.map((log) => ({ logs: [[log, 0]], others: null }))
  }
}

const ascending = (a: Standing, b: Standing): number => levelOf(a) - levelOf(b)

function decisionsIn(dag: Dag<Operation>, acts: readonly number[]): Map<string, number[]> {
  const decisions = new Map<string, number[]>()
  for (const number of acts) {
    const { act, author } = dag.nodes[number]!
    if (act.type !== 'left' && !('identity' in act)) continue
    const identity = 'identity' in act ? act.identity : author
    const known = decisions.get(identity)
    if (known) known.push(number)
    else decisions.set(identity, [number])
  }
  return decisions
}

/** What a decision makes of whom it is about. */
function decisionOf(act: RoomAct): Standing {
  if (act.type === 'member-removed') return act.ban ? 'banned' : 'removed'
  return act.type === 'admitted' || act.type === 'role-changed' ? act.role : 'left'
}

/** Where a decision ends or begins what somebody may write: in logs that it does not name, at the first entry. */
function markOf(act: RoomAct): Line {
  return { logs: 'marks' in act ? act.marks.map(({ log, length }) => [log, length] as const) : [], others: 0 }
}

/** Who leaves, leaves in one log; what they write in another is theirs to end. */
function startOf({ act, log, index }: Operation): Line {
  return act.type === 'left' ? { logs: [[log, index + 1]], others: null } : markOf(act)
}

function isBehind({ logs, others }: Line, log: string, index: number): boolean {
  const named = logs.find(([of]) => of === log)
  const at = named ? named[1] : others
  return at !== null && index >= at
}
