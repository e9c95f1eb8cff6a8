import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { verifyBundle } from '../../protocol/verification/index.ts'
import { epochEventsIn, messagesOf, openedFrom, sealedIn, sealedOf } from '../support/kept-keys.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const dayMs = 86_400_000

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

const idOf = (person: TestPerson) => person.status().identity

async function makeRoom(owner: TestPerson, history: 'all' | 'joined'): Promise<{ room: string; link: string }> {
  return owner.run('create-room', { name: 'Book club', history })
}

async function enter(person: TestPerson, room: string, link: string, ...others: readonly TestPerson[]): Promise<void> {
  await person.run('join-room', { link })
  const all = [person, ...others]
  await until(() => all.every((each) => each.room(room).members.length === all.length), `${person.name} in the room`)
}

describe('somebody who is removed', () => {
  test('opens neither text nor header of what is said afterwards, with all that their node has kept', async () => {
    const people = [await net.open('Ada'), await net.open('Ben'), await net.open('Cy')] as const
    const [ada, ben, cy] = people
    const room = await meet(ada, ben, cy)
    await ada.send(room, 'For all three')
    await ben.send(room, 'For all three too')
    await untilAllShow(people, room, ['For all three', 'For all three too'])
    const before = messagesOf(await sealedIn(room, ada)).length
    await ada.run('remove-member', { room, person: idOf(cy) })
    await until(() => ben.room(room).others.some(({ name }) => name === 'Cy'), 'that Ben knows')
    await ada.send(room, 'Without Cy')
    await ben.send(room, 'Without Cy too')
    await untilAllShow([ada, ben], room, ['For all three', 'For all three too', 'Without Cy', 'Without Cy too'])
    await cy.close()
    const opened = await openedFrom(cy.home, messagesOf(await sealedIn(room, ben)))
    expect(opened.filter((each) => each === 'whole')).toHaveLength(before)
    expect(opened.filter((each) => each === null)).toHaveLength(2)
    expect((await ben.verify(room)).report).toMatchObject({ ok: true, messages: 4 })
  })
})

