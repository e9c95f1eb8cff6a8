import { createSocket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallEvent } from '../../../protocol/room/event.ts'
import { chromiumAnswer, chromiumOffer } from '../../protocol/call/chromium.ts'
import { playLinks } from '../../support/call-page.ts'
import { openParty, type Party, room, type Side, settle, until } from './call-pair.ts'
import { iceCheck, rtpPacket } from './stun-packets.ts'

let party: Party
let ada: Side
let ben: Side
let cyd: Side
let dov: Side
let eve: Side
/** Whose page is open. */
let pages: Set<Side>
let playing: NodeJS.Timeout

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  party = await openParty({ candidateAddress: '127.0.0.1' }, ['a', '1'], ['b', '2'], ['c', '3'], ['d', '4'], ['e', '5'])
  ;[ada, ben, cyd, dov, eve] = party.sides as [Side, Side, Side, Side, Side]
  pages = new Set(party.sides)
  play()
})

afterEach(async () => {
  clearTimeout(playing)
  await party.close()
  vi.useRealTimers()
})

/** Every page that is open does its part, again and again. */
function play(): void {
  playing = setTimeout(async () => {
    for (const { calls } of pages) await playLinks(calls.group.view(), calls.group).catch(() => undefined)
    play()
  }, 10)
}

const hasCode = (code: string) => expect.objectContaining({ code })
const own = (side: Side) => side.calls.group.view()
const on = (side: Side) => side.calls.group.onIn(room)[0]
const kinds = ({ written }: Side) => written.map(({ type }) => type)
const connectedTo = (side: Side) =>
  (own(side)?.participants ?? []).filter(({ state }) => state === 'connected').map(({ identity }) => identity)
const linkOf = (side: Side, other: Side) => own(side)!.participants.find(({ device }) => device === other.device)!

async function untilLinked(...sides: readonly Side[]): Promise<void> {
  await until(() => sides.every((side) => connectedTo(side).length === sides.length - 1))
  for (const one of sides) {
    for (const other of sides) if (one !== other) expect(linkOf(one, other).link).toBe(linkOf(other, one).link)
  }
}

async function talk(...sides: readonly Side[]): Promise<string> {
  const call = await sides[0]!.calls.group.start(room)
  for (const side of sides.slice(1)) {
    await until(() => on(side)?.call === call)
    await side.calls.group.join(call)
  }
  await untilLinked(...sides)
  return call
}

describe('a group call', () => {
  test('is on for everybody in the room, and rings nowhere', async () => {
    const call = await ada.calls.group.start(room)
    await until(() => on(ben)?.people.length === 1)
    expect(on(ben)).toMatchObject({ call, full: false, mine: false, people: [{ name: 'name of a', self: false }] })
    expect(on(ada)).toMatchObject({ mine: true, people: [{ self: true }] })
    expect([ben.state(), cyd.state()]).toEqual([null, null])
    expect(kinds(ada)).toEqual(['call-started', 'call-joined'])
  })

  test('links each two of those who come, by offers of the lower device', async () => {
    await talk(ada, ben, cyd)
    expect(kinds(ada).slice(2)).toEqual(['call-offer', 'call-offer'])
    expect(kinds(ben).sort()).toEqual(['call-answer', 'call-joined', 'call-offer'])
    expect(kinds(cyd)).toEqual(['call-joined', 'call-answer', 'call-answer'])
    const { remote } = linkOf(ben, ada)
    expect(chromiumOffer).toContain(`sha-256 ${remote!.fingerprint}`)
    expect(remote!.sdp.match(/a=candidate/g)).toHaveLength(1)
    expect(own(dov)).toBeNull()
  })

  test('goes on when one leaves, who can come again; and is over when nobody is in it', async () => {
    const call = await talk(ada, ben, cyd)
    await ben.calls.group.leave(call)
    await until(() => own(ada)!.participants.length === 1)
    await untilLinked(ada, cyd)
    expect(own(ben)).toBeNull()
    const before = linkOf(ada, cyd).link
    await ben.calls.group.join(call)
    await untilLinked(ada, ben, cyd)
    expect(linkOf(ada, cyd).link).toBe(before)
    for (const side of [ada, ben, cyd]) await side.calls.group.leave(call)
    await until(() => on(dov) === undefined)
    await expect(dov.calls.group.join(call)).rejects.toThrow(hasCode('no-such-call'))
  })

  test('links anew whoever comes anew without having left: their page is another one', async () => {
    const call = await talk(ada, ben)
    const before = linkOf(ada, ben).link
    await ben.calls.group.join(call)
    await until(() => linkOf(ada, ben)?.link !== before)
    await untilLinked(ada, ben)
  })

  test('goes by fan-out once a fifth has come: no link stands any more, and none is offered', async () => {
    const call = await talk(ada, ben, cyd, dov)
    await until(() => on(eve)?.people.length === 4)
    expect(own(ada)).toMatchObject({ form: 'mesh', fanOut: null })
    const before = [ada, ben, cyd, dov].map(({ written }) => written.length)
    await eve.calls.group.join(call)
    await until(() => party.sides.every((side) => own(side)?.form === 'fan-out'))
    await settle()
    for (const side of party.sides) {
      expect(own(side)!.participants.map(({ link, turn, remote }) => [link, turn, remote])).toEqual(
        Array(4).fill([null, null, null]),
      )
    }
    expect([ada, ben, cyd, dov].map(({ written }) => written.length)).toEqual(before)
    await eve.calls.group.leave(call)
    await until(() => own(ada)!.participants.length === 3)
    expect(own(ada)!.form).toBe('fan-out')
  })

  test('starts once when several start it: who knows that it is on comes to it', async () => {
    const call = await ada.calls.group.start(room)
    await until(() => on(ben) !== undefined)
    expect(await ben.calls.group.start(room)).toBe(call)
    expect(kinds(ben)[0]).toBe('call-joined')
  })
})

