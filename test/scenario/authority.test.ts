import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Standing } from '../../node/api/commands.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { knownTo, openHostile } from '../support/hostile.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openStranger } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

/** What each of these people is to a room, as somebody sees it. */
function standings(seer: TestPerson, room: string): Record<string, Standing> {
  const { members, others } = seer.room(room)
  return Object.fromEntries([...members, ...others].map(({ name, standing }) => [name, standing]))
}

const untilIs = (seer: TestPerson, room: string, name: string, standing: Standing) =>
  until(() => standings(seer, room)[name] === standing, `${name} to be ${standing} for ${seer.name}`)

/** The reasons for which entries are hidden from somebody. */
const hidden = (seer: TestPerson, room: string) =>
  seer.timeline(room).flatMap((item) => (item.type === 'notice' && item.notice === 'hidden' ? [item.text] : []))

const idOf = (person: TestPerson) => person.status().identity

describe('somebody who is removed', () => {
  test('while their node is off writes on for themself, is refused at the door, and is shown no more', async () => {
    const [ada, ben, cleo] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cleo')]
    const room = await meet(ada, ben, cleo)
    await ben.send(room, 'Before')
    await untilAllShow([ada, cleo], room, ['Before'])
    await ben.close()
    await ada.run('remove-member', { room, person: idOf(ben) })
    await untilIs(cleo, room, 'Ben', 'removed')
    await cleo.send(room, 'He is gone')
    await untilShows(ada, room, ['Before', 'He is gone'])

    const again = await net.open('Ben')
    await until(() => again.room(room).told === 'removed', 'Ben to be told')
    await again.send(room, 'After')
    expect(again.texts(room)).toEqual(['Before', 'After'])
    expect(again.room(room).peers).toBe(0)
    for (const seer of [ada, cleo]) {
      expect(seer.texts(room)).toEqual(['Before', 'He is gone'])
      expect(seer.room(room).peers).toBe(1)
    }
    expect(again.texts(room)).not.toContain('He is gone')
  })

  test('has what they wrote behind the mark hidden, also from those who had read it', async () => {
    const [ada, ben, cleo] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cleo')]
    const room = await meet(ada, ben, cleo)
    await ben.send(room, 'Before')
    await untilAllShow([ada, cleo], room, ['Before'])
    await Promise.all([ben.close(), cleo.close()])
    await ada.run('remove-member', { room, person: idOf(ben) })
    await ada.close()
    const [benAgain, cleoAgain] = [await net.open('Ben'), await net.open('Cleo')]
    await benAgain.send(room, 'After')
    await untilShows(cleoAgain, room, ['Before', 'After'])
    const adaAgain = await net.open('Ada')
    for (const seer of [adaAgain, cleoAgain]) {
      await until(() => hidden(seer, room).length === 1, `one hidden entry at ${seer.name}`)
      expect(hidden(seer, room)).toEqual(['removed'])
      expect(seer.texts(room)).toEqual(['Before'])
    }
    const { report, messages } = await cleoAgain.verify(room)
    expect(report).toMatchObject({ ok: true, hidden: 1, messages: 1 })
    expect(messages.map(({ text }) => text)).toEqual(['Before'])
  })

  test('is let in again, with what they wrote meanwhile and nobody had', async () => {
    const [ada, ben, cleo] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cleo')]
    const room = await meet(ada, ben, cleo)
    await ben.send(room, 'Before')
    await untilAllShow([ada, cleo], room, ['Before'])
    await ben.close()
    await ada.run('remove-member', { room, person: idOf(ben) })
    await untilIs(cleo, room, 'Ben', 'removed')
    const again = await net.open('Ben')
    await again.send(room, 'In between')
    await until(() => again.room(room).told === 'removed', 'Ben to be told')
    await ada.run('admit-person', { room, person: idOf(ben) })
    await untilIs(again, room, 'Ben', 'member')
    await again.send(room, 'Thank you')
    await untilAllShow([ada, cleo], room, ['Before', 'In between', 'Thank you'])
  })

  test('loses their connection at once, and may not write once they know', async () => {
    const [ada, ben, cleo] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cleo')]
    const room = await meet(ada, ben, cleo)
    await ada.run('remove-member', { room, person: idOf(ben), ban: true })
    await until(() => ada.room(room).peers === 1 && cleo.room(room).peers === 1, 'Ben to be out')
    await until(() => ben.room(room).told === 'banned' || ben.room(room).standing === 'banned', 'Ben to know')
    await ada.send(room, 'Nothing for Ben')
    await untilShows(cleo, room, ['Nothing for Ben'])
    expect(ben.texts(room)).toEqual([])
    expect((await ada.verify(room)).report).toMatchObject({ ok: true, fallen: [] })
  })
})

