import { describe, expect, test, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import type { CallView } from '../../node/api/views.ts'
import { makeCannedBridge } from '../../web/canned/canned-bridge.ts'
import { cannedWorld } from '../../web/canned/canned-world.ts'
import type { CallMedia, CallMediaState } from '../../web/state/call-media.ts'
import { makeCall } from '../../web/state/use-call.ts'
import { fakeMedia } from './fake-media.ts'

type Call = NonNullable<CallView['call']>

const ringing: Call = {
  id: 'ca'.repeat(16),
  room: 'garden',
  peer: 'ad'.repeat(32),
  peerName: 'Ada',
  device: null,
  refused: 0,
  direction: 'incoming',
  state: 'ringing',
  reason: null,
  remote: null,
  statuses: [],
  direct: [],
  reactions: [],
}

function open() {
  const bridge = makeCannedBridge(cannedWorld(0), { 'end-call': () => ({}) })
  const media = fakeMedia()
  const ends: string[] = []
  const call = effectScope().run(() => makeCall({ bridge, makeMedia: () => media, onEnd: (end) => ends.push(end) }))!
  const show = (now: Call | null, state?: CallMediaState) => {
    if (state) media.state.value = state
    bridge.world.call = { call: now }
    bridge.tell()
  }
  return { call, media: media as CallMedia, show, ends, bridge }
}

describe('a call', () => {
  test('rings until it is answered, and is then on the stage', async () => {
    const { call, show, media } = open()
    show(ringing, 'ringing')
    expect(call.incoming.value).toEqual(ringing)
    expect(call.staged.value).toBe(false)
    await call.accept()
    media.state.value = 'asking'
    expect(call.incoming.value).toBeNull()
    expect(call.staged.value).toBe(true)
    expect(call.peer.value).toEqual({ identity: ringing.peer, name: 'Ada' })
  })

  test('that I make is on the stage before the node knows of it', async () => {
    const { call, media } = open()
    await call.call('garden', ringing.peer, 'Ada')
    media.state.value = 'asking'
    expect(call.staged.value).toBe(true)
    expect(call.room.value).toBe('garden')
    expect(call.peer.value.name).toBe('Ada')
  })

  test('that could not begin stays with its reason until it is put away', async () => {
    const { call, media } = open()
    await call.call('garden', ringing.peer, 'Ada')
    media.trouble.value = 'No microphone.'
    media.state.value = 'ended'
    expect(call.staged.value).toBe(true)
    await call.leave()
    expect(call.staged.value).toBe(false)
  })

  test('tells what one sends and whose hand is up once one takes part, and not while it rings', async () => {
    const { call, media, show, bridge } = open()
    const told = () => bridge.sent.filter(({ type }) => type === 'set-call-status')
    show(ringing, 'ringing')
    await nextTick()
    expect(told()).toEqual([])
    show({ ...ringing, state: 'connecting' }, 'asking')
    await nextTick()
    media.muted.value = true
    call.status.toggleHand()
    await nextTick()
    const status = { type: 'set-call-status', call: ringing.id, cameraOff: false, sharing: false }
    expect(told()).toEqual([
      { ...status, muted: false, hand: false },
      { ...status, muted: true, hand: true },
    ])
    show({ ...ringing, id: 'cb'.repeat(16), state: 'connecting' }, 'asking')
    await nextTick()
    expect(told().at(-1)).toMatchObject({ call: 'cb'.repeat(16), hand: false })
  })

  test('numbers raised hands once there are several', async () => {
    const { call, show } = open()
    const status = { self: false, muted: false, cameraOff: false, sharing: false }
    const statuses = [
      { ...status, identity: ringing.peer, device: 'd1', hand: 20 },
      { ...status, identity: ringing.peer, device: 'd2', hand: null },
    ]
    show({ ...ringing, state: 'connecting', statuses }, 'secure')
    expect(['d1', 'd2'].map(call.status.placeOf)).toEqual([null, null])
    show({ ...ringing, state: 'connecting', statuses: [...statuses, { ...statuses[0]!, device: 'd3', hand: 10 }] })
    expect(['d1', 'd2', 'd3'].map(call.status.placeOf)).toEqual([2, null, 1])
  })

  test('says secure only when its media do', () => {
    const { call, show } = open()
    const talking: Call = { ...ringing, state: 'connecting' }
    show(talking, 'connecting')
    expect(call.phase.value).toBe('connecting')
    show(talking, 'connected')
    expect(call.phase.value).toBe('connected')
    show(talking, 'secure')
    expect(call.phase.value).toBe('secure')
    show({ ...talking, state: 'reconnecting' })
    expect(call.phase.value).toBe('reconnecting')
  })

  test('counts its own length, not that of the call before', async () => {
    vi.useFakeTimers()
    try {
      const { call, show } = open()
      const talkFor = async (id: string, ms: number) => {
        show({ ...ringing, id, state: 'connecting' }, 'secure')
        await nextTick()
        vi.advanceTimersByTime(ms)
        const { value } = call.length
        show({ ...ringing, id, state: 'ended', reason: 'hung-up' }, 'ended')
        await nextTick()
        return value
      }
      expect(await talkFor('ca'.repeat(16), 5_000)).toBe(5_000)
      expect(await talkFor('cb'.repeat(16), 2_000)).toBe(2_000)
    } finally {
      vi.useRealTimers()
    }
  })

  test('that another tab has can be ended here', async () => {
    const { call, show, bridge } = open()
    show({ ...ringing, direction: 'outgoing', state: 'connecting' })
    expect(call.staged.value).toBe(false)
    expect(call.elsewhere.value?.peerName).toBe('Ada')
    await call.endElsewhere()
    expect(bridge.sent.at(-1)).toEqual({ type: 'end-call', call: ringing.id, reason: 'hung-up' })
  })

  test.each([
    ['outgoing', 'declined', 'Ada declined the call.'],
    ['outgoing', 'missed', 'Ada did not answer.'],
    ['outgoing', 'busy', 'Ada is in another call.'],
    ['incoming', 'declined', 'You declined the call.'],
    ['incoming', 'cancelled', 'You missed a call from Ada.'],
    ['incoming', 'hung-up', 'The call is over.'],
  ] as const)('(%s, %s) ends with one sentence: %s', (direction, reason, sentence) => {
    const { show, ends } = open()
    show({ ...ringing, direction })
    const ended: Call = { ...ringing, direction, state: 'ended', reason }
    show(ended)
    show(ended)
    show(null)
    expect(ends).toEqual([sentence])
  })
})
