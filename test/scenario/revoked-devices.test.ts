import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { restoreHome } from '../../node/restore-home.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { messagesOf, openedFrom, sealedIn } from '../support/kept-keys.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let nowhere: Testnet
let laptop: TestPerson
let ben: TestPerson
let room: string
let words: string

beforeEach(async () => {
  ;[net, nowhere] = [await openTestnet(), await openTestnet()]
  laptop = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(laptop, ben)
  words = (await laptop.run('show-recovery-words', {})).words.join(' ')
  await laptop.run('forget-recovery-words', {})
})
afterEach(async () => {
  await net.close()
  await nowhere.close()
})

/** Another device of Ada's, let in to the room by Ben. */
async function openPhone(): Promise<TestPerson> {
  await restoreHome(net.home('Phone'), words, undefined)
  const phone = await net.open('Ada', { home: net.home('Phone') })
  await phone.run('join-room', { link: (await ben.run('share-room', { room })).link })
  const knowsBoth = (person: TestPerson) => person.devices().filter(({ revoked }) => !revoked).length === 2
  await until(() => knowsBoth(phone) && knowsBoth(laptop), 'each device to know of the other')
  return phone
}

/** Open a home where nobody of the others can be reached. */
async function openApart(name: string, home: string): Promise<TestPerson> {
  await rm(join(home, 'network.json'), { force: true })
  return nowhere.open(name, { home, bootstrap: nowhere.bootstrap })
}

const deviceOf = (person: TestPerson) => person.status().device

/** How many entries are hidden from somebody, for their device was revoked. */
const hidden = (seer: TestPerson) =>
  seer.timeline(room).filter((item) => item.type === 'notice' && item.notice === 'hidden' && item.text === 'revoked')
    .length

const untilHidden = (seer: TestPerson, count: number) =>
  until(() => hidden(seer) === count, `${count} hidden entries at ${seer.name}`)

const untilTold = (seer: TestPerson, in_ = room) =>
  until(
    () => seer.timeline(in_).some((item) => item.type === 'notice' && item.notice === 'identity-updated'),
    `word of the devices at ${seer.name}`,
  )

