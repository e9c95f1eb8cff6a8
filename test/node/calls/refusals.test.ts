import { createSocket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RefusalReason, refusalReasons } from '../../../node/calls/refusals.ts'
import type { CallEvent } from '../../../protocol/room/event.ts'
import { chromiumAnswer, chromiumOffer } from '../../protocol/call/chromium.ts'
import { openParty, type Party, room, type Side, settle, until } from './call-pair.ts'
import { iceCheck, rtpPacket } from './stun-packets.ts'

let party: Party
let ada: Side
let ben: Side
let eve: Side

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  party = await openParty({ candidateAddress: '127.0.0.1' }, ['a', '1'], ['b', '2'], ['e', '3'])
  const [first, second, third] = party.sides
  ada = first!
  ben = second!
  eve = third!
})
afterEach(async () => {
  await party.close()
  vi.useRealTimers()
})

type Offer = Extract<CallEvent, { type: 'call-offer' }>
type Answer = Extract<CallEvent, { type: 'call-answer' }>

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
const of = <T extends CallEvent['type']>({ written }: Side, type: T) =>
  written.find((event) => event.type === type) as Extract<CallEvent, { type: T }>
const counts = ({ calls }: Side) => Object.fromEntries(calls.refused().map(({ reason, times }) => [reason, times]))
const counted = (side: Side, expected: Partial<Record<RefusalReason, number>>) =>
  vi.waitFor(() => expect(counts(side)).toEqual(expected), { timeout: 5_000 })

/** An offer of Ada's that nobody has seen yet. */
async function heldOffer(): Promise<Offer> {
  party.onEntry = () => []
  await ada.calls.start(room, ben.identity, chromiumOffer)
  return of(ada, 'call-offer')
}

/** Ben's answer, which has not come to Ada yet. */
async function heldAnswer(): Promise<{ readonly id: string; readonly answer: Answer }> {
  const id = await ada.calls.start(room, ben.identity, chromiumOffer)
  await until(() => ben.state()?.remote != null)
  party.onEntry = () => []
  await ben.calls.accept(id, chromiumAnswer)
  return { id, answer: of(ben, 'call-answer') }
}

describe('an offer is refused, and counted,', () => {
  test('when it is a replay', async () => {
    await ada.calls.start(room, ben.identity, chromiumOffer)
    await until(() => ben.state()?.remote != null)
    party.deliver(ada, of(ada, 'call-offer'))
    await counted(ben, { 'offer-replayed': 1 })
  })

  test('when it names a connection that is over', async () => {
    const offer = await heldOffer()
    party.disconnect(ada, ben)
    for (let i = 0; i < 2; i++) party.connect(ada, ben)
    party.deliver(ada, offer)
    await counted(ben, { 'offer-expired': 1 })
    expect(ben.state()).toBeNull()
  })

  test('when its author is not connected', async () => {
    const offer = await heldOffer()
    party.disconnect(ada, ben)
    party.deliver(ada, offer)
    await counted(ben, { 'offer-absent': 1 })
  })

  test('when one device rings more often than anybody does', async () => {
    const offer = await heldOffer()
    for (let i = 0; i < 30; i++) party.deliver(ada, { ...offer, call: offer.call.map((byte) => byte ^ (i + 1)) })
    await vi.waitFor(() => {
      const { 'offer-flood': flood = 0, 'offer-unreadable': unreadable = 0 } = counts(ben)
      expect(flood + unreadable).toBe(30)
      expect(flood).toBeGreaterThanOrEqual(20)
    })
    expect(ben.state()).toBeNull()
  })

  test('when a bit of it was turned, or a stranger has copied it', async () => {
    const offer = await heldOffer()
    party.deliver(ada, { ...offer, sealed: flipped(offer.sealed, 900) })
    party.deliver(eve, { ...offer, presence: ben.calls.presence(room, eve.device).presence })
    await counted(ben, { 'offer-unreadable': 2 })
    expect(ben.state()).toBeNull()
  })
})

