import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshVault } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { type Hostile, knownTo, openHostile } from '../support/hostile.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openStranger, type Stranger } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let stranger: Stranger
let hostiles: Hostile[]
let ada: TestPerson
let ben: TestPerson
let room: string
let link: string

beforeEach(async () => {
  net = await openTestnet()
  stranger = await openStranger(net.bootstrap)
  hostiles = []
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  link = (await ada.run('share-room', { room })).link
})
afterEach(async () => {
  for (const hostile of hostiles) await hostile.close()
  await stranger.close()
  await net.close()
})

async function mallory(home = 'mallory', device = freshVault(primitives)): Promise<Hostile> {
  const hostile = await openHostile(net.home(home), link, device)
  hostiles.push(hostile)
  return hostile
}

const message = (text: string) => ({ type: 'message-sent', text }) as const

/** Whatever a member does, the others go on, also after a restart. */
async function expectOthersGoOn(texts: readonly string[]): Promise<void> {
  await ada.send(room, 'Never mind')
  await ben.send(room, 'Go on')
  for (const person of [ada, ben]) {
    await until(() => person.texts(room).length === texts.length + 2)
    expect([...person.texts(room)].sort()).toEqual([...texts, 'Never mind', 'Go on'].sort())
    expect(person.status().storage).toBe('ok')
    expect(person.room(room).peers).toBeGreaterThan(0)
  }
  expect(ada.timeline(room).map(({ id, flaw }) => [id, flaw])).toEqual(
    ben.timeline(room).map(({ id, flaw }) => [id, flaw]),
  )
  await ada.close()
  ada = await net.open('Ada')
  await untilAllShow([ada], room, ben.texts(room))
}

describe('a hostile member', () => {
  test('writes entries that nobody can believe: each is shown as what it is, and the rest goes on', async () => {
    const hostile = await mallory()
    const { admission, entry } = hostile
    await ada.send(room, 'Welcome')
    const bundle = decodeBundle(await ada.backend.exportRoom(room, 'all'), primitives)
    const ofAda = bundle.logs.find((log) => log.blocks.length === 4)!
    expect(logKey({ ...ofAda, room: roomId(bundle.genesis, primitives) }, primitives)).not.toEqual(hostile.log.key)
    await hostile.log.append([
      entry(0, { type: 'joined', heads: [], admission, as: 'Mallory' }),
      await hostile.begin(1, await knownTo(ada, room)),
      randomBytes(200),
      Buffer.alloc(0),
      randomBytes(300_000),
      entry(5, message(''), { kind: 'poll-opened', body: randomBytes(20) }),
      entry(6, message('From the future'), { depth: 1_000_000 }),
      entry(7, { type: 'joined', heads: [], admission, as: 'Ada' }),
      ofAda.blocks[3]!,
      entry(9, message('x'), { body: randomBytes(40) }),
      entry(10, message('Believe me'), { heads: [{ log: hostile.log.key, length: 3, treeHash: randomBytes(32) }] }),
      entry(11, message('I behave now')),
    ])
    await hostile.meet(stranger)
    const log = Buffer.from(hostile.log.key).toString('hex')
    const shown = await until(() => {
      const items = ben.timeline(room).filter(({ id }) => id.startsWith(log))
      return items.length === 11 ? items : null
    }, 'all entries at Ben')
    expect(shown.map((item) => [item.index, item.type === 'notice' ? item.notice : item.type, item.flaw])).toEqual([
      [0, 'joined', null],
      [2, 'unreadable', protocolErrors['entry/version']],
      [3, 'unreadable', protocolErrors['entry/frame']],
      [4, 'unreadable', protocolErrors['encoding/too-large']],
      [5, 'unknown', null],
      [6, 'message', protocolErrors['ordering/depth']],
      [7, 'unreadable', protocolErrors['room/admission-repeated']],
      [8, 'unreadable', protocolErrors['entry/commitment']],
      [9, 'unreadable', protocolErrors['entry/body']],
      [10, 'message', protocolErrors['ordering/citation-self']],
      [11, 'message', null],
    ])
    expect(ben.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben', 'Mallory'])
    await expectOthersGoOn(['Welcome', 'From the future', 'Believe me', 'I behave now'])
  })

  test('cites what never was: its log waits, and says so, and holds up nobody', async () => {
    const hostile = await mallory()
    const { admission, entry } = hostile
    const never = { log: randomBytes(32), length: 7, treeHash: randomBytes(32) }
    await hostile.log.append([
      entry(0, { type: 'joined', heads: [], admission, as: 'Mallory' }),
      await hostile.begin(1, await knownTo(ada, room)),
      entry(2, message('True')),
      entry(3, message('Held back'), { heads: [never] }),
      entry(4, message('Behind it')),
    ])
    await hostile.meet(stranger)
    await until(() => ben.room(room).troubles.length === 1, 'that it says so')
    expect(ben.room(room)).toMatchObject({ syncing: null, troubles: [{ author: 'Mallory' }] })
    await expectOthersGoOn(['True'])
  })

  test('writes something before it says who it is: nothing of it is shown', async () => {
    const hostile = await mallory()
    const { admission, entry } = hostile
    await hostile.log.append([
      entry(0, message('Who am I?')),
      entry(1, { type: 'joined', heads: [], admission, as: 'Ada' }),
      entry(2, message('Guess')),
    ])
    await hostile.meet(stranger)
    await until(() => ada.room(room).peers === 2)
    await expectOthersGoOn([])
    expect(ada.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
  })

  test('has copied a device that writes two histories: both ways it is noticed, and said', async () => {
    const device = freshVault(primitives)
    const [one, two] = [await mallory('one', device), await mallory('two', device)]
    const joined = one.entry(0, { type: 'joined', heads: [], admission: one.admission, as: 'Mallory' })
    const known = await knownTo(ada, room)
    await one.log.append([joined, await one.begin(1, known), one.entry(2, message('I said yes'))])
    await two.log.append([joined, await two.begin(1, known), two.entry(2, message('I said no'))])
    await one.meet(stranger)
    await untilAllShow([ada, ben], room, ['I said yes'])
    expect(ada.room(room).troubles).toEqual([])

    const second = await two.meet(stranger)
    await until(() => ada.room(room).troubles.length === 1, 'that Ada says so')
    expect(ada.room(room).troubles[0]).toMatchObject({
      author: 'Mallory',
      text: expect.stringContaining('two histories'),
    })
    await two.log.append([two.entry(3, message('I never said yes'))])
    await two.announce(second)
    await expectOthersGoOn(['I said yes'])
    await two.meet(stranger)
    await until(() => ada.room(room).troubles.length === 1, 'that Ada says so again')
  })
})