describe('the link by which somebody came who is removed', () => {
  test('lets nobody in any more: not them, not under another name, and not whom they give it to', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const { room, link } = await ada.run('create-room', { name: 'Book club' })
    await ben.run('join-room', { link })
    await untilIs(ada, room, 'Ben', 'member')
    await ada.run('remove-member', { room, person: idOf(ben) })
    await until(() => ben.room(room).told === 'removed' || ben.room(room).standing === 'removed', 'Ben to know')
    await ben.close()
    const other = await net.open('Bernhard')
    await other.run('join-room', { link })
    await until(() => other.room(room).told === 'none', 'the other to be refused')
    expect(other.room(room).state).toBe('waiting')
    expect(standings(ada, room)).toEqual({ Ada: 'owner', Ben: 'removed' })
  })
})

describe('two admins', () => {
  test('who remove each other while they are apart are both out, for everybody', async () => {
    const people = [
      await net.open('Ada'),
      await net.open('Ben'),
      await net.open('Cleo'),
      await net.open('Dan'),
      await net.open('Eve'),
    ] as const
    const [ada, ben, cleo, dan, eve] = people
    const room = await meet(...people)
    await ada.run('change-role', { room, person: idOf(ben), role: 'admin' })
    await ada.run('change-role', { room, person: idOf(cleo), role: 'admin' })
    for (const each of people) {
      await untilIs(each, room, 'Ben', 'admin')
      await untilIs(each, room, 'Cleo', 'admin')
    }
    await Promise.all([cleo.close(), dan.close(), eve.close()])
    await ben.run('remove-member', { room, person: idOf(cleo) })
    await untilIs(ada, room, 'Cleo', 'removed')
    await Promise.all([ada.close(), ben.close()])

    const [cleoAgain, danAgain] = [await net.open('Cleo'), await net.open('Dan')]
    await cleoAgain.run('remove-member', { room, person: idOf(ben) })
    await untilIs(danAgain, room, 'Ben', 'removed')
    expect(standings(danAgain, room)).toMatchObject({ Cleo: 'admin' })
    const [adaAgain, eveAgain] = [await net.open('Ada'), await net.open('Eve')]
    for (const seer of [adaAgain, danAgain, eveAgain]) {
      await untilIs(seer, room, 'Ben', 'removed')
      await untilIs(seer, room, 'Cleo', 'removed')
      expect(seer.room(room).members.map(({ name, standing }) => [name, standing])).toEqual([
        ['Ada', 'owner'],
        ['Dan', 'member'],
        ['Eve', 'member'],
      ])
    }
    await until(() => cleoAgain.room(room).peers === 0, 'Cleo to be out')
    expect((await adaAgain.verify(room)).report).toMatchObject({ ok: true, fallen: [] })
  })
})

describe('a room with a lobby', () => {
  test('lets in who waits only when somebody says so, and shows them nothing before', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const { room, link } = await ada.run('create-room', { name: 'Book club', policy: 'lobby' })
    await ada.send(room, 'Not for everybody')
    await ben.run('join-room', { link })
    await untilIs(ada, room, 'Ben', 'waiting')
    await until(() => ben.room(room).told === 'waiting', 'Ben to be told')
    expect(ben.room(room)).toMatchObject({ standing: 'waiting', peers: 0, name: 'Book club' })
    expect(ben.texts(room)).toEqual([])
    expect(ben.room(room).members.map(({ name }) => name)).toEqual(['Ben'])
    await expect(ben.send(room, 'Hello?')).rejects.toMatchObject({ code: 'may-not-write' })

    await ada.run('admit-person', { room, person: idOf(ben) })
    await untilShows(ben, room, ['Not for everybody'])
    const id = await ben.send(room, 'Thank you')
    await untilAllShow([ada, ben], room, ['Not for everybody', 'Thank you'])
    for (const person of [ada, ben]) {
      const { report } = verifyFile(await person.backend.excerptRoom(room, [id]), { primitives })
      expect(report).toMatchObject({ ok: true, messages: 1, hidden: 0, fallen: [] })
      expect(report.authors.map(({ name, standing }) => [name, standing]).sort()).toEqual([
        ['Ada', 'owner'],
        ['Ben', 'member'],
      ])
      expect(report.checks.find(({ name }) => name === 'membership')?.outcome).toBe('passed')
    }
  })
})

