import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Call, type CallEffect, type CallHappening, callTimes, stepCall } from '../../../protocol/call/call.ts'
import { describe as describeSdp } from '../../../protocol/call/sdp.ts'
import { chromiumAnswer, chromiumOffer } from './chromium.ts'

const ada = { identity: 'a'.repeat(64), device: '1'.repeat(64) }
const ben = { identity: 'b'.repeat(64), device: '2'.repeat(64) }
const eve = { identity: 'e'.repeat(64), device: '3'.repeat(64) }
const room = 'f'.repeat(64)
const [mine, theirs] = [describeSdp(chromiumOffer), describeSdp(chromiumAnswer)]
const offerOf = (id: string) => `hash of ${id}`

const offer = (id: string, peer: typeof ben) => ({ id, room, peer, offer: offerOf(id) })
const started = (id = 'x', ...peers: readonly (typeof ben)[]): CallHappening => {
  const rung = peers.length > 0 ? peers : [ben]
  const offers = new Map(rung.map(({ device }) => [device, offerOf(id)]))
  return { type: 'started', id, room, to: rung[0]!.identity, offers }
}
const offered = (id = 'x', peer = ada): CallHappening => ({ type: 'offered', remote: mine, ...offer(id, peer) })
const answered = (id = 'x', peer = ben, offer = offerOf(id)): CallHappening => ({
  type: 'answered',
  id,
  room,
  peer,
  offer,
  remote: theirs,
})
const accepted = (id = 'x'): CallHappening => ({ type: 'accepted', id })
const stopped = (id = 'x', reason: 'hung-up' | 'failed' = 'hung-up'): CallHappening => ({ type: 'stopped', id, reason })
const ended = (id = 'x', peer = ben, reason: 'hung-up' | 'busy' = 'hung-up'): CallHappening => ({
  type: 'ended',
  id,
  peer,
  reason,
})
const passed: CallHappening = { type: 'time-passed' }

/** One node: what it is told, one thing after the other, and all that it does. */
function play(self: string, ...happenings: readonly (CallHappening | number)[]) {
  let call: Call = { state: 'idle' }
  let now = 0
  const effects: CallEffect[] = []
  for (const happening of happenings) {
    if (typeof happening === 'number') now += happening
    const step = stepCall(call, typeof happening === 'number' ? passed : happening, { self, now })
    call = step.call
    effects.push(...step.effects)
  }
  return { call, effects, written: effects.filter((effect) => effect.type === 'write-end') }
}

describe('a call', () => {
  test('rings at both, connects on the answer, and is over when one hangs up', () => {
    expect(play(ada.device, started()).call).toMatchObject({ state: 'ringing', direction: 'outgoing', remote: null })
    expect(play(ben.device, offered()).call).toMatchObject({ state: 'ringing', direction: 'incoming', remote: mine })
    expect(play(ada.device, started(), answered()).call).toMatchObject({ state: 'connecting', remote: theirs })
    expect(play(ben.device, offered(), accepted()).call).toMatchObject({ state: 'connecting', answered: true })

    const { call, written } = play(ada.device, started(), answered(), stopped())
    expect(call).toMatchObject({ state: 'ended', reason: 'hung-up' })
    expect(written).toEqual([{ type: 'write-end', room, id: 'x', reason: 'hung-up' }])
    expect(play(ben.device, offered(), accepted(), ended('x', ada))).toMatchObject({
      call: { state: 'ended', reason: 'hung-up' },
      written: [],
    })
  })

  test('is cancelled by the caller, declined by the callee, and failed when the page says so', () => {
    expect(play(ada.device, started(), stopped()).written[0]).toMatchObject({ reason: 'cancelled' })
    expect(play(ben.device, offered(), stopped()).written[0]).toMatchObject({ reason: 'declined' })
    expect(play(ben.device, offered(), stopped('x', 'failed')).written[0]).toMatchObject({ reason: 'failed' })
  })

  test('is missed when nobody answers, and then forgotten', () => {
    expect(play(ben.device, offered(), callTimes.ringing - 1).call.state).toBe('ringing')
    expect(play(ben.device, offered(), callTimes.ringing).written[0]).toMatchObject({ reason: 'missed' })
    expect(play(ada.device, started(), callTimes.waiting - 1).call.state).toBe('ringing')
    expect(play(ada.device, started(), callTimes.waiting).written[0]).toMatchObject({ reason: 'missed' })
    expect(play(ada.device, started(), callTimes.waiting, callTimes.shown).call).toEqual({ state: 'idle' })
  })

  test('outlives its ringing time once it is answered', () => {
    expect(play(ben.device, offered(), accepted(), callTimes.waiting * 10).call.state).toBe('connecting')
    expect(play(ada.device, started(), answered(), callTimes.waiting * 10).call.state).toBe('connecting')
  })

  test('waits for a lost peer, and fails when the peer stays away', () => {
    const gone: CallHappening = { type: 'peer-gone', room, device: ben.device }
    const back: CallHappening = { ...gone, type: 'peer-back' }
    const talking = [started(), answered()]
    expect(play(ada.device, ...talking, gone, callTimes.gone - 1, back, callTimes.gone).call.state).toBe('connecting')
    expect(play(ada.device, ...talking, gone, 20_000, gone, 10_000).written[0]).toMatchObject({ reason: 'failed' })
    expect(play(ada.device, ...talking, { ...gone, device: eve.device }, callTimes.gone).call.state).toBe('connecting')
  })

  test('is not disturbed by a third person, who hears that we are busy', () => {
    for (const before of [[started()], [started(), answered()], [offered('x', ben)]]) {
      const calm = play(ada.device, ...before)
      expect(play(ada.device, ...before, offered('y', eve))).toEqual({
        call: calm.call,
        effects: [{ type: 'write-end', room, id: 'y', reason: 'busy' }],
        written: [{ type: 'write-end', room, id: 'y', reason: 'busy' }],
      })
    }
  })

  test('gives way when the same device calls anew: it cannot be in the old one any more', () => {
    const { call, written } = play(ada.device, started(), answered(), offered('y', ben))
    expect(call).toMatchObject({ state: 'ringing', id: 'y', direction: 'incoming' })
    expect(written).toEqual([{ type: 'write-end', room, id: 'x', reason: 'failed' }])
  })
})

