import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OwnGroupCall } from '../../node/api/calls.ts'
import { playLinks } from '../support/call-page.ts'
import { meet, type TestPerson } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
/** Whose page is open. */
let pages: Set<TestPerson>
let isOver = false
let playing: Promise<void>

beforeEach(async () => {
  net = await openTestnet()
  pages = new Set()
  isOver = false
  playing = play()
})
afterEach(async () => {
  isOver = true
  await playing
  await net.close()
})

/** Every page that is open does its part, again and again. */
async function play(): Promise<void> {
  while (!isOver) {
    for (const person of pages) {
      const commands = {
        offerLink: (call: string, device: string, sdp: string) => person.run('offer-link', { call, device, sdp }),
        answerLink: (call: string, device: string, link: string, sdp: string) =>
          person.run('answer-link', { call, device, link, sdp }),
      }
      await playLinks(own(person), commands).catch(() => undefined)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function own({ backend }: TestPerson): OwnGroupCall | null {
  let call: OwnGroupCall | null = null
  backend.watch({ type: 'group-call' }, (view) => {
    call = view.call
  })()
  return call
}

const namesIn = (person: TestPerson) => (own(person)?.participants ?? []).map(({ name }) => name).sort()
const on = (person: TestPerson, room: string) => person.room(room).groupCalls[0]
const hasCode = (code: string) => expect.objectContaining({ code })

async function untilLinked(...people: readonly TestPerson[]): Promise<void> {
  const isLinked = (person: TestPerson) =>
    own(person)?.participants.filter(({ state }) => state === 'connected').length === people.length - 1
  await until(() => people.every(isLinked), 'the links')
  for (const one of people) {
    const others = people.filter((each) => each !== one).map(({ name }) => name)
    await until(() => namesIn(one).join() === others.sort().join(), 'nobody else')
  }
}

describe('people of a room', () => {
  test('come to a call and leave it, and the room tells who was in it', async () => {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const cyd = await net.open('Cyd')
    pages = new Set([ada, ben, cyd])
    const room = await meet(ada, ben, cyd)
    await until(() => [ada, ben, cyd].every((person) => person.room(room).peers === 2), 'the others')
    const { call } = await ada.run('start-group-call', { room })
    for (const person of [ben, cyd]) {
      await until(() => on(person, room)?.call === call, 'the call')
      await person.run('join-call', { call })
    }
    await untilLinked(ada, ben, cyd)
    expect(on(ben, room)).toMatchObject({ mine: true, full: false })

    await cyd.run('leave-call', { call })
    await untilLinked(ada, ben)
    await cyd.run('join-call', { call })
    await untilLinked(ada, ben, cyd)

    // Whoever comes back finds the call that they were in before, and is not in it.
    pages.delete(ben)
    await ben.close()
    const again = await net.open('Ben')
    await until(() => on(again, room)?.people.length === 2, 'the call')
    await untilLinked(ada, cyd)
    expect(own(again)).toBeNull()
    expect(on(again, room)!.people.map(({ name }) => name)).toEqual(['Ada', 'Cyd'])
    pages.add(again)
    await again.run('join-call', { call })
    await untilLinked(ada, again, cyd)

    for (const person of [ada, again, cyd]) await person.run('leave-call', { call })
    await until(() => [ada, again, cyd].every((person) => on(person, room) === undefined), 'the end')
    for (const person of [ada, again, cyd]) {
      const [item] = person.timeline(room).filter((each) => each.type === 'group-call')
      expect(item).toMatchObject({ call, name: 'Ada', people: [{ name: 'Ada' }, { name: 'Ben' }, { name: 'Cyd' }] })
    }
  })

  test('see who crashed in a call go, and not in it when they are back', async () => {
    const ada = await net.open('Ada')
    const ben = await net.start('Ben')
    const { room, link } = await ada.run('create-room', { name: 'Book club' })
    await ben.run('join-room', { link })
    await until(() => ada.room(room).members.length === 2, 'Ben')
    const { call } = await ben.run('start-group-call', { room })
    await until(() => on(ada, room)?.people[0]?.name === 'Ben', 'the call')
    await ben.kill()
    await until(() => on(ada, room) === undefined, 'the end')
    await expect(ada.run('join-call', { call })).rejects.toThrow(hasCode('no-such-call'))
    await net.start('Ben')
    await until(() => ada.room(room).peers === 1, 'Ben again')
    await ada.send(room, 'Are you there?')
    expect(on(ada, room)).toBeUndefined()
  })

  test('may come only if they may write: a reader sees that it is on', async () => {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ada.run('change-role', { room, person: ben.status().identity, role: 'reader' })
    const { call } = await ada.run('start-group-call', { room })
    await until(() => on(ben, room)?.call === call && ben.room(room).standing === 'reader', 'the call')
    await expect(ben.run('join-call', { call })).rejects.toThrow(hasCode('may-not-write'))
    expect(own(ben)).toBeNull()
  })
})
