import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../../protocol/room/operation.ts'
import { provingOperations } from '../../protocol/room/proving-operations.ts'
import { type Judgements, RoomResolver } from '../../protocol/room/room-resolver.ts'
import { anyRoom, logs, people, type RandomRoom } from '../support/operations.ts'
import { slowRoom } from '../support/slow-authority.ts'

/** Everything that can be asked of a room, as values that compare. */
function told({ beginning, revoked }: RandomRoom, operations: readonly Operation[], judgements?: Judgements) {
  const resolver = new RoomResolver(beginning, operations, judgements, ({ id }) => revoked.has(id))
  const room = resolver.resolve()
  const fallen = [...room.fallen, ...room.refused].map(
    ([number, code]) => [resolver.dag.nodes[number]!.id, code] as const,
  )
  return {
    standings: Object.fromEntries(people.map((name) => [name, room.standingOf(name)])),
    fallen: Object.fromEntries([...fallen].sort()),
    hidden: places.filter(
      ([author, log, index, needsWriting]) => room.hidingOf(author, { log, index, needsWriting }) !== null,
    ),
  }
}

const places = logs.flatMap(([author, log]) =>
  [0, 3, 7, 12].flatMap((index) => [false, true].map((needsWriting) => [author, log, index, needsWriting] as const)),
)

function slowlyTold({ beginning, operations, revoked }: RandomRoom) {
  const room = slowRoom(beginning, operations, revoked)
  return {
    standings: Object.fromEntries(people.map((name) => [name, room.standingOf(name)])),
    fallen: Object.fromEntries([...room.fallen].sort()),
    hidden: places.filter(([author, log, index, needsWriting]) => room.isHidden(author, log, index, needsWriting)),
  }
}

describe('who may what in a room', () => {
  test('is what the slow definition says', () => {
    fc.assert(
      fc.property(anyRoom, (room) => {
        expect(told(room, room.operations)).toEqual(slowlyTold(room))
      }),
      { numRuns: 2_000 },
    )
  }, 120_000)

  test('is the same in whatever order the operations arrive, and however many of them were resolved before', () => {
    fc.assert(
      fc.property(anyRoom, fc.array(fc.nat(), { minLength: 24, maxLength: 24 }), (room, keys) => {
        const shuffled = room.operations
          .map((operation, i) => [keys[i % keys.length]! + i * 1e-6, operation] as const)
          .sort(([a], [b]) => a - b)
          .map(([, operation]) => operation)
        const judgements: Judgements = new Map()
        for (let count = 1; count < shuffled.length; count += 3) told(room, shuffled.slice(0, count), judgements)
        expect(told(room, shuffled, judgements)).toEqual(told(room, room.operations))
      }),
      { numRuns: 2_000 },
    )
  }, 120_000)

  test('leaves a room an owner, unless the last one goes', () => {
    fc.assert(
      fc.property(anyRoom, (room) => {
        const gone = room.operations.some(({ act }) => act.type === 'left')
        if (!gone) expect(Object.values(told(room, room.operations).standings)).toContain('owner')
      }),
      { numRuns: 1_000 },
    )
  })

  test('comes out the same for some people by the operations alone that prove it of them', () => {
    const of = (chosen: readonly string[], { standings, hidden }: ReturnType<typeof told>) => ({
      standings: chosen.map((name) => standings[name as (typeof people)[number]]),
      hidden: hidden.filter(([author]) => chosen.includes(author)),
    })
    fc.assert(
      fc.property(anyRoom, fc.subarray([...people]), (room, chosen) => {
        const proving = provingOperations(room.operations, new Set(chosen))
        expect(of(chosen, told(room, proving))).toEqual(of(chosen, told(room, room.operations)))
      }),
      { numRuns: 2_000 },
    )
  }, 120_000)
})