describe('a link', () => {
  test('for one lets in one of two who come by it at the same time, and everybody agrees who', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const room = await meet(ada, ben)
    await ada.run('change-role', { room, person: idOf(ben), role: 'admin' })
    await untilIs(ben, room, 'Ben', 'admin')
    const { link } = await ada.run('create-invite', { room, uses: 1 })
    await until(() => ben.room(room).invites.length === 2, 'Ben to know the link')
    const [cleo, dan] = [await net.open('Cleo'), await net.open('Dan')]
    await Promise.all([cleo.run('join-room', { link }), dan.run('join-room', { link })])
    const namesFor = (seer: TestPerson) => seer.room(room).members.map(({ name }) => name)
    const areAgreed = () => namesFor(ada).length === 3 && namesFor(ada).join() === namesFor(ben).join()
    await until(areAgreed, 'one of them to be in')
    await ada.send(room, 'Welcome')
    await untilShows(ben, room, ['Welcome'])
    await until(areAgreed, 'both to see the same')
    expect(namesFor(ada).filter((name) => name === 'Cleo' || name === 'Dan')).toHaveLength(1)
  })

  test('that was revoked lets nobody in, and who came by it before stays', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const { room, link } = await ada.run('create-room', { name: 'Book club' })
    await ben.run('join-room', { link })
    await untilIs(ada, room, 'Ben', 'member')
    const [invite] = ada.room(room).invites
    await ada.run('revoke-invite', { room, invite: invite!.invite })
    await until(() => ben.room(room).invites.every(({ over }) => over !== null), 'Ben to know')
    await expect(ben.run('share-room', { room })).rejects.toMatchObject({ code: 'no-invite' })
    const cleo = await net.open('Cleo')
    await cleo.run('join-room', { link })
    await until(() => cleo.room(room).told === 'none', 'Cleo to be refused')
    expect(ada.room(room).members.length).toBe(2)
    const fresh = await ada.run('share-room', { room })
    expect(fresh.link).not.toBe(link)
    const dan = await net.open('Dan')
    await dan.run('join-room', { link: fresh.link })
    await untilIs(dan, room, 'Dan', 'member')
    await dan.send(room, 'By the new one')
    await untilAllShow([ada, ben], room, ['By the new one'])
  })

  test('for readers makes a reader, who reads and may not write', async () => {
    const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
    const { room } = await ada.run('create-room', { name: 'Book club', policy: 'invite-only' })
    const { link } = await ada.run('create-invite', { room, role: 'reader' })
    await ada.send(room, 'Read this')
    await ben.run('join-room', { link })
    await untilShows(ben, room, ['Read this'])
    expect(ben.room(room).standing).toBe('reader')
    await expect(ben.send(room, 'May I?')).rejects.toMatchObject({ code: 'may-not-write' })
    await expect(ben.run('create-invite', { room })).rejects.toMatchObject({ code: 'not-allowed' })
    await ada.run('change-role', { room, person: idOf(ben), role: 'member' })
    await untilIs(ben, room, 'Ben', 'member')
    await ben.send(room, 'Now I may')
    await untilShows(ada, room, ['Read this', 'Now I may'])
  })
})

test('a reader who writes all the same, with a program of their own, is shown to nobody, and says so in what is exported', async () => {
  const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
  const room = await meet(ada, ben)
  const { link } = await ada.run('create-invite', { room, role: 'reader' })
  const stranger = await openStranger(net.bootstrap)
  const mallory = await openHostile(net.home('mallory'), link)
  try {
    await mallory.log.append([
      mallory.entry(0, { type: 'joined', heads: [], admission: mallory.admission, as: 'Mallory' }),
      await mallory.begin(1, await knownTo(ada, room)),
      mallory.entry(2, { type: 'message-sent', text: 'I write' }),
    ])
    await mallory.meet(stranger)
    for (const seer of [ada, ben]) {
      await until(() => hidden(seer, room).length === 1, `one hidden entry at ${seer.name}`)
      expect(hidden(seer, room)).toEqual(['reader'])
      expect(seer.texts(room)).toEqual([])
      expect(standings(seer, room)).toMatchObject({ Mallory: 'reader' })
    }
    const { report, messages } = await ben.verify(room)
    expect(report).toMatchObject({ ok: true, hidden: 1 })
    expect(messages).toEqual([])
  } finally {
    await mallory.close()
    await stranger.close()
  }
})

test('who leaves is gone for the others, and keeps what was said', async () => {
  const [ada, ben] = [await net.open('Ada'), await net.open('Ben')]
  const room = await meet(ada, ben)
  await ben.send(room, 'Bye')
  await untilShows(ada, room, ['Bye'])
  await ben.run('leave-room', { room })
  await untilIs(ada, room, 'Ben', 'left')
  expect(ben.texts(room)).toEqual(['Bye'])
  await expect(ben.send(room, 'Still here?')).rejects.toMatchObject({ code: 'may-not-write' })
  await until(() => ada.room(room).peers === 0, 'Ben to be gone')
  await ada.close()
  const again = await net.open('Ada')
  expect(standings(again, room)).toEqual({ Ada: 'owner', Ben: 'left' })
  expect(hidden(again, room)).toEqual([])
})