describe('one call at a time', () => {
  test('whoever is in a group call is busy for everybody who calls them, and calls nobody', async () => {
    const call = await talk(ada, ben)
    await cyd.calls.start(room, ben.identity, chromiumOffer)
    await until(() => cyd.state()?.state === 'ended')
    expect(cyd.state()?.reason).toBe('busy')
    expect(ben.state()).toBeNull()
    await expect(ben.calls.start(room, cyd.identity, chromiumOffer)).rejects.toThrow(hasCode('call-busy'))
    await expect(ben.calls.group.start(room)).rejects.toThrow(hasCode('call-busy'))
    await untilLinked(ada, ben)
    expect(own(ben)?.id).toBe(call)
  })

  test('whoever talks with one person comes to no group call', async () => {
    const id = await ada.calls.start(room, ben.identity, chromiumOffer)
    await until(() => ben.state()?.remote !== null && ben.state() !== null)
    await ben.calls.accept(id, chromiumAnswer)
    const call = await cyd.calls.group.start(room)
    await until(() => on(ada) !== undefined)
    await expect(ada.calls.group.join(call)).rejects.toThrow(hasCode('call-busy'))
    await expect(ada.calls.group.start(room)).rejects.toThrow(hasCode('call-busy'))
  })
})

describe('a participant who is gone', () => {
  test('is waited for, and linked as before when they come back within 30 seconds', async () => {
    await talk(ada, ben)
    const { link } = linkOf(ada, ben)
    party.disconnect(ada, ben)
    expect(linkOf(ada, ben).state).toBe('reconnecting')
    vi.advanceTimersByTime(20_000)
    party.connect(ada, ben)
    expect(linkOf(ada, ben)).toMatchObject({ state: 'connected', link })
  })

  test('is no participant any more after 30 seconds, and is linked anew when they come back', async () => {
    await talk(ada, ben)
    const { link } = linkOf(ada, ben)
    party.disconnect(ada, ben)
    expect(on(cyd)?.people).toHaveLength(2)
    vi.advanceTimersByTime(31_000)
    expect(own(ada)!.participants).toEqual([])
    party.connect(ada, ben)
    await untilLinked(ada, ben)
    expect(linkOf(ada, ben).link).not.toBe(link)
  })

  test('is not in the call for others whom they are not connected with', async () => {
    await ada.calls.group.start(room)
    await until(() => on(ben) !== undefined)
    party.disconnect(ada, ben)
    expect(on(ben)).toBeUndefined()
    party.connect(ada, ben)
    expect(on(ben)).toBeDefined()
  })

  test('leaves when their page has been silent for 30 seconds although it was its turn', async () => {
    pages.delete(ada)
    await ada.calls.group.start(room)
    await until(() => on(ben) !== undefined)
    await ben.calls.group.join(on(ben)!.call)
    await until(() => own(ada)?.participants[0]?.turn === 'offer')
    for (let second = 0; second < 32; second++) vi.advanceTimersByTime(1_000)
    expect(own(ada)).toMatchObject({ state: 'ended', reason: 'failed' })
    await until(() => own(ben)?.participants.length === 0)
  })

  test('leaves when their node stops', async () => {
    await talk(ada, ben)
    await ada.calls.close()
    await until(() => own(ben)?.participants.length === 0)
    expect(kinds(ada).at(-1)).toBe('call-left')
  })
})

