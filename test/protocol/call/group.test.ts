import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callTimes } from '../../../protocol/call/call.ts'
import {
  type GroupCall,
  type GroupEffect,
  type GroupHappening,
  type JoinedGroup,
  linkLimits,
  stepGroup,
  turnOf,
} from '../../../protocol/call/group.ts'
import { mostSeats, noteEntry, type Roster, type RosterEntry, staysIn } from '../../../protocol/call/roster.ts'
import { describe as describeSdp } from '../../../protocol/call/sdp.ts'
import { chromiumAnswer, chromiumOffer } from './chromium.ts'
import { openGathering, type Side } from './gathering.ts'

const [offerText, answerText] = [describeSdp(chromiumOffer), describeSdp(chromiumAnswer)]
const room = 'f'.repeat(64)
const call = 'c'.repeat(32)
const deviceOf = (number: number) => number.toString(16).repeat(64)
const stayOf = (number: number, order = `0${number.toString(16)}`) => ({
  call,
  identity: deviceOf(number),
  device: deviceOf(number),
  callKey: 'k',
  order,
})
const seen = (...numbers: readonly number[]): GroupHappening => ({
  type: 'seen',
  stays: numbers.map((number) => ({ stay: stayOf(number), connected: true })),
})
const joined: GroupHappening = { type: 'joined', id: call, room }
const offered = (number: number, offer = 'o'): GroupHappening => ({
  type: 'offered',
  device: deviceOf(number),
  offer,
  remote: offerText,
})
const answered = (number: number, offer = 'o'): GroupHappening => ({
  type: 'answered',
  device: deviceOf(number),
  offer,
  remote: answerText,
})
const offerMade = (number: number, offer = 'o'): GroupHappening => ({
  type: 'offer-made',
  device: deviceOf(number),
  offer,
})
const answerMade = (number: number, offer = 'o'): GroupHappening => ({
  type: 'answer-made',
  device: deviceOf(number),
  offer,
})

/** One node: what it is told, one thing after the other, and all that it does. */
function play(self: number, ...happenings: readonly (GroupHappening | number)[]) {
  let group: GroupCall = { state: 'out' }
  let now = 0
  const effects: GroupEffect[] = []
  for (const happening of happenings) {
    if (typeof happening === 'number') now += happening
    const told: GroupHappening = typeof happening === 'number' ? { type: 'time-passed' } : happening
    const step = stepGroup(group, told, { self: deviceOf(self), now })
    group = step.group
    effects.push(...step.effects)
  }
  return { group, effects }
}

const linkIn = (group: GroupCall, number: number) => (group as JoinedGroup).links.get(deviceOf(number))
const turnIn = (group: GroupCall, self: number, number: number) =>
  turnOf(linkIn(group, number)!, deviceOf(self), (group as JoinedGroup).form)

describe('a link', () => {
  test('is offered by the lower device once both have come, and stands when the offer is answered', () => {
    const lower = play(1, joined, seen(1, 2))
    expect(turnIn(lower.group, 1, 2)).toBe('offer')
    expect(turnIn(play(2, joined, seen(1, 2)).group, 2, 1)).toBeNull()
    expect(turnIn(play(2, joined, seen(1, 2), offered(1)).group, 2, 1)).toBe('answer')
    const higher = play(2, joined, seen(1, 2), offered(1), answerMade(1)).group
    expect(linkIn(higher, 1)).toMatchObject({ offer: 'o', answered: true, remote: offerText })
    const stands = play(1, joined, seen(1, 2), offerMade(2), answered(2)).group
    expect(linkIn(stands, 2)).toMatchObject({ offer: 'o', answered: true, remote: answerText })
  })

  test('waits until our own coming has come back out of our log', () => {
    expect((play(1, joined, seen(2)).group as JoinedGroup).links.size).toBe(0)
  })

  test('is made anew when one side comes anew, and the media of the one before are let go of', () => {
    const again: GroupHappening = {
      type: 'seen',
      stays: [1, 2].map((number) => ({ stay: stayOf(number, number === 2 ? '09' : '01'), connected: true })),
    }
    const { group, effects } = play(1, joined, seen(1, 2), offerMade(2), answered(2), again)
    expect(linkIn(group, 2)).toMatchObject({ offer: null, remote: null, answered: false })
    expect(effects).toEqual([{ type: 'release', offer: 'o' }])
  })

  test('outlives a connection that comes back within 30 seconds, and no other', () => {
    const gone: GroupHappening = {
      type: 'seen',
      stays: [1, 2].map((number) => ({ stay: stayOf(number), connected: number === 1 })),
    }
    const talking = [joined, seen(1, 2), offerMade(2), answered(2)]
    const back = play(1, ...talking, gone, callTimes.gone - 1, seen(1, 2), callTimes.gone).group
    expect(linkIn(back, 2)).toMatchObject({ offer: 'o', answered: true, goneSince: null })
    const lost = play(1, ...talking, gone, 10_000, gone, callTimes.gone)
    expect(linkIn(lost.group, 2)).toBeUndefined()
    expect(lost.effects).toEqual([{ type: 'release', offer: 'o' }])
  })

  test('is offered again when no answer comes, later each time', () => {
    const { answerMs } = linkLimits
    const once = [joined, seen(1, 2), offerMade(2)]
    expect(turnIn(play(1, ...once, answerMs - 1).group, 1, 2)).toBeNull()
    expect(turnIn(play(1, ...once, answerMs).group, 1, 2)).toBe('offer')
    const twice = [...once, answerMs, offerMade(2, 'p')]
    expect(turnIn(play(1, ...twice, answerMs).group, 1, 2)).toBeNull()
    expect(turnIn(play(1, ...twice, 2 * answerMs).group, 1, 2)).toBe('offer')
  })

  test('takes no more offers than a stay may have', () => {
    const many = Array.from({ length: linkLimits.offers + 5 }, (_, i) => offered(1, `offer ${i}`))
    const { group } = play(2, joined, seen(1, 2), ...many)
    expect(linkIn(group, 1)!.offer).toBe(`offer ${linkLimits.offers - 1}`)
  })
})