describe('a stolen device that another one has revoked', () => {
  test('writes on with its own node: nobody shows it, the door refuses it, and it is shown why', async () => {
    const phone = await openPhone()
    await laptop.send(room, 'From my laptop')
    await untilAllShow([phone, ben], room, ['From my laptop'])
    await laptop.close()
    const thief = await openApart('Ada', laptop.home)
    await thief.send(room, 'Send me money')
    await thief.close()

    expect(await phone.run('revoke-device', { device: deviceOf(laptop) })).toEqual({ rooms: 1 })
    await untilTold(ben)
    expect(phone.devices()).toMatchObject([{ revoked: expect.any(Boolean) }, { revoked: expect.any(Boolean) }])
    expect(phone.devices().find(({ self }) => !self)).toMatchObject({
      device: deviceOf(laptop),
      revoked: true,
      rooms: 1,
    })

    const again = await net.open('Ada', { home: laptop.home })
    await until(() => again.status().revoked, 'the laptop to learn that it was revoked')
    expect(again.room(room).peers).toBe(0)
    expect(again.texts(room)).toEqual(['From my laptop', 'Send me money'])
    await expect(again.send(room, 'And more')).rejects.toMatchObject({ code: 'device-revoked' })
    await expect(again.run('create-room', { name: 'Mine' })).rejects.toMatchObject({ code: 'device-revoked' })
    await expect(again.run('set-name', { name: 'Rich Ada' })).rejects.toMatchObject({ code: 'device-revoked' })
    await expect(again.run('revoke-device', { device: deviceOf(phone) })).rejects.toMatchObject({
      code: 'device-revoked',
    })
    await ben.send(room, 'Did you hear anything?')
    await untilAllShow([phone, ben], room, ['From my laptop', 'Did you hear anything?'])
    expect(again.texts(room)).not.toContain('Did you hear anything?')
    expect(ben.room(room).members.find(({ name }) => name === 'Ada')).toMatchObject({ standing: 'owner', devices: 1 })

    // It is the same after a restart, and opens at all.
    await again.close()
    const after = await net.open('Ada', { home: laptop.home })
    expect(after.status()).toMatchObject({ revoked: true, name: 'Ada' })
    expect(after.texts(room)).toEqual(['From my laptop', 'Send me money'])
  })

  test('opens neither text nor header of what is said afterwards, with all that its node has kept', async () => {
    const phone = await openPhone()
    await laptop.send(room, 'From my laptop')
    await ben.send(room, 'From Ben')
    await untilAllShow([laptop, phone, ben], room, ['From my laptop', 'From Ben'])
    const before = messagesOf(await sealedIn(room, ben)).length
    await phone.run('revoke-device', { device: deviceOf(laptop) })
    await untilTold(ben)
    await ben.send(room, 'Not for thieves')
    await phone.send(room, 'Nor this')
    await untilAllShow([phone, ben], room, ['From my laptop', 'From Ben', 'Not for thieves', 'Nor this'])
    await laptop.close()
    const opened = await openedFrom(laptop.home, messagesOf(await sealedIn(room, ben)))
    expect(opened.filter((each) => each === 'whole')).toHaveLength(before)
    expect(opened.filter((each) => each === null)).toHaveLength(2)
    expect((await ben.verify(room)).report).toMatchObject({ ok: true, messages: 4 })
  })

  test('has hidden what it wrote meanwhile, also from those who had read it, and in what they export', async () => {
    const phone = await openPhone()
    const kept = await laptop.send(room, 'From my laptop')
    await untilAllShow([phone, ben], room, ['From my laptop'])
    await phone.close()
    const money = await laptop.send(room, 'Send me money')
    await laptop.run('set-name', { name: 'Rich Ada' })
    await untilShows(ben, room, ['From my laptop', 'Send me money'])
    await until(() => ben.room(room).members.some(({ name }) => name === 'Rich Ada'))
    await Promise.all([laptop.close(), ben.close()])

    const phoneAgain = await net.open('Ada', { home: phone.home })
    await phoneAgain.run('revoke-device', { device: deviceOf(laptop) })
    let benAgain = await net.open('Ben')
    await untilHidden(benAgain, 2)
    expect(benAgain.texts(room)).toEqual(['From my laptop'])
    expect(benAgain.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
    const { report, messages } = await benAgain.verify(room)
    expect(report).toMatchObject({ ok: true, hidden: 0 })
    // What it sealed its epochs to stands there too, and is counted.
    expect(report.revoked).toBeGreaterThanOrEqual(2)
    expect(messages.map(({ text }) => text)).toEqual(['From my laptop'])
    const excerpt = verifyFile(await benAgain.backend.excerptRoom(room, [kept, money]), { primitives })
    expect(excerpt.report).toMatchObject({ ok: true, revoked: 1, messages: 1 })
    expect(excerpt.messages.map(({ text }) => text)).toEqual(['From my laptop'])

    await benAgain.close()
    benAgain = await net.open('Ben')
    await untilHidden(benAgain, 2)
    expect(benAgain.texts(room)).toEqual(['From my laptop'])
  })

  test('does not come in to a room that its owner made later', async () => {
    const phone = await openPhone()
    await laptop.close()
    await phone.run('revoke-device', { device: deviceOf(laptop) })
    const later = await phone.run('create-room', { name: 'Without the laptop' })
    await ben.run('join-room', { link: later.link })
    await untilTold(ben, later.room)
    const thief = await openApart('Ada', laptop.home)
    await thief.run('join-room', { link: later.link })
    await thief.close()
    const again = await net.open('Ada', { home: laptop.home })
    await until(() => again.status().revoked)
    expect(again.room(later.room).members.map(({ name }) => name)).not.toContain('Ben')
    expect(ben.room(later.room).members).toMatchObject([{ name: 'Ada', devices: 1 }, { name: 'Ben' }])
  })
})

test('who comes in to a room with word of a revoked device leaves there what it had written by then', async () => {
  const club = await laptop.run('create-room', { name: 'Only the laptop is here' })
  await ben.run('join-room', { link: club.link })
  const said = Array.from({ length: 40 }, (_, i) => `Line ${i}`)
  for (const text of said) await laptop.send(club.room, text)
  await untilShows(ben, club.room, said)
  const phone = await openPhone()
  await phone.run('revoke-device', { device: deviceOf(laptop) })
  expect(ben.texts(club.room)).toEqual(said)

  await phone.run('join-room', { link: club.link })
  await untilTold(ben, club.room)
  await untilShows(phone, club.room, said)
  expect(ben.texts(club.room)).toEqual(said)
  await until(() => laptop.status().revoked)
  expect(phone.texts(club.room)).toEqual(said)
})

test('a device that is revoked with the words is out, whatever it says at the same time, and the other one is not', async () => {
  const phone = await openPhone()
  const other = (await ben.run('show-recovery-words', {})).words.join(' ')
  const device = deviceOf(laptop)
  await expect(phone.run('revoke-device', { device, words: other })).rejects.toMatchObject({ code: 'words-wrong' })
  await Promise.all([phone.close(), ben.close()])
  await laptop.run('revoke-device', { device: deviceOf(phone) })
  await laptop.close()

  const phoneAgain = await openApart('Ada', phone.home)
  expect(await phoneAgain.run('revoke-device', { device, words })).toEqual({ rooms: 1 })
  await phoneAgain.close()
  const [one, two, seer] = [
    await net.open('Ada', { home: phone.home }),
    await net.open('Ada', { home: laptop.home }),
    await net.open('Ben'),
  ]
  await until(() => two.status().revoked, 'the laptop to learn that it was revoked')
  await one.send(room, 'It is I')
  await untilShows(seer, room, ['It is I'])
  expect(one.status().revoked).toBe(false)
  expect(seer.room(room).members.find(({ name }) => name === 'Ada')).toMatchObject({ devices: 1 })
})

test('two devices that revoke each other while they are apart are both out, once word of both has met', async () => {
  const cleo = await net.open('Cleo')
  await cleo.run('join-room', { link: (await ben.run('share-room', { room })).link })
  const phone = await openPhone()
  await until(() => [laptop, phone, ben, cleo].every((each) => each.room(room).members.length === 3))
  await Promise.all([laptop, phone, ben, cleo].map((each) => each.close()))

  const [one, two] = [await net.open('Ada', { home: phone.home }), await net.open('Ben')]
  await one.run('revoke-device', { device: deviceOf(laptop) })
  await untilTold(two)
  await Promise.all([one.close(), two.close()])
  const [three, four] = [await net.open('Ada', { home: laptop.home }), await net.open('Cleo')]
  await three.run('revoke-device', { device: deviceOf(phone) })
  await untilTold(four)
  await Promise.all([three.close(), four.close()])

  const seers = [await net.open('Ben'), await net.open('Cleo')]
  for (const seer of seers) {
    await until(
      () => seer.room(room).members.find(({ name }) => name === 'Ada')?.devices === 0,
      `no device of Ada's for ${seer.name}`,
    )
  }
  for (const home of [phone.home, laptop.home]) {
    const device = await net.open('Ada', { home })
    await until(() => device.status().revoked)
    await expect(device.send(room, 'It is I')).rejects.toMatchObject({ code: 'device-revoked' })
  }
})

test('nobody revokes the device that they are using, nor one that is none of theirs', async () => {
  await expect(laptop.run('revoke-device', { device: deviceOf(laptop) })).rejects.toMatchObject({ code: 'own-device' })
  await expect(laptop.run('revoke-device', { device: deviceOf(ben) })).rejects.toMatchObject({ code: 'no-such-device' })
})