describe('what is old', () => {
  test('shows a call only while the same run of a participant’s node is connected', async () => {
    await ada.calls.group.start(room)
    await until(() => on(ben) !== undefined)
    const came = ada.written.find(({ type }) => type === 'call-joined') as Extract<CallEvent, { type: 'call-joined' }>
    party.deliver(cyd, { ...came, callKey: new Uint8Array(32).fill(9) }, false)
    await settle()
    expect(on(ben)?.people.map(({ name }) => name)).toEqual(['name of a'])
    party.deliver(cyd, { ...came, callKey: cyd.calls.presence(room, ben.device).callKey }, false)
    expect(on(ben)?.people.map(({ name }) => name)).toEqual(['name of a', 'name of c'])
  })

  test('an offer of a call that one has left does not ring', async () => {
    party.onEntry = (_, event) => (event.type === 'call-offer' ? [] : [event])
    const call = await ada.calls.group.start(room)
    await until(() => on(ben) !== undefined)
    await ben.calls.group.join(call)
    await until(() => kinds(ada).includes('call-offer'))
    await ben.calls.group.leave(call)
    party.deliver(ada, ada.written.find(({ type }) => type === 'call-offer')!)
    await settle()
    expect([ben.state(), own(ben)]).toEqual([null, null])
  })
})

describe('signals that change nothing', () => {
  const offerIn = ({ written }: Side) =>
    written.find((event) => event.type === 'call-offer') as Extract<CallEvent, { type: 'call-offer' }>

  test('an offer of a stranger to the call, of the higher device, or of an older connection', async () => {
    const call = await talk(ada, ben, cyd)
    const before = linkOf(cyd, ben).link
    const offer = offerIn(ben)
    party.deliver(eve, { ...offer, presence: cyd.calls.presence(room, eve.device).presence })
    party.deliver(cyd, { ...offer, to: Buffer.from(ben.device, 'hex') })
    for (let i = 0; i < 2; i++) cyd.calls.presence(room, ben.device)
    party.deliver(ben, offer)
    await settle()
    expect(linkOf(cyd, ben).link).toBe(before)
    expect(linkOf(ben, cyd).link).toBe(before)
    expect(eve.state()).toBeNull()
    expect(own(cyd)?.id).toBe(call)
  })

  test('an offer that was changed on the way, or written once more', async () => {
    await talk(ada, ben)
    const before = linkOf(ben, ada)
    party.deliver(ada, offerIn(ada))
    party.deliver(ada, { ...offerIn(ada), sealed: offerIn(ada).sealed.map((byte, i) => (i === 900 ? byte ^ 1 : byte)) })
    await settle()
    expect(linkOf(ben, ada)).toEqual(before)
  })
})

