import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
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

const kinds = ({ written }: Side) => written.map(({ type }) => type)
const endOf = ({ written }: Side) => written.find((event) => event.type === 'call-ended')
const isRinging = (side: Side) => side.state()?.state === 'ringing' && side.state()?.remote !== null
const portOf = (side: Side) =>
  Number(/candidate:1 1 udp 16777215 127\.0\.0\.1 (\d+)/.exec(side.state()?.remote?.sdp ?? '')?.[1])
const hasCode = (code: string) => expect.objectContaining({ code })
const offerOf = ({ written }: Side) => written.find((event) => event.type === 'call-offer')!

async function ring(): Promise<string> {
  const id = await ada.calls.start(room, ben.identity, chromiumOffer)
  await until(() => isRinging(ben))
  return id
}

async function talk(): Promise<string> {
  const id = await ring()
  await ben.calls.accept(id, chromiumAnswer)
  await until(() => ada.state()?.state === 'connecting')
  return id
}

describe('a call', () => {
  test('rings at the callee, who is shown the signed fingerprint and one socket of their own node', async () => {
    const id = await ring()
    expect(ada.state()).toMatchObject({
      id,
      direction: 'outgoing',
      state: 'ringing',
      remote: null,
      peerName: 'name of b',
    })
    expect(ben.state()).toMatchObject({ id, direction: 'incoming', state: 'ringing', peer: ada.identity, room })
    const { sdp, fingerprint } = ben.state()!.remote!
    expect(chromiumOffer).toContain(`sha-256 ${fingerprint}`)
    expect(sdp.match(/a=candidate/g)).toHaveLength(1)
    expect(sdp).not.toContain('192.0.2.2')
    expect(eve.state()).toBeNull()
  })

  test('connects when it is accepted, and both hang up when one does', async () => {
    const id = await talk()
    expect(ben.state()?.state).toBe('connecting')
    expect(chromiumAnswer).toContain(`sha-256 ${ada.state()?.remote?.fingerprint}`)
    await ben.calls.end(id, 'hung-up')
    await until(() => ada.state()?.state === 'ended')
    expect(ada.state()).toMatchObject({ reason: 'hung-up', remote: null })
    expect(kinds(ada)).toEqual(['call-started', 'call-offer'])
    expect(kinds(ben)).toEqual(['call-answer', 'call-ended'])
    await expect(ben.calls.end(id, 'hung-up')).rejects.toThrow(hasCode('no-such-call'))
  })

  test('can be declined, and cancelled', async () => {
    await ben.calls.end(await ring(), 'declined')
    await until(() => ada.state()?.state === 'ended')
    expect(ada.state()?.reason).toBe('declined')
    await ada.calls.end(await ring(), 'cancelled')
    await until(() => ben.state()?.state === 'ended')
    expect(ben.state()?.reason).toBe('cancelled')
    await expect(ben.calls.accept(ben.state()!.id, chromiumAnswer)).rejects.toThrow(hasCode('no-such-call'))
  })

  test('finds a person busy who is in another one', async () => {
    await talk()
    await eve.calls.start(room, ben.identity, chromiumOffer)
    await until(() => eve.state()?.state === 'ended')
    expect(eve.state()?.reason).toBe('busy')
    expect(ben.state()).toMatchObject({ state: 'connecting', peer: ada.identity })
    await expect(ben.calls.start(room, eve.identity, chromiumOffer)).rejects.toThrow(hasCode('call-busy'))
  })

  test('is missed after 45 seconds by the clock of the callee, and then forgotten', async () => {
    await ring()
    vi.advanceTimersByTime(44_000)
    expect(ben.state()?.state).toBe('ringing')
    vi.advanceTimersByTime(1_000)
    expect(ben.state()).toMatchObject({ state: 'ended', reason: 'missed' })
    await until(() => ada.state()?.reason === 'missed')
    vi.advanceTimersByTime(11_000)
    expect([ada.state(), ben.state()]).toEqual([null, null])
  })

  test('is given up by the caller after 60 seconds when nothing comes back', async () => {
    party.onEntry = () => []
    await ada.calls.start(room, ben.identity, chromiumOffer)
    vi.advanceTimersByTime(59_000)
    expect(ada.state()?.state).toBe('ringing')
    vi.advanceTimersByTime(1_000)
    expect(ada.state()).toMatchObject({ state: 'ended', reason: 'missed' })
    await until(() => kinds(ada).length === 3)
  })

  test('becomes one call when both call each other', async () => {
    const [atAda] = await Promise.all([
      ada.calls.start(room, ben.identity, chromiumOffer),
      ben.calls.start(room, ada.identity, chromiumOffer),
    ])
    await until(() => ben.state()?.id === atAda && ben.state()?.remote !== null)
    expect(ben.state()).toMatchObject({ direction: 'incoming', state: 'connecting' })
    await ben.calls.accept(atAda, chromiumAnswer)
    await until(() => ada.state()?.state === 'connecting')
    expect(ada.state()?.id).toBe(atAda)
    expect(endOf(ben)).toMatchObject({ reason: 'cancelled' })
    expect(endOf(ada)).toBeUndefined()
  })

  test('is refused at once for an SDP that is none, for somebody who is away, and for one who announced nothing', async () => {
    await expect(ada.calls.start(room, ben.identity, 'v=0')).rejects.toThrow(hasCode('call-refused'))
    await expect(ada.calls.start(room, ben.identity, chromiumAnswer)).rejects.toThrow(hasCode('call-refused'))
    await expect(ada.calls.start(room, '0'.repeat(64), chromiumOffer)).rejects.toThrow(hasCode('peer-offline'))
    ada.live.set(ben.device, { ...ada.live.get(ben.device)!, presence: null })
    await expect(ada.calls.start(room, ben.identity, chromiumOffer)).rejects.toThrow(hasCode('peer-offline'))
    expect(ada.state()).toBeNull()
    expect(ada.written).toEqual([])
  })
})