describe('a call to somebody with two devices', () => {
  const phone = { ...ben, device: '4'.repeat(64) }
  const ringing = started('x', ben, phone)

  test('is with the one that answers, and with no other', () => {
    const { call } = play(ada.device, ringing, answered('x', phone))
    expect(call).toMatchObject({ state: 'connecting', peer: phone })
    expect(play(ada.device, ringing, answered('x', phone), answered('x', ben)).call).toEqual(call)
    expect(play(ada.device, ringing, answered('x', phone), ended('x', ben)).call).toEqual(call)
    expect(play(ada.device, ringing, answered('x', phone), ended('x', phone)).call.state).toBe('ended')
  })

  test('rings on when one of them cannot take it or goes, and is over when none is left', () => {
    const busy = (peer: typeof ben) => ended('x', peer, 'busy')
    const gone: CallHappening = { type: 'peer-gone', room, device: ben.device }
    for (const lost of [busy(ben), gone]) {
      expect(play(ada.device, ringing, lost, answered('x', phone)).call).toMatchObject({ peer: phone })
      expect(play(ada.device, ringing, lost, busy(phone)).call).toMatchObject({ state: 'ended', reason: 'busy' })
    }
    expect(play(ada.device, ringing, busy(ben), answered('x', ben)).call.state).toBe('ringing')
  })

  test('is declined on one of them for all', () => {
    const declined: CallHappening = { type: 'ended', id: 'x', peer: ben, reason: 'declined' }
    expect(play(ada.device, ringing, declined).call).toMatchObject({ state: 'ended', reason: 'declined' })
  })

  test('stops ringing here, without a word to the caller, when the other has taken it', () => {
    const taken = (by: 'answer' | 'decline'): CallHappening => ({ type: 'taken', id: 'x', by })
    expect(play(ben.device, offered(), taken('answer'))).toMatchObject({ call: { reason: 'elsewhere' }, written: [] })
    expect(play(ben.device, offered(), taken('decline'))).toMatchObject({ call: { reason: 'declined' }, written: [] })
    expect(play(ben.device, offered(), accepted(), taken('answer')).call.state).toBe('connecting')
    expect(play(ada.device, started(), taken('answer')).call.state).toBe('ringing')
  })
})