describe('an answer is refused, and counted,', () => {
  test('when a stranger gives it, or it is to another offer', async () => {
    const { answer } = await heldAnswer()
    party.deliver(eve, answer)
    party.deliver(ben, { ...answer, offer: flipped(answer.offer, 3) })
    await counted(ada, { 'answer-foreign': 2 })
    expect(ada.state()?.state).toBe('ringing')
  })

  test('when a bit of it was turned', async () => {
    const { answer } = await heldAnswer()
    party.deliver(ben, { ...answer, sealed: flipped(answer.sealed, 500) })
    await counted(ada, { 'answer-unreadable': 1 })
    expect(ada.state()?.state).toBe('ended')
  })
})

describe('a description is refused, and counted,', () => {
  const added = (...lines: string[]) => chromiumOffer.replace('a=mid:0', [...lines, 'a=mid:0'].join('\r\n'))
  test.each([
    ['another section', () => `${chromiumOffer}${chromiumOffer.slice(chromiumOffer.indexOf('m=video'))}`],
    [
      'keys of its own',
      () => added('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj'),
    ],
    ['a million candidates', () => added('a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n'.repeat(1_000_000).trim())],
    ['a megabyte', () => added(`a=x:${'x'.repeat(1 << 20)}`)],
    ['two certificates', () => added(`a=fingerprint:sha-256 ${'AA:'.repeat(31)}AA`)],
  ])('with %s', async (_what, sdp) => {
    const refused = expect.objectContaining({ code: 'call-refused' })
    await expect(ada.calls.start(room, ben.identity, sdp())).rejects.toThrow(refused)
    await counted(ada, { description: 1 })
    expect(ada.written).toEqual([])
  })
})

describe('the tunnel of a call refuses, and counts,', () => {
  const ofAda = { username: 'gIkq:R/A7', password: 'xK8ojOUvSbyBmuuVDU6X212T' }
  async function talking() {
    const id = await ada.calls.start(room, ben.identity, chromiumOffer)
    await until(() => ben.state()?.remote != null)
    await ben.calls.accept(id, chromiumAnswer)
    await until(() => ada.state()?.remote != null)
    const port = Number(/16777215 127\.0\.0\.1 (\d+)/.exec(ada.state()!.remote!.sdp)?.[1])
    return { tunnel: Buffer.from(id.slice(0, 8), 'hex'), port }
  }

  test('what another program of this computer sends, and what is too large', async () => {
    const { port } = await talking()
    const program = createSocket('udp4')
    program.send(rtpPacket('let me in'), port, '127.0.0.1')
    program.send(iceCheck({ ...ofAda, password: 'another password of 24 b' }).packet, port, '127.0.0.1')
    program.send(Buffer.alloc(1_501), port, '127.0.0.1')
    await counted(ada, { 'packet-stranger': 2, 'packet-oversized': 1 })
    program.close()
    // The page is told at the next tick.
    vi.advanceTimersByTime(1_000)
    expect(ada.state()).toMatchObject({ state: 'connecting', refused: 3 })
  })

  test('frames of a device that is in no call, of another call, and those that are too large', async () => {
    const { tunnel } = await talking()
    ada.calls.receiveDatagram(eve.device, Buffer.concat([tunnel, rtpPacket('x')]))
    ada.calls.receiveDatagram(ben.device, Buffer.concat([Buffer.from('other'), rtpPacket('x')]))
    ada.calls.receiveDatagram(ben.device, Buffer.concat([tunnel, Buffer.alloc(1_501)]))
    eve.calls.receiveDatagram(ben.device, Buffer.concat([tunnel, rtpPacket('x')]))
    await counted(ada, { 'frame-foreign': 2, 'frame-oversized': 1 })
    await counted(eve, { 'frame-foreign': 1 })
  })
})

test('a certificate that was not the signed one is counted when the page ends the call for it', async () => {
  const id = await ada.calls.start(room, ben.identity, chromiumOffer)
  await ada.calls.end(id, 'failed', 'certificate')
  await counted(ada, { certificate: 1 })
})

test('nothing of a call that goes well is counted, and no count says of whom', async () => {
  const id = await ada.calls.start(room, ben.identity, chromiumOffer)
  await until(() => ben.state()?.remote != null)
  await ben.calls.accept(id, chromiumAnswer)
  await until(() => ada.state()?.state === 'connecting')
  await settle()
  await ada.calls.end(id, 'hung-up')
  for (const side of party.sides) expect(counts(side)).toEqual({})
  expect(new Set(refusalReasons).size).toBe(refusalReasons.length)
})
