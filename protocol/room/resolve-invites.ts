import { type Dag, NodeSet } from '../authority/dag.ts'
import type { ProtocolErrorCode } from '../errors.ts'
import type { Operation, RoomBeginning } from './operation.ts'
import type { InvitedRole } from './rights.ts'

/** An invite, as the operations leave it. */
export interface InviteState {
  readonly key: string
  readonly role: InvitedRole
  readonly uses: number | null
  readonly expires: number | null
  /** The operations that made it; none for that of the genesis. */
  readonly created: readonly number[]
  /** Who made it; null for that of the genesis. */
  readonly by: string | null
  readonly isRevoked: boolean
  /** Who came by it, in the order in which they count. */
  readonly people: readonly string[]
}

/**
 * What has become of each invite, and which of those who came by one are not let in by it.
 *
 * `joins` and `acts`: numbers of nodes; all acts stand. Spec: specs/authority.md#invites.
 */
export function resolveInvites(
  dag: Dag<Operation>,
  beginning: RoomBeginning,
  joins: readonly number[],
  acts: readonly number[],
): { readonly invites: ReadonlyMap<string, InviteState>; readonly refused: ReadonlyMap<number, ProtocolErrorCode> } {
  const refused = new Map<number, ProtocolErrorCode>()
  const made = invitesMade(dag, beginning, acts)
  const byInvite = groupBy(joins, (join) => inviteOf(dag, join))
  const ends = endsOf(dag, joins, acts)
  const invites = new Map<string, InviteState>()
  for (const [key, invite] of made) {
    const ended = ends.get(key) ?? []
    const came: number[] = []
    for (const join of byInvite.get(key) ?? []) {
      const isMade = invite.by === null || invite.created.some((each) => !dag.follows(each, join))
      // Whoever kept the seed could come "before" the end for ever.
      if (isMade && ended.every((end) => dag.follows(end, join))) came.push(join)
      else refused.set(join, 'authority/invite')
    }
    const people = firstPeople(dag, came, acts)
    const within = invite.uses === null ? people : people.slice(0, invite.uses)
    const letIn = new Set(within)
    for (const join of came) if (!letIn.has(dag.nodes[join]!.author)) refused.set(join, 'authority/uses')
    invites.set(key, { ...invite, isRevoked: ended.length > 0, people: within })
  }
  for (const join of joins) if (!made.has(inviteOf(dag, join))) refused.set(join, 'authority/invite')
  return { invites, refused }
}

type Made = Omit<InviteState, 'isRevoked' | 'people'>

/** Two operations that make one invite are one that lets in as few, and as little, as both say. */
function invitesMade(dag: Dag<Operation>, { invite }: RoomBeginning, acts: readonly number[]): Map<string, Made> {
  const made = new Map<string, Made>()
  if (invite) {
    made.set(invite.key, { ...invite, role: 'member', uses: null, created: [], by: null })
  }
  for (const number of acts) {
    const { act, author } = dag.nodes[number]!
    if (act.type !== 'invite-created') continue
    const known = made.get(act.invite)
    if (known && known.by === null) continue
    made.set(act.invite, {
      key: act.invite,
      role: known?.role === 'reader' ? 'reader' : act.role,
      uses: leastOf(known?.uses ?? null, act.uses),
      expires: leastOf(known?.expires ?? null, act.expires),
      created: [...(known?.created ?? []), number],
      by: known?.by ?? author,
    })
  }
  return made
}

/**
 * Operations that end each invite: its revocations, and the removals of those who came by it.
 *
 * Only what the remover had seen counts: else somebody who was removed could end any invite by coming by it once more.
 */
function endsOf(dag: Dag<Operation>, joins: readonly number[], acts: readonly number[]): Map<string, number[]> {
  const cameBy = groupBy(joins, (join) => dag.nodes[join]!.author)
  const ends = new Map<string, number[]>()
  const end = (key: string, number: number) => ends.set(key, [...(ends.get(key) ?? []), number])
  for (const number of acts) {
    const { act } = dag.nodes[number]!
    if (act.type === 'invite-revoked') end(act.invite, number)
    if (act.type !== 'member-removed') continue
    const seen = (cameBy.get(act.identity) ?? []).filter((join) => dag.follows(number, join))
    const keys = new Set(seen.map((join) => inviteOf(dag, join)))
    for (const key of keys) end(key, number)
  }
  return ends
}

/** Who came, each once: first those whom somebody who manages the room had seen, then by number, which is by depth and id. */
function firstPeople(dag: Dag<Operation>, came: readonly number[], acts: readonly number[]): string[] {
  const seen = new NodeSet(dag.nodes.length)
  for (const act of acts) if (dag.nodes[act]!.act.type !== 'left') seen.addAll(dag.past(act))
  const inOrder = [...came].sort((a, b) => Number(seen.has(b)) - Number(seen.has(a)) || a - b)
  return [...new Set(inOrder.map((join) => dag.nodes[join]!.author))]
}

function inviteOf(dag: Dag<Operation>, join: number): string {
  const { act } = dag.nodes[join]!
  return act.type === 'joined' ? act.invite : ''
}

const leastOf = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
