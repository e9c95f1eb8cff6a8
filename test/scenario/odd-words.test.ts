import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TimelineItem } from '../../node/api/views.ts'
import { freshVault } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { type Hostile, knownTo, openHostile } from '../support/hostile.ts'
import { meet, type TestPerson } from '../support/nodes.ts'
import { openStranger, type Stranger } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let stranger: Stranger
let hostile: Hostile
let ada: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  stranger = await openStranger(net.bootstrap)
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  const { link } = await ada.run('share-room', { room })
  hostile = await openHostile(net.home('mallory'), link, freshVault(primitives))
})
afterEach(async () => {
  await hostile.close()
  await stranger.close()
  await net.close()
})

const message = (text: string) => ({ type: 'message-sent', text }) as const

/** What Ben shows of the hostile log, once all of it is there, and Ada shows in the same order. */
async function shownOf(entries: number): Promise<TimelineItem[]> {
  const own = ({ id }: TimelineItem) => id.startsWith(toHex(hostile.log.key))
  const shown = (person: TestPerson) => person.timeline(room).filter(own)
  await until(() => shown(ben).length === entries && shown(ada).length === entries, 'all entries')
  expect(ada.timeline(room).map(({ id }) => id)).toEqual(ben.timeline(room).map(({ id }) => id))
  return shown(ben)
}

describe('a member whose clock says anything', () => {
  test('moves nothing: what one entry follows stands before it, and times that no calendar has are refused', async () => {
    const { admission, entry, log } = hostile
    const lastDay = 8_640_000_000_000_000
    const year = 365 * 86_400_000
    await log.append([
      entry(0, { type: 'joined', heads: [], admission, as: 'Mallory' }),
      await hostile.begin(1, await knownTo(ada, room)),
      entry(2, message('Next year'), { time: Date.now() + year }),
      entry(3, message('1970'), { time: 0 }),
      entry(4, message('The last day'), { time: lastDay }),
      entry(5, message('After it'), { time: lastDay + 1 }),
      entry(6, message('Before all'), { time: -1 }),
      entry(7, message('Half'), { time: 0.5 }),
      entry(8, message('None'), { time: Number.NaN }),
      entry(9, message('Too great to count'), { time: 2 ** 53 }),
    ])
    await hostile.meet(stranger)
    const shown = await shownOf(9)
    expect(shown.map(({ index, flaw }) => [index, flaw])).toEqual([
      ...[0, 2, 3, 4].map((index) => [index, null]),
      ...[5, 6, 7, 8, 9].map((index) => [index, protocolErrors['entry/header']]),
    ])
    await ben.send(room, 'And after all that, this')
    await until(() => ada.texts(room).length === 4, 'what Ben says')
    expect(ada.texts(room)).toEqual(['Next year', '1970', 'The last day', 'And after all that, this'])
  })
})

describe('a member who writes bytes that are no text', () => {
  test('says nothing with them; control characters are text, and a name may not have them', async () => {
    const { admission, entry, log } = hostile
    const body = (hex: string) => Buffer.from(hex, 'hex')
    await log.append([
      entry(0, { type: 'joined', heads: [], admission, as: 'Mallory' }),
      await hostile.begin(1, await knownTo(ada, room)),
      entry(2, message('x'), { body: body('8161ff') }),
      entry(3, message('x'), { body: body('8163eda080') }),
      entry(4, message('x'), { body: body('8164efbbbf78') }),
      entry(5, message('nul \0 and bell \u0007')),
      entry(6, { type: 'name-changed', as: 'Ada' }, { body: body('8164410042d9') }),
      entry(7, { type: 'name-changed', as: 'Ada' }, { body: Buffer.concat([body('8166'), Buffer.from('\u202Eada')]) }),
    ])
    await hostile.meet(stranger)
    const shown = await shownOf(7)
    const flawed = shown.filter(({ flaw }) => flaw !== null)
    expect(flawed.map(({ index, flaw }) => [index, flaw])).toEqual(
      [2, 3, 4, 6, 7].map((index) => [index, protocolErrors['entry/body']]),
    )
    expect(ben.texts(room)).toEqual(['nul \0 and bell \u0007'])
    expect(ben.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben', 'Mallory'])
  })
})