describe('somebody who comes later', () => {
  test('reads nothing of what was said before, where the room is made so, and is told that in its place', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const { room, link } = await makeRoom(ada, 'joined')
    await enter(ben, room, link, ada)
    await ada.send(room, 'Before')
    await ben.send(room, 'Before too')
    await untilAllShow([ada, ben], room, ['Before', 'Before too'])
    const before = messagesOf(await sealedIn(room, ada))
    const cy = await net.open('Cy')
    await enter(cy, room, link, ada, ben)
    await until(() => cy.room(room).unreadable === 2, 'what Cy cannot read')
    await ada.send(room, 'After')
    await ben.send(room, 'After too')
    await untilShows(cy, room, ['After', 'After too'])
    expect(cy.room(room)).toMatchObject({ history: 'joined', unreadable: 2, troubles: [], syncing: null })
    expect(cy.timeline(room).flatMap(({ flaw }) => flaw ?? [])).toEqual([])
    await cy.send(room, 'Cy says something')
    await untilAllShow([ada, ben], room, ['Before', 'Before too', 'After', 'After too', 'Cy says something'])
    expect(ada.timeline(room).flatMap(({ flaw }) => flaw ?? [])).toEqual([])
    expect((await cy.verify(room)).report).toMatchObject({ ok: true })
    await cy.close()
    expect((await openedFrom(cy.home, before)).filter((each) => each === 'whole')).toEqual([])
  })

  test('reads everything once: nothing is without its text for a moment while it arrives', async () => {
    const ada = await net.open('Ada')
    const room = (await makeRoom(ada, 'all')).room
    const texts = Array.from({ length: 600 }, (_, i) => `${i}`)
    await Promise.all(texts.map((text) => ada.run('send-message', { room, text })))
    const cy = await net.open('Cy')
    await cy.run('join-room', { link: (await ada.run('share-room', { room })).link })
    const unreadable = new Set<number>()
    await until(() => {
      unreadable.add(cy.room(room).unreadable)
      return cy.room(room).syncing === null && cy.texts(room).at(-1) === '599'
    }, 'that all is here')
    expect([...unreadable]).toEqual([0])
    expect((await cy.verify(room)).report).toMatchObject({ ok: true, messages: 600 })
  })

  test('reads all of it where the room is made so, also of who is away, and writes what nobody finds wrong', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const room = await meet(ada, ben)
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`)
    for (const [i, text] of texts.entries()) {
      await (i % 2 ? ada : ben).send(room, text)
      await untilAllShow([ada, ben], room, texts.slice(0, i + 1))
    }
    await ben.close()
    const cy = await net.open('Cy')
    await cy.run('join-room', { link: (await ada.run('share-room', { room })).link })
    await untilShows(cy, room, texts)
    expect(cy.room(room)).toMatchObject({ history: 'all', unreadable: 0 })
    await cy.send(room, 'I have read it all')
    await untilAllShow([ada, cy], room, [...texts, 'I have read it all'])
    for (const person of [ada, cy]) {
      expect(person.timeline(room).flatMap(({ flaw }) => flaw ?? [])).toEqual([])
      expect((await person.verify(room)).report).toMatchObject({ ok: true, messages: 21 })
    }
  })

  test('is given it by another, where those who let them in are away', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const room = await meet(ada, ben)
    await ada.send(room, 'Said by Ada')
    await ben.send(room, 'Said by Ben')
    await untilAllShow([ada, ben], room, ['Said by Ada', 'Said by Ben'])
    const { link } = await ben.run('share-room', { room })
    await ada.close()
    const cy = await net.open('Cy')
    await cy.run('join-room', { link })
    await untilShows(cy, room, ['Said by Ada', 'Said by Ben'])
    const grants = epochEventsIn(await cy.backend.exportRoom(room, 'all')).filter(
      ({ type }) => type === 'history-granted',
    )
    expect(grants).toHaveLength(1)
  })
})

describe('two people who were apart', () => {
  test('for several epochs read everything of each other, in one order, and what is folded anew is the same', async () => {
    let now = Date.now()
    const options = { now: () => now }
    let people = [await net.open('Ada', options), await net.open('Ben', options), await net.open('Cy', options)]
    const room = await meet(people[0]!, people[1]!, people[2]!)
    const said: string[] = []
    const say = async (person: TestPerson, text: string) => {
      await person.send(room, text)
      said.push(text)
    }
    await say(people[0]!, 'All are here')
    await untilAllShow(people, room, said)
    await people[2]!.close()
    for (let week = 1; week <= 3; week++) {
      now += 8 * dayMs
      await say(people[0]!, `Ada in week ${week}`)
      await untilAllShow(people.slice(0, 2), room, said)
      await say(people[1]!, `Ben in week ${week}`)
      await untilAllShow(people.slice(0, 2), room, said)
    }
    const epochs = new Set(
      messagesOf(await sealedIn(room, people[0]!)).map(({ place, frame }) => `${toHex(place.log)}/${frame.epoch}`),
    )
    expect(epochs.size).toBe(7)
    const cy = await net.open('Cy', options)
    await untilShows(cy, room, said)
    await cy.send(room, 'Cy is back')
    await untilAllShow([people[0]!, people[1]!, cy], room, [...said, 'Cy is back'])
    people = [people[0]!, people[1]!, cy]
    const shown = cy.timeline(room)
    await cy.close()
    await rm(join(cy.home, 'view.db'))
    const again = await net.open('Cy', options)
    await untilShows(again, room, [...said, 'Cy is back'])
    expect(again.timeline(room)).toEqual(shown)
  })
})

test('no step of an epoch is used for two texts, whenever a node is killed, and an epoch that was cut off is not gone on with', async () => {
  let ada = await net.start('Ada')
  const { room } = await ada.run('create-room', { name: 'Diary' })
  for (let round = 0; round < 4; round++) {
    let acknowledged = 0
    const said = Array.from({ length: 30 }, async (_, i) => {
      await ada.run('send-message', { room, text: `${round} ${i}` })
      acknowledged++
    })
    const ended = Promise.allSettled(said)
    await until(() => acknowledged > 0, 'an acknowledgement')
    await ada.kill()
    await ended
    ada = await net.start('Ada')
  }
  await ada.run('send-message', { room, text: 'Enough' })
  const bytes = await ada.exportRoom(room)
  const steps = messagesOf(sealedOf(bytes)).map(({ frame }) => `${frame.epoch}/${frame.step}`)
  expect(steps.length).toBeGreaterThan(4)
  expect(new Set(steps).size).toBe(steps.length)
  const reasons = epochEventsIn(bytes).flatMap((event) => (event.type === 'epoch-started' ? [event.reason] : []))
  expect(reasons).toEqual(['begun', ...reasons.slice(1).map(() => 'unclean')])
  expect(reasons.length).toBeGreaterThan(1)
  expect(verifyBundle(bytes, { primitives }).report).toMatchObject({ ok: true, messages: steps.length })
})