describe('an answer is ignored', () => {
  const ringing = play(ada.device, started()).call
  test.each([
    ['of a stranger', answered('x', eve)],
    ['of another device of the callee', answered('x', { ...ben, device: eve.device })],
    ['to another call', answered('y')],
    ['that names another offer', answered('x', ben, offerOf('y'))],
    ['in another room', { ...answered(), room: '0'.repeat(64) } as CallHappening],
  ])('%s', (_title, answer) => {
    expect(play(ada.device, started(), answer).call).toEqual(ringing)
  })

  test('that comes too late, or twice', () => {
    expect(play(ada.device, started(), callTimes.waiting, answered()).call).toMatchObject({ reason: 'missed' })
    const once = play(ada.device, started(), answered())
    expect(play(ada.device, started(), answered(), { ...answered(), remote: mine } as CallHappening)).toEqual(once)
  })

  test('when we are the one who is called', () => {
    expect(play(ben.device, offered(), answered('x', ada)).call.state).toBe('ringing')
  })
})

describe('when both call each other', () => {
  const atAda = [started('a', ben), offered('b', ben)]
  const atBen = [started('b', ada), offered('a', ada)]

  test('the offer of the lower device key stands, and the other side answers it', () => {
    expect(play(ada.device, ...atAda)).toMatchObject({ call: { id: 'a', direction: 'outgoing' }, effects: [] })
    const { call, effects } = play(ben.device, ...atBen)
    expect(call).toMatchObject({ id: 'a', state: 'connecting', direction: 'incoming', remote: mine, answered: false })
    expect(effects).toEqual([
      { type: 'write-end', room, id: 'b', reason: 'cancelled' },
      { type: 'release', id: 'b' },
    ])
  })

  test('they end in one call, whatever comes first', () => {
    const a = play(ada.device, ...atAda, ended('b', ben), answered('a', ben))
    const b = play(ben.device, ...atBen, accepted('a'))
    expect(a.call).toMatchObject({ id: 'a', state: 'connecting' })
    expect(b.call).toMatchObject({ id: 'a', state: 'connecting', answered: true })
  })

  test('a page that does not answer lets the call fail', () => {
    expect(play(ben.device, ...atBen, callTimes.ringing).call).toMatchObject({ id: 'a', reason: 'failed' })
  })
})

describe('whatever happens, in any order,', () => {
  const ids = fc.constantFrom('x', 'y', 'z')
  const peers = fc.constantFrom(ben, eve)
  const anyHappening: fc.Arbitrary<CallHappening | number> = fc.oneof(
    fc.tuple(ids, peers).map(([id, peer]) => started(id, peer)),
    fc.tuple(ids, peers).map(([id, peer]) => offered(id, peer)),
    fc.tuple(ids, peers, ids).map(([id, peer, offer]) => answered(id, peer, offerOf(offer))),
    fc.tuple(ids, peers).map(([id, peer]) => ended(id, peer)),
    ids.map((id) => accepted(id)),
    ids.map((id) => stopped(id)),
    peers.map(({ device }): CallHappening => ({ type: 'peer-gone', room, device })),
    peers.map(({ device }): CallHappening => ({ type: 'peer-back', room, device })),
    fc.integer({ min: 1, max: 70_000 }),
  )

  test('a node connects only to whom it called or accepted, and every call that it leaves lets go of its media', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { maxLength: 30 }), (happenings) => {
        const held = new Set<string>()
        let call: Call = { state: 'idle' }
        let now = 0
        for (const happening of happenings) {
          if (typeof happening === 'number') now += happening
          const told = typeof happening === 'number' ? passed : happening
          const { call: next, effects } = stepCall(call, told, { self: ada.device, now })
          if (next.state === 'ringing') held.add(next.id)
          for (const effect of effects) if (effect.type === 'release') held.delete(effect.id)
          if (next.state === 'connecting') {
            held.add(next.id)
            expect(next.remote).toBe(next.direction === 'outgoing' ? theirs : mine)
          }
          if (next.state === 'connecting' && call.state !== 'connecting') {
            expect(['answered', 'accepted', 'offered']).toContain(told.type)
          }
          call = next
        }
        const live = call.state === 'ringing' || call.state === 'connecting'
        expect([...held]).toEqual(live ? [call.state === 'idle' ? '' : call.id] : [])
      }),
      { numRuns: 500 },
    )
  })

  test('ten minutes of silence after a lost peer leave nothing behind', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { maxLength: 30 }), (happenings) => {
        const gone = [ben, eve].map(({ device }): CallHappening => ({ type: 'peer-gone', room, device }))
        expect(play(ada.device, ...happenings, ...gone, 300_000, 300_000).call).toEqual({ state: 'idle' })
      }),
    )
  })
})
