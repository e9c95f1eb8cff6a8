import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { mergeOwnSubjects, type OwnEvent, ownSubjects, type PlacedOwnEvent } from '../../protocol/room/own-room.ts'
import { seedOf } from '../support/conversation.ts'

const anyId = fc.constantFrom('a', 'b', 'c').map(seedOf)
const anyTime = fc.integer({ min: 0, max: 5 })
const anyEvent: fc.Arbitrary<OwnEvent> = fc.oneof(
  fc.record({
    type: fc.constant('person-noted' as const),
    identity: anyId,
    petname: fc.constantFrom('X', 'Y', null),
    confirmed: fc.option(anyTime),
  }),
  fc.record({ type: fc.constant('room-read' as const), room: anyId, depth: anyTime, time: anyTime }),
  fc.record({ type: fc.constant('name-chosen' as const), name: fc.constantFrom('Ada', 'Ada L.') }),
)
const anyPlaced = fc.record({ event: anyEvent, depth: anyTime, time: anyTime, log: anyId })
/** Entries with places of their own, as entries of a room have them. */
const anyEntries = fc
  .array(anyPlaced, { maxLength: 40 })
  .map((all) => all.map(({ event, ...place }, index): PlacedOwnEvent => ({ event, order: { ...place, index } })))

const merged = (logs: readonly (readonly PlacedOwnEvent[])[]) =>
  new Map([...mergeOwnSubjects(logs.map((log) => ownSubjects(log, primitives)))].sort(([a], [b]) => (a < b ? -1 : 1)))

describe('what the devices of a person have told each other', () => {
  test('is the same whatever order it arrives in, and however it is spread over logs', () => {
    const anyCase = anyEntries.chain((entries) =>
      fc.record({
        entries: fc.constant(entries),
        shuffled: fc.shuffledSubarray(entries, { minLength: entries.length }),
        cut: fc.nat(entries.length),
      }),
    )
    fc.assert(
      fc.property(anyCase, ({ entries, shuffled, cut }) => {
        expect(merged([shuffled.slice(cut), shuffled.slice(0, cut)])).toEqual(merged([entries]))
      }),
    )
  })

  test('is of one log no more than its bound', () => {
    const many = Array.from(
      { length: 5_000 },
      (_, index): PlacedOwnEvent => ({
        event: { type: 'room-read', room: seedOf(`room ${index}`), depth: 1, time: 1 },
        order: { depth: index, time: 0, log: seedOf('log'), index },
      }),
    )
    expect(ownSubjects(many, primitives).size).toBe(4_096)
  })

  test('never takes back what was read', () => {
    const read = (depth: number, index: number): PlacedOwnEvent => ({
      event: { type: 'room-read', room: seedOf('room'), depth, time: 0 },
      order: { depth: index, time: 0, log: seedOf('log'), index },
    })
    const [[, placed] = []] = merged([[read(7, 0), read(3, 1)]])
    expect(placed?.event).toMatchObject({ depth: 7 })
  })
})