describe('what does not fit changes nothing', () => {
  const talking = [joined, seen(2, 3), offered(2), answerMade(2)]
  const strange: readonly (readonly [string, GroupHappening])[] = [
    ['the same offer again', offered(2)],
    ['an offer of who is not in the call', offered(1, 'p')],
    ['an offer of the higher device', { ...offered(4, 'p') }],
    ['an answer to our own turn', answered(2)],
    ['an offer of ours where it is not our turn', offerMade(2, 'p')],
    ['a second answer', answerMade(2)],
    ['an answer to another offer', answerMade(2, 'p')],
    ['coming once more', joined],
  ]
  test.each(strange)('%s', (_, happening) => {
    const calm = play(3, ...talking)
    expect(play(3, ...talking, happening)).toEqual(calm)
  })

  test('an offer that was replaced does not come back', () => {
    const { group } = play(3, joined, seen(2, 3), offered(2), offered(2, 'p'), offered(2))
    expect(linkIn(group, 2)!.offer).toBe('p')
  })

  test('an answer to an offer that was replaced', () => {
    const calm = play(1, joined, seen(1, 2), offerMade(2), offerMade(2, 'p'))
    expect(play(1, joined, seen(1, 2), offerMade(2), offerMade(2, 'p'), answered(2))).toEqual(calm)
  })

  test('nothing is taken in while we are out', () => {
    expect(play(3, seen(2, 3), offered(2), answered(2)).group).toEqual({ state: 'out' })
  })
})

describe('the form of a call', () => {
  const talking = [joined, seen(1, 2, 3, 4), offerMade(2), answered(2)]
  const formOf = (group: GroupCall) => (group as JoinedGroup).form

  test('is mesh for four, and fan-out once a fifth has come: no link stands any more, and none is made', () => {
    expect(formOf(play(1, ...talking).group)).toBe('mesh')
    const { group, effects } = play(1, ...talking, seen(1, 2, 3, 4, 5))
    expect(formOf(group)).toBe('fan-out')
    expect([...(group as JoinedGroup).links.keys()]).toEqual([2, 3, 4, 5].map(deviceOf))
    for (const number of [2, 3, 4, 5]) {
      expect(linkIn(group, number)).toMatchObject({ seated: true, offer: null, answered: false })
      expect(turnIn(group, 1, number)).toBeNull()
    }
    expect(effects).toEqual([{ type: 'release', offer: 'o' }])
    expect(play(1, ...talking, seen(1, 2, 3, 4, 5), offerMade(3, 'p')).group).toEqual(group)
  })

  test('stays fan-out when some have left', () => {
    expect(formOf(play(1, joined, seen(1, 2, 3, 4, 5), seen(1, 2)).group)).toBe('fan-out')
    expect(formOf(play(1, joined, seen(1, 2, 3, 4, 5), { type: 'left' }, joined, seen(1, 2)).group)).toBe('mesh')
  })

  test('is fan-out as soon as a participant takes part by it, and not by the word of anybody else', () => {
    const told = (number: number): GroupHappening => ({ type: 'fanned-out', device: deviceOf(number) })
    expect(formOf(play(1, ...talking, told(6)).group)).toBe('mesh')
    const { group, effects } = play(1, ...talking, told(3))
    expect(formOf(group)).toBe('fan-out')
    expect(effects).toEqual([{ type: 'release', offer: 'o' }])
  })
})

