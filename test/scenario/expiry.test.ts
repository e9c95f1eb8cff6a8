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

test('an expired link is refused by members to whose clock is behind, and who is in stays in', async () => {
  let clock = Date.now()
  const now = () => clock
  const ada = await net.open('Ada', { now })
  const ben = await net.open('Ben')
  const { room, link } = await ada.run('create-room', { name: 'Book club', expires: clock + hour })
  await ben.run('join-room', { link })
  await until(() => ada.room(room).members.length === 2)
  await ben.close()
  clock += 2 * hour

  const cleo = await net.open('Cleo')
  await cleo.run('join-room', { link })
  await cleo.send(room, 'Let me in')
  const again = await net.open('Ben')
  await again.send(room, 'I was let in before')
  await untilAllShow([ada, again], room, ['I was let in before'])
  // Ben met her with the clock that she has: he is one who admits.
  await until(() => cleo.room(room).peers === 1, 'Cleo and Ben to meet')
  expect(ada.room(room).peers).toBe(1)
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
