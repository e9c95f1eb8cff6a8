import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeCallNotes } from '../../../node/calls/call-notes.ts'
import { fromHex } from '../../../protocol/bytes.ts'
import { type CallNote, decodeCallNote } from '../../../protocol/call/note.ts'
import { chromiumAnswer, chromiumOffer } from '../../protocol/call/chromium.ts'
import { openParty, type Party, room, type Side, settle, until } from './call-pair.ts'

const status = { muted: false, cameraOff: false, sharing: false, hand: false }
const toldStatus: CallNote = { type: 'status', status: { muted: true, cameraOff: true, sharing: true, hand: 1 } }

describe('two people in a call', () => {
  let party: Party
  let ada: Side
  let ben: Side
  let eve: Side

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    party = await openParty({ candidateAddress: '127.0.0.1' }, ['a', '1'], ['b', '2'], ['e', '3'])
    ;[ada, ben, eve] = party.sides as [Side, Side, Side]
  })
  afterEach(async () => {
    await party.close()
    vi.useRealTimers()
  })

  async function talk(): Promise<string> {
    const id = await ada.calls.start(room, ben.identity, chromiumOffer)
    await until(() => ben.state()?.remote !== undefined && ben.state()?.remote !== null)
    await ben.calls.accept(id, chromiumAnswer)
    await until(() => ada.state()?.state === 'connecting')
    return id
  }
  const seen = (at: Side, of: Side) => at.state()?.statuses.find(({ device }) => device === of.device)
  const raised = (at: Side) =>
    at
      .state()!
      .statuses.filter(({ hand }) => hand !== null)
      .sort((a, b) => a.hand! - b.hand!)
      .map(({ identity }) => identity)
  const raise = (side: Side, id: string, hand: boolean) => side.calls.setStatus(id, { ...status, hand })

  test('see of each other what each says of themself, also what was said while it rang', async () => {
    const id = await ada.calls.start(room, ben.identity, chromiumOffer)
    ada.calls.setStatus(id, { ...status, muted: true })
    await until(() => ben.state()?.remote !== undefined && ben.state()?.remote !== null)
    await ben.calls.accept(id, chromiumAnswer)
    await until(() => seen(ben, ada)?.muted === true)
    ben.calls.setStatus(id, { ...status, cameraOff: true, sharing: true })
    await until(() => seen(ada, ben)?.sharing === true)
    expect(seen(ada, ben)).toMatchObject({
      identity: ben.identity,
      self: false,
      muted: false,
      cameraOff: true,
      hand: null,
    })
    expect(seen(ada, ada)).toMatchObject({ self: true, muted: true })
    expect(eve.state()).toBeNull()
    expect(ada.written.map(({ type }) => type)).toEqual(['call-started', 'call-offer'])
    expect(ben.written.map(({ type }) => type)).toEqual(['call-answer'])
  })

  test('hear after a cut what they have missed', async () => {
    const id = await talk()
    party.disconnect(ada, ben)
    ada.calls.setStatus(id, { ...status, muted: true })
    await settle()
    expect(seen(ben, ada)?.muted).toBe(false)
    party.connect(ada, ben)
    await until(() => seen(ben, ada)?.muted === true)
  })

  test('stand in the order in which they have raised their hands, also after a cut', async () => {
    const id = await talk()
    raise(ben, id, true)
    await until(() => raised(ada).length === 1)
    vi.advanceTimersByTime(1_000)
    raise(ada, id, true)
    await until(() => raised(ben).length === 2)
    vi.advanceTimersByTime(1_000)
    party.disconnect(ada, ben)
    party.connect(ada, ben)
    await settle()
    for (const side of [ada, ben]) expect(raised(side)).toEqual([ben.identity, ada.identity])
    raise(ben, id, false)
    await until(() => raised(ada).length === 1)
    raise(ben, id, true)
    await until(() => raised(ada).length === 2)
    expect(raised(ada)).toEqual([ada.identity, ben.identity])
  })

  test('see the reactions of both for six seconds', async () => {
    const id = await talk()
    ada.calls.react(id, 3)
    await until(() => ben.state()?.reactions.length === 1)
    ben.calls.react(id, 5)
    await until(() => ada.state()?.reactions.length === 2)
    expect(ada.state()!.reactions.map(({ emoji, self }) => [emoji, self])).toEqual([
      [3, true],
      [5, false],
    ])
    vi.advanceTimersByTime(5_000)
    expect(ada.state()!.reactions).toHaveLength(2)
    vi.advanceTimersByTime(1_000)
    expect(ada.state()!.reactions).toEqual([])
  })

  test('are told nothing by who is not in their call, or speaks of another', async () => {
    const id = await talk()
    const before = JSON.stringify(ada.state())
    const told = { call: fromHex(id), note: toldStatus }
    ada.calls.receiveNote(room, eve, told)
    ada.calls.receiveNote('0'.repeat(64), ben, told)
    ada.calls.receiveNote(room, ben, { ...told, call: new Uint8Array(16) })
    expect(JSON.stringify(ada.state())).toBe(before)
    expect(() => eve.calls.setStatus(id, status)).toThrow(expect.objectContaining({ code: 'no-such-call' }))
    expect(() => eve.calls.react(id, 1)).toThrow(expect.objectContaining({ code: 'no-such-call' }))
  })

  test('begin the next call with nothing that was said in the one before', async () => {
    const first = await talk()
    raise(ben, first, true)
    await until(() => raised(ada).length === 1)
    await ben.calls.end(first, 'hung-up')
    await until(() => ada.state()?.state === 'ended')
    await talk()
    expect(raised(ada)).toEqual([])
  })
})

describe('the notes of a call', () => {
  const [self, bo, cy] = ['a', 'b', 'c'].map((name) => ({ identity: name.repeat(64), device: name.repeat(64) })) as [
    Side,
    Side,
    Side,
  ]

  function open() {
    let time = 1_000
    const told: Uint8Array[] = []
    const notes = makeCallNotes({
      self,
      audience: () => [{ ...bo, tell: (note) => void told.push(note) }],
      isDirect: () => false,
      now: () => time,
      onChange: () => undefined,
    })
    notes.begin(new Uint8Array(16).fill(7))
    return {
      notes,
      told,
      wait: (ms: number) => {
        time += ms
      },
    }
  }

  test('of one device that floods are left behind, and those of another one are taken', () => {
    const { notes, wait } = open()
    for (let i = 0; i < 1_000; i++) notes.take(bo, { type: 'reaction', emoji: i % 8 })
    expect(notes.reactions([bo])).toHaveLength(20)
    expect(notes.dropped).toBe(980)
    notes.take(cy, toldStatus)
    expect(notes.statuses([cy])[0]!.muted).toBe(true)
    wait(1_000)
    notes.take(bo, toldStatus)
    expect(notes.statuses([bo])[0]!.muted).toBe(true)
  })

  test('of ours are told to the others as few as they take, the newest last', async () => {
    const { notes, told } = open()
    for (let i = 0; i < 101; i++) notes.setOwn({ ...status, muted: i % 2 === 0 })
    await until(() => told.length > 0)
    await settle()
    expect(told).toHaveLength(1)
    expect(decodeCallNote(told[0]!).note).toMatchObject({ status: { muted: true } })
    for (let i = 0; i < 100; i++) notes.react(1)
    expect(told).toHaveLength(21)
  })
})
