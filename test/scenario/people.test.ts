import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let ada: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
})
afterEach(() => net.close())

const memberOf = (person: TestPerson, identity: string) =>
  person.room(room).members.find((member) => member.identity === identity)

describe('what one notes of somebody else', () => {
  test('begins with a number that both see, and stays over a restart and without the views', async () => {
    const [adaId, benId] = [ada.status().identity, ben.status().identity]
    const { digits } = await ada.run('read-safety-number', { identity: benId })
    expect(digits).toMatch(/^\d{60}$/)
    expect(await ben.run('read-safety-number', { identity: adaId })).toEqual({ digits })
    await expect(ada.run('read-safety-number', { identity: adaId })).rejects.toMatchObject({ code: 'own-identity' })

    await ada.run('confirm-person', { identity: benId, confirmed: true })
    expect(memberOf(ada, benId)?.confirmed).toBeTypeOf('number')
    expect(memberOf(ben, benId)?.confirmed).toBeNull()
    await ada.close()
    await rm(join(ada.home, 'view.db'))
    ada = await net.open('Ada')
    expect(memberOf(ada, benId)?.confirmed).toBeTypeOf('number')
    await ada.run('confirm-person', { identity: benId, confirmed: false })
    expect(memberOf(ada, benId)?.confirmed).toBeNull()
  })

  test('names them everywhere, and their own name stands beside it', async () => {
    const benId = ben.status().identity
    await ben.send(room, 'Hello')
    await untilAllShow([ada, ben], room, ['Hello'])
    await ada.run('name-person', { identity: benId, name: ' My  brother ' })
    expect(memberOf(ada, benId)).toMatchObject({ name: 'My brother', chosenName: 'Ben' })
    expect(ada.rooms()[0]?.lastLine).toBe('My brother: Hello')
    const by = (items: ReturnType<TestPerson['timeline']>) =>
      items.filter(({ author }) => author === benId).map(({ name }) => name)
    expect(new Set(by(ada.timeline(room)))).toEqual(new Set(['My brother']))

    await ben.run('set-name', { name: 'Benjamin' })
    await until(() => memberOf(ada, benId)?.chosenName === 'Benjamin')
    expect(memberOf(ada, benId)?.name).toBe('My brother')
    expect(new Set(by(ada.timeline(room)))).toEqual(new Set(['My brother']))
    expect(memberOf(ben, benId)).toMatchObject({ name: 'Benjamin', chosenName: 'Benjamin' })
    await expect(ada.run('name-person', { identity: benId, name: '\u200b' })).rejects.toMatchObject({
      code: 'name-invalid',
    })
    await ada.run('name-person', { identity: benId, name: null })
    expect(new Set(by(ada.timeline(room)))).toEqual(new Set(['Benjamin']))
  })

  test('warns of another one who is called alike', async () => {
    const benId = ben.status().identity
    const other = await net.open('Bеn')
    const { link } = await ada.run('share-room', { room })
    await other.run('join-room', { link })
    await until(() => ada.room(room).members.length === 3)
    const otherId = other.status().identity
    expect(memberOf(ada, otherId)?.lookalike).toEqual({ name: 'Ben', here: true })
    expect(memberOf(ada, benId)?.lookalike).toEqual({ name: 'Bеn', here: true })
    await ada.run('name-person', { identity: benId, name: 'My brother' })
    expect(memberOf(ada, otherId)?.lookalike).toBeNull()
  })
})
