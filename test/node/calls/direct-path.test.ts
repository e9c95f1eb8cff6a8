import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fromHex } from '../../../protocol/bytes.ts'
import { decodeCallNote } from '../../../protocol/call/note.ts'
import { chromiumAnswer, chromiumOffer } from '../../protocol/call/chromium.ts'
import { openParty, type Party, room, type Side, settle, until } from './call-pair.ts'

let party: Party
let ada: Side
let ben: Side

beforeEach(async () => {
  party = await openParty({ candidateAddress: '127.0.0.1' }, ['a', '1'], ['b', '2'])
  ;[ada, ben] = party.sides as [Side, Side]
})
afterEach(() => party.close())

const lineOf = (address: string) => `candidate:3098175849 1 udp 2122260223 ${address} 45538 typ host generation 0`
const pathOf = (side: Side) => side.state()?.direct[0]
/** Every address that came to this node, in whatever note. */
const addressesAt = ({ heard }: Side) =>
  heard.flatMap((bytes) => {
    const { note } = decodeCallNote(bytes)
    return note.type === 'candidates' ? note.candidates.map(({ address }) => address) : []
  })
const asksAt = ({ heard }: Side) => heard.filter((bytes) => decodeCallNote(bytes).note.type === 'candidates').length

async function talk(): Promise<string> {
  const id = await ada.calls.start(room, ben.identity, chromiumOffer)
  await until(() => ben.state()?.remote !== undefined && ben.state()?.remote !== null)
  await ben.calls.accept(id, chromiumAnswer)
  await until(() => ada.state()?.state === 'connecting')
  return id
}

/** Both pages give what their browsers have, whatever their people have allowed. */
function offerBoth(id: string): void {
  ada.calls.offerDirectPath(id, ben.device, [lineOf('192.168.1.20'), lineOf('127.0.0.1'), lineOf('not an address')])
  ben.calls.offerDirectPath(id, ada.device, [lineOf('192.168.1.30')])
}

describe('a direct path', () => {
  test('is told to both browsers when both people have allowed it, and to no log', async () => {
    ada.direct.add(ben.identity)
    ben.direct.add(ada.identity)
    offerBoth(await talk())
    await until(() => pathOf(ada)?.candidates.length === 1 && pathOf(ben)?.candidates.length === 1)
    expect(pathOf(ada)).toEqual({
      identity: ben.identity,
      device: ben.device,
      candidates: ['candidate:2 1 udp 2122260223 192.168.1.30 45538 typ host'],
    })
    expect(addressesAt(ben)).toEqual(['192.168.1.20'])
    const written = [...ada.written, ...ben.written].map((event) => JSON.stringify(event))
    expect(written.join()).not.toContain('192.168')
    expect(written).toHaveLength(3)
  })

  test.each([
    ['the caller', true, false],
    ['the callee', false, true],
    ['nobody', false, false],
  ])('is not when %s alone has allowed it: no address leaves either node', async (_, isAda, isBen) => {
    if (isAda) ada.direct.add(ben.identity)
    if (isBen) ben.direct.add(ada.identity)
    const id = await talk()
    offerBoth(id)
    party.disconnect(ada, ben)
    party.connect(ada, ben)
    offerBoth(id)
    await settle()
    expect([...addressesAt(ada), ...addressesAt(ben)]).toEqual([])
    expect(asksAt(ada) > 0).toBe(isBen)
    expect(asksAt(ben) > 0).toBe(isAda)
    expect([pathOf(ada)?.candidates ?? [], pathOf(ben)?.candidates ?? []]).toEqual([[], []])
  })

  test('is not taken from who offers one that was not asked for', async () => {
    const id = await talk()
    const candidates = [{ address: '192.168.1.30', port: 45_538, priority: 2_122_260_223 }]
    ada.calls.receiveNote(room, ben, { call: fromHex(id), note: { type: 'candidates', candidates } })
    ada.calls.offerDirectPath(id, ben.device, [lineOf('192.168.1.20')])
    await settle()
    expect(ada.state()?.direct).toEqual([])
    expect(addressesAt(ben)).toEqual([])
  })

  test('is told anew after a cut, and not again while nothing has changed', async () => {
    ada.direct.add(ben.identity)
    ben.direct.add(ada.identity)
    const id = await talk()
    offerBoth(id)
    await until(() => addressesAt(ben).length === 1)
    for (let i = 0; i < 5; i++) offerBoth(id)
    await settle()
    expect(addressesAt(ben)).toHaveLength(1)
    party.disconnect(ada, ben)
    party.connect(ada, ben)
    await until(() => addressesAt(ben).length === 2)
  })

  test('that is allowed during a call counts from the next one on', async () => {
    ben.direct.add(ada.identity)
    const first = await talk()
    ada.direct.add(ben.identity)
    offerBoth(first)
    await settle()
    expect([...addressesAt(ada), ...addressesAt(ben)]).toEqual([])
    await ada.calls.end(first, 'hung-up')
    await until(() => ben.state()?.state === 'ended')
    offerBoth(await talk())
    await until(() => addressesAt(ben).length === 1)
  })
})
