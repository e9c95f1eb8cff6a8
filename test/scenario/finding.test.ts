import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { meet, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

describe('two people who know each other', () => {
  test('find each other when every node they started from is gone and both have restarted', async () => {
    const room = await meetAndSayGoodbye()
    await net.closeBootstrap()
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    await ada.send(room, 'Who needs servers?')
    await untilAllShow([ada, ben], room, ['Goodbye', 'Who needs servers?'])
  })

  test('find each other when only one of them has restarted', async () => {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ada.close()
    await until(() => ben.room(room).peers === 0)
    await net.closeBootstrap()
    const again = await net.open('Ada')
    await again.send(room, 'I am back')
    await untilAllShow([again, ben], room, ['I am back'])
  })

  test('can be told to a third one by a link, with no network but the two', async () => {
    const room = await meetAndSayGoodbye()
    await net.closeBootstrap()
    const ada = await net.open('Ada')
    const cleo = await net.open('Cleo')
    const { link } = await ada.run('share-room', { room })
    await cleo.run('join-room', { link })
    await untilShows(cleo, room, ['Goodbye'])
    const ben = await net.open('Ben')
    await cleo.send(room, 'Hello, I am new')
    await untilAllShow([ada, ben, cleo], room, ['Goodbye', 'Hello, I am new'])
  })

  async function meetAndSayGoodbye(): Promise<string> {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ben.send(room, 'Goodbye')
    await untilAllShow([ada, ben], room, ['Goodbye'])
    await ada.close()
    await ben.close()
    return room
  }
})

test('a link to a room with nobody online waits, says so, and completes when someone comes', async () => {
  const ada = await net.open('Ada')
  const { room, link } = await ada.run('create-room', { name: 'Book club' })
  await ada.send(room, 'Welcome')
  await ada.close()

  const ben = await net.open('Ben')
  await ben.run('join-room', { link })
  expect(ben.room(room)).toMatchObject({ name: 'Book club', state: 'waiting', peers: 0, members: [{ name: 'Ben' }] })
  await ben.send(room, 'I was here first')
  await untilShows(ben, room, ['I was here first'])
  await ben.close()
  const later = await net.open('Ben')
  expect(later.rooms()).toMatchObject([{ id: room, name: 'Book club', state: 'waiting' }])

  const again = await net.open('Ada')
  await until(() => later.room(room).state === 'open', 'someone to come')
  await until(() => [again, later].every((person) => person.texts(room).length === 2), 'both messages at both')
  expect(again.texts(room)).toEqual(later.texts(room))
  expect(again.texts(room).sort()).toEqual(['I was here first', 'Welcome'])
  expect((await later.verify(room)).report).toMatchObject({ ok: true, messages: 2 })
})
