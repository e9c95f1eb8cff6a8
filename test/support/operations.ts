import fc from 'fast-check'
import type { Operation, RoomBeginning } from '../../protocol/room/operation.ts'
import { type RoomAct, roles } from '../../protocol/room/rights.ts'

export const people = ['Ada', 'Bo', 'Cy', 'Di', 'Eve'] as const
const invites = ['first', 'second', 'third'] as const

/** Logs of these people: one of each, and a second one of Eve's. */
export const logs = [...people.map((name) => [name, name] as const), ['Eve', 'Eve again'] as const]

const anyone = fc.constantFrom(...people)
const anyMarks = fc
  .uniqueArray(fc.record({ log: fc.constantFrom(...logs.map(([, log]) => log)), length: fc.nat({ max: 12 }) }), {
    maxLength: 2,
    selector: ({ log }) => log,
  })
  .map((marks) => marks.map((mark) => ({ ...mark, treeHash: '' })))

const anyAct: fc.Arbitrary<RoomAct> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('joined' as const), invite: fc.constantFrom(...invites) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('invite-created' as const),
      invite: fc.constantFrom(...invites),
      role: fc.constantFrom('member' as const, 'reader' as const),
      uses: fc.constantFrom(null, 1, 1),
      expires: fc.constant(null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('invite-revoked' as const), invite: fc.constantFrom(...invites) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('role-changed' as const, 'admitted' as const),
      identity: anyone,
      role: fc.constantFrom(...roles),
      marks: anyMarks,
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant('member-removed' as const),
      identity: anyone,
      ban: fc.boolean(),
      marks: anyMarks,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'left' as const }) },
)

interface Move {
  readonly who: number
  readonly act: RoomAct
  /** Whether its author knew how it all began. */
  readonly isInformed: boolean
  /** How far back the operations are that its author knew last, counted from the newest. */
  readonly knows: readonly number[]
  readonly salt: number
}

const anyMove: fc.Arbitrary<Move> = fc.record({
  who: fc.nat({ max: logs.length - 1 }),
  act: anyAct,
  isInformed: fc.nat({ max: 9 }).map((number) => number > 0),
  knows: fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 2 }),
  salt: fc.nat({ max: 999 }),
})

export interface RandomRoom {
  readonly beginning: RoomBeginning
  /** Each after those that it names. */
  readonly operations: readonly Operation[]
  /** Ids of those behind the cap of a revoked device: in most rooms there are none. */
  readonly revoked: ReadonlySet<string>
}

/** Everybody comes in, Ada makes some of them admins and owners, and then anything happens at the same time as anything else. */
export const anyRoom: fc.Arbitrary<RandomRoom> = fc
  .tuple(
    fc.constantFrom('open-link' as const, 'open-link' as const, 'lobby' as const),
    fc.subarray(people.slice(1), { minLength: 2 }),
    fc.array(fc.constantFrom('admin' as const, 'owner' as const, 'owner' as const, 'member' as const), {
      minLength: 4,
      maxLength: 4,
    }),
    fc.array(anyMove, { minLength: 1, maxLength: 12 }),
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(fc.nat({ max: 24 }), { minLength: 1, maxLength: 4 })),
  )
  .map(([admission, arrived, given, moves, caught]) => {
    const first = arrived.flatMap((name): Move[] => [
      {
        who: people.indexOf(name),
        act: { type: 'joined', invite: 'first' },
        isInformed: false,
        knows: [],
        salt: people.indexOf(name),
      },
    ])
    const type = admission === 'lobby' ? 'admitted' : 'role-changed'
    const then = arrived.map((name, i): Move => {
      const act = { type, identity: name, role: given[i]!, marks: [] } as const
      return { who: 0, act, isInformed: false, knows: first.map((_, at) => at), salt: i }
    })
    const beginning = { owner: 'Ada', admission, invite: { key: 'first', expires: null } }
    const operations = operationsOf([...first, ...then], moves)
    return { beginning, operations, revoked: revokedOf(operations, caught) }
  })

/** These, and all that come after each in its log. */
function revokedOf(operations: readonly Operation[], caught: readonly number[]): Set<string> {
  const first = caught.flatMap((number) => operations[number] ?? [])
  const isBehind = ({ log, index }: Operation) => first.some((each) => each.log === log && each.index <= index)
  return new Set(operations.filter(isBehind).map(({ id }) => id))
}

function operationsOf(start: readonly Move[], moves: readonly Move[]): Operation[] {
  const operations: Operation[] = []
  for (const [number, { who, act, isInformed, knows, salt }] of [...start, ...moves].entries()) {
    const [author, log] = logs[who]!
    const recent = knows.flatMap((back) => operations[operations.length - 1 - back]?.id ?? [])
    const beginning = isInformed ? (operations[start.length - 1]?.id ?? []) : []
    const heads = [...new Set(recent.concat(beginning))].sort()
    const index = 2 * operations.filter((each) => each.log === log).length
    // The salt first: ids must not ascend with time, for they decide between equals.
    operations.push({ id: `${salt}/${number}`, log, index, author, heads, act })
  }
  return operations
}
