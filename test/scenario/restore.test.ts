import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { restoreHome } from '../../node/restore-home.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let ada: TestPerson
let ben: TestPerson
let room: string
let words: string

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  words = (await ada.run('show-recovery-words', {})).words.join(' ')
  await ada.run('forget-recovery-words', {})
})
afterEach(() => net.close())

async function restored(home: string): Promise<TestPerson> {
  await restoreHome(net.home(home), words, undefined)
  return net.open('Ada', { home: net.home(home) })
}

/** While no other device of theirs is online, only somebody else can tell them of a room. */
async function letIn(person: TestPerson): Promise<void> {
  const { link } = await ben.run('share-room', { room })
  await person.run('join-room', { link })
}

const untilIn = (person: TestPerson) => until(() => person.rooms().some(({ id }) => id === room), 'the room')

const adaIn = (person: TestPerson) =>
  person.room(room).members.filter(({ identity }) => identity === ada.status().identity)

describe('who comes back by their words', () => {
  test('is the same person on a new device, and both devices talk with others and with each other', async () => {
    await ada.send(room, 'From my laptop')
    await untilAllShow([ada, ben], room, ['From my laptop'])
    await ben.run('confirm-person', { identity: ada.status().identity, confirmed: true })
    const before = await ben.run('read-safety-number', { identity: ada.status().identity })

    const phone = await restored('Phone')
    expect(phone.status()).toMatchObject({ identity: ada.status().identity, wordsKept: false })
    expect(phone.status().device).not.toBe(ada.status().device)
    await untilIn(phone)
    await until(() => [ada, ben, phone].every((person) => adaIn(person)[0]?.devices === 2), 'two devices of Ada')
    expect(ben.room(room).members).toMatchObject([
      { name: 'Ada', devices: 2, online: true, lookalike: null, confirmed: expect.any(Number) },
      { name: 'Ben' },
    ])
    expect(await ben.run('read-safety-number', { identity: ada.status().identity })).toEqual(before)
    expect(ben.timeline(room)).toContainEqual(
      expect.objectContaining({ type: 'notice', notice: 'device-joined', name: 'Ada', self: false }),
    )

    await untilShows(phone, room, ['From my laptop'])
    await phone.send(room, 'From my phone')
    await untilAllShow([ada, ben, phone], room, ['From my laptop', 'From my phone'])
    await ben.send(room, 'There you are, twice')
    await untilAllShow([ada, ben, phone], room, ['From my laptop', 'From my phone', 'There you are, twice'])
    // What one has written oneself, on whatever device, is not news.
    expect(ada.timeline(room).filter(({ self, type }) => self && type === 'message')).toHaveLength(2)
    expect(ada.rooms()[0]?.unread).toBe(1)
    for (const person of [ada, ben, phone]) {
      const { report } = await person.verify(room)
      expect(report).toMatchObject({ ok: true, messages: 3 })
      expect(report.authors.map(({ name, messages }) => [name, messages])).toEqual(
        expect.arrayContaining([
          ['Ada', 2],
          ['Ben', 1],
        ]),
      )
    }
    await phone.close()
    await until(() => ben.room(room).peers === 1)
    expect(adaIn(ben)).toMatchObject([{ online: true, devices: 2 }])
  })

  test('comes back while the old device is gone for good', async () => {
    await ada.send(room, 'Before the fire')
    await untilAllShow([ada, ben], room, ['Before the fire'])
    const { identity } = ada.status()
    await ada.close()
    const phone = await restored('Phone')
    expect(phone.status().identity).toBe(identity)
    await letIn(phone)
    await untilShows(phone, room, ['Before the fire'])
    expect(phone.timeline(room).find(({ type }) => type === 'message')).toMatchObject({ self: true, name: 'Ada' })
    const again = phone.status().device
    await phone.close()
    expect((await net.open('Ada', { home: net.home('Phone') })).status()).toMatchObject({ identity, device: again })
  })

  test('is refused with other words, and on a node that is somebody’s already', async () => {
    const wrong = words.replace(/^\w+/, 'parley')
    await expect(ben.run('restore-identity', { words: wrong })).rejects.toMatchObject({ code: 'words-wrong' })
    await expect(ben.run('restore-identity', { words })).rejects.toMatchObject({ code: 'not-fresh' })
    await expect(ben.run('read-recovery-words', { words })).resolves.toEqual({ identity: ada.status().identity })
    const { identity } = ben.status()
    await ben.close()
    await expect(restoreHome(net.home('Ben'), words, undefined)).rejects.toMatchObject({ code: 'not-fresh' })
    expect((await net.open('Ben')).status().identity).toBe(identity)
  })
})
