import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallView } from '../../node/api/views.ts'
import { restoreHome } from '../../node/restore-home.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import type { VaultContent } from '../../node/storage/key-vault.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { channelId, deviceProof, proveRoom } from '../../protocol/replication/handshake.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { encodeOwnEvent } from '../../protocol/room/own-room.ts'
import { roomSecrets } from '../../protocol/room/room-secrets.ts'
import { chromiumAnswer, chromiumOffer } from '../protocol/call/chromium.ts'
import { openHostile } from '../support/hostile.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { openStranger } from '../support/stranger.ts'
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

/** A node that has got hold of the seeds of Ada's own room, but is no device of hers, as a link to that room. */
async function linkToOwnRoom(): Promise<string> {
  const { content } = JSON.parse(await readFile(join(net.home('Phone'), 'vault.json'), 'utf8')) as {
    content: VaultContent
  }
  const { genesis, secret, inviteSeed } = content.ownRoom
  const [known] = decodeLink((await laptop.run('share-room', { room })).link, primitives).hints
  const bytes = { genesis: fromHex(genesis), secret: fromHex(secret), inviteSeed: fromHex(inviteSeed!), expires: null }
  return encodeLink({ ...bytes, name: 'Mine', inviter: 'Ada', hints: [known!] }, primitives)
}

describe('somebody else who has the secrets of an own room', () => {
  test('is let in by no device, and learns nothing but that the secrets are right', async () => {
    const link = await linkToOwnRoom()
    const mallory = await openHostile(net.home('mallory'), link)
    const name = encodeOwnEvent({ type: 'name-chosen', name: 'Mallory' })
    const joined = { type: 'joined', heads: [], admission: mallory.admission, as: 'Mallory' } as const
    await mallory.log.append([mallory.entry(0, joined)])
    await mallory.log.append([
      mallory.entry(1, { type: 'message-sent', text: 'x' }, { kind: 'name-chosen', body: name }),
    ])
    const stranger = await openStranger(net.bootstrap)
    try {
      const { genesis, secret, hints } = decodeLink(link, primitives)
      const connection = await stranger.dial(hints[0]!.key)
      const { handshakeHash } = connection.stream
      const secrets = roomSecrets(secret, primitives)
      const channel = connection.openRoom(channelId(secrets, handshakeHash, primitives))
      channel.send(0, proveRoom(secrets, handshakeHash, 'initiator', primitives))
      const signed = deviceProof(roomId(genesis, primitives), handshakeHash, 'initiator')
      channel.send(1, mallory.introduction(signed))
      await until(() => channel.isClosed, 'the end of the channel')
      expect(channel.received.map(([type]) => type)).toEqual([0])
      expect(laptop.status().name).toBe('Ada')
    } finally {
      await stranger.close()
      await mallory.close()
    }
  })
})

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

  test('ring both, and fall silent when one of them answers', async () => {
    const callOf = ({ backend }: TestPerson) => {
      let seen: CallView['call'] = null
      backend.watch({ type: 'call' }, (view) => (seen = (view as CallView).call))()
      return seen as CallView['call']
    }
    await until(() => ben.room(room).members.some(({ self, devices }) => !self && devices === 2), 'both devices')
    await until(() => ben.room(room).peers === 2, 'a connection to both')
    const { call } = await ben.run('start-call', { room, to: laptop.status().identity, sdp: chromiumOffer })
    const rings = (device: TestPerson) => callOf(device)?.state === 'ringing' && callOf(device)?.remote !== null
    await until(() => rings(laptop) && rings(phone), 'that both ring')
    await phone.run('accept-call', { call, sdp: chromiumAnswer })
    await until(() => callOf(ben)?.state === 'connecting', 'the answer')
    await until(() => callOf(laptop)?.state === 'ended', 'that the laptop is silent')
    expect(callOf(laptop)?.reason).toBe('elsewhere')
    await phone.run('end-call', { call, reason: 'hung-up' })
    await until(
      () => ben.timeline(room).some((item) => item.type === 'call' && item.reason === 'hung-up'),
      'the end of the call',
    )
  })

  test('show nothing of their own room in any list', async () => {
    expect(phone.rooms().map(({ name }) => name)).toEqual(['Book club'])
    expect(laptop.room(room).members).toHaveLength(2)
  })
})