describe('seats', () => {
  const twelve = Array.from({ length: 12 }, (_, i) => i + 1)

  test('are twelve: a thirteenth gets none', () => {
    const { group } = play(1, joined, seen(...twelve, 13))
    expect(linkIn(group, 12)!.seated).toBe(true)
    expect(linkIn(group, 13)!.seated).toBe(false)
  })

  test('whoever finds themself without one leaves, and says so', () => {
    const { group, effects } = play(13, joined, seen(...twelve, 13))
    expect(group).toMatchObject({ state: 'ended', reason: 'full' })
    expect(effects).toEqual([{ type: 'write-left', room, id: call }])
    expect(play(13, joined, seen(...twelve, 13), callTimes.shown).group).toEqual({ state: 'out' })
  })

  test('of who has gone goes to the next', () => {
    const gone: GroupHappening = {
      type: 'seen',
      stays: [...twelve, 13].map((number) => ({ stay: stayOf(number), connected: number !== 3 })),
    }
    const held = [joined, seen(...twelve, 13), gone]
    expect(linkIn(play(1, ...held).group, 13)!.seated).toBe(false)
    const { group } = play(1, ...held, callTimes.gone, gone)
    expect(linkIn(group, 13)!.seated).toBe(true)
    expect(linkIn(group, 3)).toBeUndefined()
  })
})

describe('a roster', () => {
  const entries = fc.array(
    fc.record({ device: fc.constantFrom('1', '2', '3'), depth: fc.integer({ min: 1, max: 30 }), came: fc.boolean() }),
    { maxLength: 20 },
  )
  const toEntry = ({ device, depth, came }: { device: string; depth: number; came: boolean }): RosterEntry => {
    const order = `${String(depth).padStart(4, '0')}${device}`
    return { device, order, stay: came ? { call, identity: device, device, callKey: '', order } : null }
  }

  test('is the same whatever the order in which entries come, and how often', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          entries.chain((some) => fc.constantFrom(...(some.length > 0 ? some : [null]))),
          {
            selector: (each) => each && `${each.device}/${each.depth}`,
          },
        ),
        fc.infiniteStream(fc.nat()),
        (made, dice) => {
          const all = made.flatMap((each) => (each ? [toEntry(each)] : []))
          const mixed = [...all, ...all.slice(0, 3)]
            .map((entry) => ({ entry, at: dice.next().value }))
            .sort((a, b) => a.at - b.at)
          const fold = (some: readonly RosterEntry[]) => some.reduce<Roster>(noteEntry, new Map())
          expect(staysIn(fold(mixed.map(({ entry }) => entry)), call)).toEqual(staysIn(fold(all), call))
        },
      ),
    )
  })
})

describe('whoever comes and goes, and in whatever order their entries arrive', () => {
  const occasions = fc.array(
    fc.record({
      by: fc.nat(4),
      act: fc.oneof(
        { weight: 1, arbitrary: fc.constant('come-or-go' as const) },
        { weight: 1, arbitrary: fc.constant('come' as const) },
        { weight: 4, arbitrary: fc.constant('turns' as const) },
        { weight: 9, arbitrary: fc.constant('read' as const) },
      ),
      from: fc.nat(4),
    }),
    { maxLength: 150, size: 'max' },
  )

  test('each two who stay have one link, which both know by the same offer; or all go by fan-out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), occasions, (people, all) => {
        const gathering = openGathering(people)
        for (const each of all) gathering.happen(each)
        gathering.settle()
        const present = gathering.sides.filter((side) => side.group.state === 'in')
        expect(present.length).toBeLessThanOrEqual(mostSeats)
        const forms = new Set(present.map(({ group }) => (group as JoinedGroup).form))
        expect(forms.size).toBeLessThanOrEqual(1)
        if (forms.has('fan-out')) expect(present.flatMap(({ open }) => [...open])).toEqual([])
        for (const one of present) {
          for (const other of present) if (one !== other && forms.has('mesh')) expectOneLink(one, other)
          expect((one.group as JoinedGroup).links.size).toBe(present.length - 1)
        }
      }),
      { numRuns: 500 },
    )
  })

  function expectOneLink(one: Side, other: Side): void {
    const [here, there] = [[one, other] as const, [other, one] as const].map(
      ([own, { device }]) => (own.group as JoinedGroup).links.get(device)!,
    )
    expect(here).toMatchObject({ answered: true, offer: there!.offer })
    expect(here!.remote).not.toBeNull()
    // What stands is all that is open.
    expect([...one.open].sort()).toEqual(
      [...(one.group as JoinedGroup).links.values()].map(({ offer }) => offer).sort(),
    )
  }
})
