import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { restoreHome } from '../../node/restore-home.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let laptop: TestPerson
let phone: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  laptop = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(laptop, ben)
  const { words } = await laptop.run('show-recovery-words', {})
  await restoreHome(net.home('Phone'), words.join(' '), undefined)
  phone = await net.open('Ada', { home: net.home('Phone') })
  await until(() => phone.rooms().some(({ id, state }) => id === room && state === 'open'), 'the room on the phone')
})
afterEach(() => net.close())

const nameOfBen = (device: TestPerson) => device.room(room).members.find(({ self }) => !self)

describe('two devices of one person', () => {
  test('find each other and their rooms by the words alone, and show each other’s messages as one’s own', async () => {
    await phone.send(room, 'From my phone')
    await untilAllShow([laptop, phone, ben], room, ['From my phone'])
    expect(laptop.timeline(room).find(({ type }) => type === 'message')).toMatchObject({ self: true })
    expect(laptop.rooms()).toHaveLength(1)
  })

  test('have in common which rooms there are, whom one has confirmed and named, and how one is called', async () => {
    const { room: second } = await phone.run('create-room', { name: 'Made on the phone' })
    await until(() => laptop.rooms().some(({ id }) => id === second), 'the new room on the laptop')
    await phone.send(second, 'And here')
    await untilShows(laptop, second, ['And here'])

    const { identity } = ben.status()
    await until(() => nameOfBen(phone) !== undefined, 'Ben')
    await laptop.run('confirm-person', { identity, confirmed: true })
    await until(() => nameOfBen(phone)?.confirmed !== null, 'that Ben is confirmed')
    await phone.run('name-person', { identity, name: 'Benjamin' })
    await until(() => nameOfBen(laptop)?.name === 'Benjamin', 'what Ben is called')
    expect(nameOfBen(laptop)?.confirmed).toEqual(nameOfBen(phone)?.confirmed)

    await phone.run('set-name', { name: 'Ada L.' })
    await until(() => laptop.status().name === 'Ada L.', 'the name')
    await laptop.send(room, 'Still me')
    await untilShows(ben, room, ['Still me'])
    await until(() => ben.timeline(room).every(({ name }) => name !== 'Ada'), 'the name in the room')
  })

  test('have read what was read on either', async () => {
    await ben.send(room, 'One')
    await untilAllShow([laptop, phone], room, ['One'])
    await until(() => phone.rooms()[0]?.unread === 1 && laptop.rooms()[0]?.unread === 1, 'that it is unread')
    await phone.run('mark-read', { room })
    await until(() => laptop.rooms()[0]?.unread === 0, 'that it was read')
  })

  test('catch up with what was done while they were off', async () => {
    await phone.close()
    const { room: second } = await laptop.run('create-room', { name: 'Meanwhile' })
    await laptop.run('name-person', { identity: ben.status().identity, name: 'Benjamin' })
    phone = await net.open('Ada', { home: net.home('Phone') })
    await until(() => phone.rooms().some(({ id }) => id === second), 'the room from meanwhile')
    await until(() => nameOfBen(phone)?.name === 'Benjamin', 'the name from meanwhile')
  })

  test('show nothing of their own room in any list', async () => {
    expect(phone.rooms().map(({ name }) => name)).toEqual(['Book club'])
    expect(laptop.room(room).members).toHaveLength(2)
  })
})