describe('the media of a group call', () => {
  test('go from each browser to each other one by a socket of their own, and to nobody else', async () => {
    pages.clear()
    const call = await ada.calls.group.start(room)
    for (const side of [ben, cyd]) {
      await until(() => on(side) !== undefined)
      await side.calls.group.join(call)
    }
    await until(() => own(ada)?.participants.length === 2)
    for (const side of [ben, cyd]) await ada.calls.group.offerLink(call, side.device, chromiumOffer)
    for (const side of [ben, cyd]) {
      await until(() => linkOf(side, ada)?.remote != null)
      await side.calls.group.answerLink(call, ada.device, linkOf(side, ada).link!, chromiumAnswer)
    }
    await until(() => connectedTo(ada).length === 2)

    const portOf = (side: Side, other: Side) => Number(/ (\d+) typ host/.exec(linkOf(side, other).remote!.sdp)![1])
    const socket = () => {
      const heard: string[] = []
      const opened = createSocket('udp4').on('message', (packet) => heard.push(packet.toString('latin1')))
      return { opened, heard }
    }
    const [atAda, atBen, atCyd] = [socket(), socket(), socket()]
    const credentials = {
      ada: { username: 'gIkq:R/A7', password: 'xK8ojOUvSbyBmuuVDU6X212T' },
      others: { username: 'R/A7:gIkq', password: 'hGjZ7hxqi9tedHYzdhgN8fD1' },
    }
    for (const [side, at] of [[ben, atBen] as const, [cyd, atCyd] as const]) {
      at.opened.send(iceCheck(credentials.others).packet, portOf(side, ada), '127.0.0.1')
      atAda.opened.send(iceCheck(credentials.ada).packet, portOf(ada, side), '127.0.0.1')
    }
    await until(() => atBen.heard.length > 0 && atCyd.heard.length > 0 && atAda.heard.length > 1)
    atAda.opened.send(rtpPacket('for Ben'), portOf(ada, ben), '127.0.0.1')
    atAda.opened.send(rtpPacket('for Cyd'), portOf(ada, cyd), '127.0.0.1')
    await until(() => atBen.heard.some((each) => each.includes('for Ben')))
    await until(() => atCyd.heard.some((each) => each.includes('for Cyd')))
    expect(atBen.heard.some((each) => each.includes('for Cyd'))).toBe(false)
    for (const { opened } of [atAda, atBen, atCyd]) opened.close()
  })
})

describe('what participants tell of themselves', () => {
  test('reaches everybody in the call, and nobody else', async () => {
    const call = await talk(ada, ben, cyd)
    ben.calls.setStatus(call, { muted: true, cameraOff: false, sharing: false, hand: true })
    const mutedAt = (side: Side) => own(side)?.statuses.find(({ device }) => device === ben.device)?.muted
    await until(() => mutedAt(ada) === true && mutedAt(cyd) === true)
    ada.calls.react(call, 3)
    await until(() => own(cyd)?.reactions.length === 1)
    expect(own(cyd)!.reactions[0]).toMatchObject({ identity: ada.identity, emoji: 3 })
  })
})

describe('a call of many', () => {
  let crowd: Party
  let last: Side

  beforeEach(async () => {
    const people = Array.from('0123456789abc', (digit) => [digit, digit] as const)
    crowd = await openParty({ candidateAddress: '127.0.0.1' }, ...people)
    last = crowd.sides.at(-1)!
  })

  afterEach(() => crowd.close())

  async function gather(count: number): Promise<string> {
    const call = await crowd.sides[0]!.calls.group.start(room)
    for (const side of crowd.sides.slice(1, count)) {
      await until(() => on(side)?.call === call)
      await side.calls.group.join(call)
    }
    await until(() => on(last)?.people.length === count)
    return call
  }

  test('is full with twelve: the thirteenth is told', async () => {
    const call = await gather(12)
    expect(on(last)?.full).toBe(true)
    await expect(last.calls.group.join(call)).rejects.toThrow(hasCode('call-full'))
    expect(last.written).toEqual([])
  })

  test('has no seat for a thirteenth who comes all the same', async () => {
    const call = await gather(12)
    const callKey = last.calls.presence(room, crowd.sides[0]!.device).callKey
    crowd.deliver(last, { type: 'call-joined', call: Buffer.from(call, 'hex'), callKey })
    await settle()
    expect(own(crowd.sides[0]!)!.participants).toHaveLength(11)
  })

  test('puts out who finds, once all is read, that twelve have come before', async () => {
    const call = await gather(11)
    const [twelfth, thirteenth] = crowd.sides.slice(11) as [Side, Side]
    crowd.onEntry = (_, event) => (event.type === 'call-joined' ? [] : [event])
    await Promise.all([twelfth, thirteenth].map(({ calls }) => calls.group.join(call)))
    await settle()
    for (const side of [twelfth, thirteenth]) crowd.deliver(side, side.written[0]!)
    crowd.onEntry = (_, event) => [event]
    await until(() => own(thirteenth)?.state === 'ended')
    expect(own(thirteenth)).toMatchObject({ reason: 'full', participants: [] })
    await until(() => kinds(thirteenth).at(-1) === 'call-left')
    expect(own(twelfth)?.state).toBe('in')
  })
})
