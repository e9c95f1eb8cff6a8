import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { meet, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

describe('people in a room', () => {
  test('talk both ways, and see each other come and go by name', async () => {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ada.send(room, 'Have you read it?')
    await untilAllShow([ada, ben], room, ['Have you read it?'])
    await ben.send(room, 'Twice!')
    await untilAllShow([ada, ben], room, ['Have you read it?', 'Twice!'])
    expect(ben.room(room)).toMatchObject({
      name: 'Book club',
      state: 'open',
      peers: 1,
      members: [
        { name: 'Ada', self: false, standing: 'owner', online: true, devices: 1 },
        { name: 'Ben', self: true, standing: 'member', online: true, devices: 1 },
      ],
      troubles: [],
    })
    await until(() => ada.room(room).heldUpTo[0]?.length === 4)
    await until(() => ada.room(room).syncing === null)

    await ada.run('set-name', { name: 'Ada L.' })
    await until(() => ben.room(room).members.some(({ name }) => name === 'Ada L.'))
    await ada.close()
    await until(() => ben.room(room).members.every(({ name, online }) => online === (name === 'Ben')))
    expect(ben.status()).toMatchObject({ peers: 0, network: 'searching' })
  })

  test('see the same order, whoever wrote when, and a later one gets all of it', async () => {
    const people = [await net.open('Ada'), await net.open('Ben'), await net.open('Cleo')] as const
    const [ada, ben, cleo] = people
    const room = await meet(ada, ben, cleo)
    // Nobody waits for anybody: the entries are concurrent.
    await Promise.all(
      people.map(async (person) => {
        for (let i = 0; i < 20; i++) await person.send(room, `${person.name} ${i}`)
      }),
    )
    await until(() => people.every((person) => person.texts(room).length === 60))
    const shown = ada.timeline(room)
    expect(shown.map(({ order }) => order)).toEqual(shown.map(({ order }) => order).sort())
    for (const person of [ben, cleo]) {
      expect(person.timeline(room).map(({ id, order }) => [id, order])).toEqual(
        shown.map(({ id, order }) => [id, order]),
      )
    }
    for (const { name } of people) {
      const own = ada.texts(room).filter((text) => text.startsWith(name))
      expect(own).toEqual(Array.from({ length: 20 }, (_, i) => `${name} ${i}`))
    }

    const dan = await net.open('Dan')
    const { link } = await ben.run('share-room', { room })
    await dan.run('join-room', { link })
    await until(() => dan.texts(room).length === 60)
    expect(dan.texts(room)).toEqual(ada.texts(room))
    await dan.send(room, 'Hello all')
    await untilAllShow([ada, ben, cleo, dan], room, [...ada.texts(room).slice(0, 60), 'Hello all'])
    for (const person of [...people, dan]) {
      expect(person.timeline(room).every(({ flaw }) => flaw === null)).toBe(true)
      expect((await person.verify(room)).report).toMatchObject({ ok: true, messages: 61 })
    }
  })
})