describe('the logs', () => {
  test('hold no candidate, no address and no SDP of a call', async () => {
    const id = await talk()
    await ada.calls.end(id, 'hung-up')
    const bytes = [...ada.written, ...ben.written].flatMap((event) =>
      Object.values(event).flatMap((value) => [...(typeof value === 'string' ? Buffer.from(value) : (value ?? []))]),
    )
    const text = Buffer.from(bytes).toString('latin1')
    for (const secret of ['candidate', '192.0.2.2', 'fd00::2', '127.0.0.1', 'opus', 'hGjZ7hxqi9tedHYzdhgN8fD1']) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('an offer does not ring', () => {
  test('when it is a replay, in the same words or from the past', async () => {
    const id = await ring()
    await ben.calls.end(id, 'declined')
    await until(() => ada.state()?.state === 'ended')
    vi.advanceTimersByTime(11_000)
    party.deliver(ada, offerOf(ada))
    party.deliver(ada, offerOf(ada), false)
    await settle()
    expect(ben.state()).toBeNull()
  })

  test('when it was in the logs before this start', async () => {
    party.onEntry = () => []
    await ada.calls.start(room, ben.identity, chromiumOffer)
    party.deliver(ada, offerOf(ada), false)
    await settle()
    expect(ben.state()).toBeNull()
  })

  test('when it names the presence of an older connection, or its author is not connected', async () => {
    party.onEntry = () => []
    await ada.calls.start(room, ben.identity, chromiumOffer)
    party.disconnect(ada, ben)
    party.deliver(ada, offerOf(ada))
    for (let i = 0; i < 2; i++) party.connect(ada, ben)
    party.deliver(ada, offerOf(ada))
    await settle()
    expect(ben.state()).toBeNull()
  })

  test('when somebody else copies it into their own log, or its sealed part is changed', async () => {
    party.onEntry = () => []
    await ada.calls.start(room, ben.identity, chromiumOffer)
    const offer = offerOf(ada) as Extract<CallEvent, { type: 'call-offer' }>
    party.deliver(eve, offer)
    party.deliver(eve, { ...offer, presence: ben.calls.presence(room, eve.device).presence })
    party.deliver(ada, { ...offer, sealed: offer.sealed.map((byte, i) => (i === 900 ? byte ^ 1 : byte)) })
    await settle()
    expect(ben.state()).toBeNull()
  })

  test('when it has been cancelled before it could be opened', async () => {
    party.onEntry = () => []
    await ada.calls.end(await ada.calls.start(room, ben.identity, chromiumOffer), 'cancelled')
    for (const event of ada.written) party.deliver(ada, event)
    await settle()
    expect(ben.state()?.state).toBe('ended')
  })
})

describe('an answer', () => {
  async function heldAnswer() {
    const id = await ring()
    party.onEntry = () => []
    await ben.calls.accept(id, chromiumAnswer)
    return ben.written.find((event) => event.type === 'call-answer') as Extract<CallEvent, { type: 'call-answer' }>
  }

  test('of a stranger, to another offer or another device is ignored', async () => {
    const answer = await heldAnswer()
    party.deliver(eve, answer)
    party.deliver(ben, { ...answer, offer: answer.offer.map((byte) => byte ^ 1) })
    party.deliver(ben, { ...answer, to: Buffer.from(eve.device, 'hex') })
    await settle()
    expect(ada.state()?.state).toBe('ringing')
    party.deliver(ben, answer)
    await until(() => ada.state()?.state === 'connecting')
  })

  test('whose sealed part was changed ends the call before any media', async () => {
    const answer = await heldAnswer()
    party.deliver(ben, { ...answer, sealed: answer.sealed.map((byte, i) => (i === 500 ? byte ^ 1 : byte)) })
    await until(() => ada.state()?.state === 'ended')
    expect(ada.state()).toMatchObject({ reason: 'failed', remote: null })
  })
})

describe('the media of a call', () => {
  const credentials = {
    ada: { username: 'gIkq:R/A7', password: 'xK8ojOUvSbyBmuuVDU6X212T' },
    ben: { username: 'R/A7:gIkq', password: 'hGjZ7hxqi9tedHYzdhgN8fD1' },
  }

  test('go from browser to browser through both nodes, and on after the connection was made anew', async () => {
    const id = await talk()
    const browsers = [ada, ben].map((side) => ({
      socket: createSocket('udp4'),
      port: portOf(side),
      heard: [] as string[],
    }))
    for (const { socket, heard } of browsers) socket.on('message', (packet) => heard.push(packet.toString('latin1')))
    const [first, second] = [browsers[0]!, browsers[1]!]
    first.socket.send(iceCheck(credentials.ada).packet, first.port, '127.0.0.1')
    second.socket.send(iceCheck(credentials.ben).packet, second.port, '127.0.0.1')
    await until(() => first.heard.length === 1 && second.heard.length === 1)

    party.disconnect(ada, ben)
    expect([ada.state()?.state, ben.state()?.state]).toEqual(['reconnecting', 'reconnecting'])
    vi.advanceTimersByTime(20_000)
    party.connect(ada, ben)
    expect([ada.state()?.state, ben.state()?.state]).toEqual(['connecting', 'connecting'])
    first.socket.send(rtpPacket('moving picture'), first.port, '127.0.0.1')
    await until(() => second.heard.some((packet) => packet.includes('moving picture')))

    await ada.calls.end(id, 'hung-up')
    for (const { socket } of browsers) socket.close()
  })

  test('from anybody but the peer go nowhere', async () => {
    const id = await talk()
    const frame = Buffer.concat([Buffer.from(id.slice(0, 8), 'hex'), rtpPacket('x')])
    expect(() => ada.calls.receiveDatagram(eve.device, frame)).not.toThrow()
    expect(() => ada.calls.receiveDatagram(ben.device, Buffer.alloc(0))).not.toThrow()
  })

  test('fail the call when the peer stays away for 30 seconds', async () => {
    await talk()
    party.disconnect(ada, ben)
    vi.advanceTimersByTime(31_000)
    expect([ada.state()?.reason, ben.state()?.reason]).toEqual(['failed', 'failed'])
  })

  test('fail the call when the own page has been silent for 30 seconds', async () => {
    await talk()
    vi.advanceTimersByTime(32_000)
    expect(ada.state()).toMatchObject({ state: 'ended', reason: 'failed' })
  })
})

describe('a node that was started anew in a call', () => {
  const again = (id: string) => {
    const { remote, device } = ada.state()!
    return { id, shown: { room, device: device!, own: chromiumOffer, remote: remote!.sdp } }
  }

  test('goes on with it as its page and its log say, on the same socket, and nothing more is written', async () => {
    const { id, shown } = again(await talk())
    const port = portOf(ada)
    ada = await party.restart(ada)
    expect(ada.state()).toBeNull()
    expect(ben.state()?.state).toBe('reconnecting')
    party.connect(ada, ben)
    await ada.calls.resume(id, shown)
    await until(() => ada.state()?.remote !== null)
    expect(ada.state()).toMatchObject({
      id,
      direction: 'outgoing',
      state: 'connecting',
      peer: ben.identity,
      device: ben.device,
    })
    expect(portOf(ada)).toBe(port)
    await ada.calls.resume(id, shown)
    const page = createSocket('udp4')
    const heard: string[] = []
    page.on('message', (packet) => heard.push(packet.toString('latin1')))
    page.send(iceCheck({ username: 'gIkq:R/A7', password: 'xK8ojOUvSbyBmuuVDU6X212T' }).packet, port, '127.0.0.1')
    ada.calls.receiveDatagram(
      ben.device,
      Buffer.concat([Buffer.from(id.slice(0, 8), 'hex'), rtpPacket('moving picture')]),
    )
    await until(() => heard.some((packet) => packet.includes('moving picture')))
    page.close()
    expect([kinds(ada), kinds(ben)]).toEqual([['call-started', 'call-offer'], ['call-answer']])
  })

  test('goes on with one that it has answered', async () => {
    const id = await talk()
    const { remote, device } = ben.state()!
    ben = await party.restart(ben)
    await ben.calls.resume(id, { room, device: device!, own: chromiumAnswer, remote: remote!.sdp })
    expect(ben.state()).toMatchObject({ direction: 'incoming', state: 'reconnecting', peer: ada.identity })
    party.connect(ada, ben)
    expect(ben.state()?.state).toBe('connecting')
  })

  test('goes on with none that its log does not know, or that was ended, or with somebody who is no member now', async () => {
    const { id, shown } = again(await talk())
    ada = await party.restart(ada)
    const lost = hasCode('call-lost')
    await expect(ada.calls.resume('0'.repeat(32), shown)).rejects.toThrow(lost)
    await expect(ada.calls.resume(id, { ...shown, device: eve.device })).rejects.toThrow(lost)
    await expect(ada.calls.resume(id, { ...shown, remote: chromiumAnswer })).rejects.toThrow(hasCode('call-refused'))
    party.strangers.add(ben.device)
    await expect(ada.calls.resume(id, shown)).rejects.toThrow(lost)
    party.strangers.clear()
    await ben.calls.end(id, 'hung-up')
    await expect(ada.calls.resume(id, shown)).rejects.toThrow(lost)
    expect(ada.state()).toBeNull()
    expect(endOf(ada)).toBeUndefined()
  })

  test('ends it when the socket is another program’s by now', async () => {
    const { id, shown } = again(await talk())
    const port = portOf(ada)
    ada = await party.restart(ada)
    const other = createSocket('udp4').bind(port, '127.0.0.1')
    await once(other, 'listening')
    await expect(ada.calls.resume(id, shown)).rejects.toThrow(hasCode('call-lost'))
    other.close()
    await until(() => endOf(ada) !== undefined)
    expect(endOf(ada)).toMatchObject({ reason: 'failed' })
  })

  test('ends it after 30 seconds when no page comes back to it, and the other side reads why', async () => {
    await talk()
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    ada = await party.restart(ada)
    party.connect(ada, ben)
    vi.advanceTimersByTime(30_000)
    vi.useRealTimers()
    await until(() => ben.state()?.state === 'ended')
    expect(endOf(ada)).toMatchObject({ reason: 'failed' })
    expect(ben.state()).toMatchObject({ reason: 'failed' })
  })
})

test('a node that stops hangs up', async () => {
  await talk()
  await ada.calls.close()
  await until(() => ben.state()?.state === 'ended')
  expect(endOf(ada)).toMatchObject({ reason: 'hung-up' })
})

describe('a person with two devices', () => {
  let phone: Side

  beforeEach(async () => {
    await party.close()
    party = await openParty({ candidateAddress: '127.0.0.1' }, ['a', '1'], ['b', '2'], ['b', '4'])
    ada = party.sides[0]!
    ben = party.sides[1]!
    phone = party.sides[2]!
  })

  async function ringBoth(): Promise<string> {
    const id = await ada.calls.start(room, ben.identity, chromiumOffer)
    await until(() => isRinging(ben) && isRinging(phone))
    return id
  }

  test('is rung on both, and talks on the one that answers', async () => {
    const id = await ringBoth()
    expect(kinds(ada)).toEqual(['call-started', 'call-offer', 'call-offer'])
    await phone.calls.accept(id, chromiumAnswer)
    await until(() => ada.state()?.state === 'connecting')
    await until(() => ben.state()?.state === 'ended')
    expect(ben.state()?.reason).toBe('elsewhere')
    expect(ben.written).toEqual([])
    await phone.calls.end(id, 'hung-up')
    await until(() => ada.state()?.state === 'ended')
  })

  test('declines for both', async () => {
    const id = await ringBoth()
    await ben.calls.end(id, 'hung-up')
    await until(() => ada.state()?.state === 'ended' && phone.state()?.state === 'ended')
    expect([ada.state()?.reason, phone.state()?.reason]).toEqual(['declined', 'declined'])
    expect(phone.written).toEqual([])
  })

  test('is rung on the other when one of them goes', async () => {
    const id = await ringBoth()
    party.disconnect(ada, ben)
    await phone.calls.accept(id, chromiumAnswer)
    await until(() => ada.state()?.state === 'connecting')
  })

  test('cannot be answered twice: the second answer changes nothing', async () => {
    const id = await ringBoth()
    party.onEntry = (from, event) => (from === phone && event.type === 'call-answer' ? [] : [event])
    await phone.calls.accept(id, chromiumAnswer)
    const late = phone.written.find(({ type }) => type === 'call-answer')!
    await ben.calls.accept(id, chromiumAnswer)
    await until(() => ada.state()?.state === 'connecting')
    const before = ada.state()
    party.deliver(phone, late)
    await settle()
    expect(ada.state()).toEqual(before)
  })
})
