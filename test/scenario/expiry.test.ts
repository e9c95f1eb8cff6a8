import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const hour = 3_600_000

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

test('an expired link is refused by who opens it', async () => {
  const ada = await net.open('Ada')
  const { room, link } = await ada.run('create-room', { name: 'Book club', expires: Date.now() + hour })
  const ben = await net.open('Ben', { now: () => Date.now() + 2 * hour })
  expect(await ben.run('read-link', { link })).toMatchObject({ room, expired: true, joined: false })
  await expect(ben.run('join-room', { link })).rejects.toMatchObject({ code: 'link-expired' })
  expect(ben.rooms()).toEqual([])
})

test('an expired link is refused by members to whom it is shown by a clock that is behind, and who is in stays in', async () => {
  let clock = Date.now()
  const now = () => clock
  const refusals: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => refusals.push(line) })
  const ada = await net.open('Ada', { now, log })
  const ben = await net.open('Ben', { now })
  const { room, link } = await ada.run('create-room', { name: 'Book club', expires: clock + hour })
  await ben.run('join-room', { link })
  await until(() => ada.room(room).members.length === 2)
  await ben.close()
  clock += 2 * hour

  const cleo = await net.open('Cleo')
  await cleo.run('join-room', { link })
  await cleo.send(room, 'Let me in')
  await until(() => refusals.some((line) => line.includes('the link has expired')), 'the refusal')
  const again = await net.open('Ben', { now })
  await again.send(room, 'I was let in before')
  await untilAllShow([ada, again], room, ['I was let in before'])
  expect(ada.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
  await until(() => cleo.room(room).told === 'none', 'Cleo to be told')
  expect(cleo.room(room)).toMatchObject({ state: 'waiting', peers: 0 })
  expect(cleo.texts(room)).toEqual(['Let me in'])
})

test('the owner is let in by members whose own link has expired', async () => {
  let clock = Date.now()
  const now = () => clock
  const ada = await net.open('Ada')
  const { room, link } = await ada.run('create-room', { name: 'Book club', expires: clock + hour })
  await ada.close()
  const ben = await net.open('Ben', { now })
  await ben.run('join-room', { link })
  clock += 2 * hour
  const again = await net.open('Ada')
  await again.send(room, 'Late, but here')
  await untilShows(ben, room, ['Late, but here'])
})
