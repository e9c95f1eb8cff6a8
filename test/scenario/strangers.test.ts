import { randomBytes } from 'node:crypto'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeLogs, encodeIntroduction, encodeLogs } from '../../node/replication/messages.ts'
import { freshVault, type Person, personOf } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { logBinding } from '../../protocol/log/hypercore.ts'
import { channelId, deviceProof, proveRoom, roomTopics } from '../../protocol/replication/handshake.ts'
import { type Admission, admit, signAdmission } from '../../protocol/room/admission.ts'
import { decodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import { decodeLink, type RoomLink } from '../../protocol/room/link.ts'
import { type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import type { TestPerson } from '../support/nodes.ts'
import { openStranger, type Stranger, type StrangerConnection } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const [proof, introduction, heads, presence] = [0, 1, 2, 3] as const

let net: Testnet
let stranger: Stranger
let ada: TestPerson
let link: RoomLink
let secrets: RoomSecrets
let room: string

beforeEach(async () => {
  net = await openTestnet()
  stranger = await openStranger(net.bootstrap)
  ada = await net.open('Ada')
  const created = await ada.run('create-room', { name: 'Book club' })
  room = created.room
  link = decodeLink(created.link, primitives)
  secrets = roomSecrets(link.secret, primitives)
  await ada.send(room, 'Nobody else shall read this')
})
afterEach(async () => {
  await stranger.close()
  await net.close()
})

const idOf = (from: RoomSecrets, { stream }: StrangerConnection) => channelId(from, stream.handshakeHash, primitives)
const proofOf = (from: RoomSecrets, { stream }: StrangerConnection) =>
  proveRoom(from, stream.handshakeHash, 'initiator', primitives)

/** What would tell somebody of this room, or of Ada. */
function traces(): Buffer[] {
  const { identity, device } = ada.status()
  return [room, identity, device].map((hex) => Buffer.from(hex, 'hex'))
}

function expectNothing(connection: StrangerConnection): void {
  const bytes = connection.bytes()
  expect(bytes.includes('hypercore/alpha')).toBe(false)
  for (const trace of traces()) expect(bytes.includes(trace)).toBe(false)
}

function newcomer(inviteSeed: Uint8Array): { person: Person; admission: Admission } {
  const person = personOf(freshVault(primitives), primitives)
  const owner = {
    room: roomId(link.genesis, primitives),
    identity: person.identity,
    device: person.device,
    generation: 0,
  }
  const signature = signAdmission(owner, inviteSeed, primitives)
  return {
    person,
    admission: {
      identity: person.statements,
      device: person.device,
      generation: 0,
      invite: primitives.publicKey(inviteSeed),
      signature,
    },
  }
}

function introduce({ stream }: StrangerConnection, { person, admission }: ReturnType<typeof newcomer>): Uint8Array {
  const signed = deviceProof(roomId(link.genesis, primitives), stream.handshakeHash, 'initiator')
  return encodeIntroduction({ admission, signature: primitives.sign(signed, person.deviceSeed), port: 0 })
}

/** Go through the whole handshake as a new member. */
async function comeIn(connection: StrangerConnection) {
  const channel = connection.openRoom(idOf(secrets, connection))
  channel.send(proof, proofOf(secrets, connection))
  const member = newcomer(link.inviteSeed)
  channel.send(introduction, introduce(connection, member))
  for (const message of encodeLogs([{ admission: member.admission, head: null }])) channel.send(heads, message)
  await until(() => channel.received.some(([type]) => type === heads), 'heads')
  return channel
}

describe('a stranger', () => {
  test('without the secret of a room, or with that of another, gets no answer', async () => {
    for (const from of [secretsOf(randomBytes(32)), secretsOf(randomBytes(32))]) {
      const connection = await stranger.dial(link.hints[0]!.key)
      const channel = connection.openRoom(idOf(from, connection))
      channel.send(proof, proofOf(from, connection))
      await until(() => channel.isClosed, 'the end of the channel')
      expect(channel.received).toEqual([])
      expectNothing(connection)
    }
  })

  test('with the secret but no invite gets the proof that it can make itself, and nothing more', async () => {
    const connection = await stranger.dial(link.hints[0]!.key)
    const channel = connection.openRoom(idOf(secrets, connection))
    channel.send(proof, proofOf(secrets, connection))
    await until(() => channel.received.length > 0, 'a proof')
    channel.send(introduction, introduce(connection, newcomer(randomBytes(32))))
    await until(() => channel.isClosed, 'the end of the channel')
    expect(channel.received.map(([type]) => type)).toEqual([proof])
    expectNothing(connection)
  })

  test('who has just been let in, and has let nobody in, is not shown as a peer and gets no heads', async () => {
    const connection = await stranger.dial(link.hints[0]!.key)
    const channel = connection.openRoom(idOf(secrets, connection))
    channel.send(proof, proofOf(secrets, connection))
    channel.send(introduction, introduce(connection, newcomer(link.inviteSeed)))
    await until(() => channel.received.some(([type]) => type === introduction), 'the answer')
    expect(ada.room(room).peers).toBe(0)
    expect(channel.received.map(([type]) => type)).toEqual([proof, introduction])
  })

  test('who skips a step of the handshake loses the channel', async () => {
    const logs = encodeLogs([{ admission: newcomer(link.inviteSeed).admission, head: null }])[0]!
    const first = [
      [introduction, null],
      [heads, logs],
      [presence, randomBytes(4)],
      [proof, randomBytes(32)],
    ] as const
    for (const [type, message] of first) {
      const connection = await stranger.dial(link.hints[0]!.key)
      const channel = connection.openRoom(idOf(secrets, connection))
      channel.send(type, message ?? introduce(connection, newcomer(link.inviteSeed)))
      await until(() => channel.isClosed, 'the end of the channel')
      expect(channel.received.map(([received]) => received)).toEqual([proof])
      expectNothing(connection)
    }
    expect(ada.room(room).members.length).toBe(1)
  })

  test('cannot use a proof or a signature of another connection', async () => {
    const before = await stranger.dial(link.hints[0]!.key)
    const other = await stranger.dial(link.hints[0]!.key)
    const member = newcomer(link.inviteSeed)
    const replayedProof = other.openRoom(idOf(secrets, other))
    replayedProof.send(proof, proofOf(secrets, before))
    await until(() => replayedProof.isClosed, 'the end of the channel')

    const third = await stranger.dial(link.hints[0]!.key)
    const replayedSignature = third.openRoom(idOf(secrets, third))
    replayedSignature.send(proof, proofOf(secrets, third))
    replayedSignature.send(introduction, introduce(before, member))
    await until(() => replayedSignature.isClosed, 'the end of the channel')
    for (const connection of [other, third]) expectNothing(connection)
    expect(ada.room(room).members.length).toBe(1)
  })

  test('who is dialled because it stands under the topic learns nothing of who dials, though it sends back what it gets', async () => {
    const [topic] = roomTopics(secrets, Date.now(), primitives)
    const connection = await stranger.wait(topic!)
    const mirror = await until(() => connection.mirror(), 'a channel')
    await until(() => mirror.isClosed, 'the end of the channel')
    expect(mirror.received.map(([type]) => type)).toEqual([proof])
    expectNothing(connection)
  })

  test('who knows the key of a log gets no block of it', async () => {
    const connection = await stranger.dial(link.hints[0]!.key)
    await withCopy(link, (copy) => expectNoBlock(connection, copy))
  })
})

describe('a member of one room', () => {
  test('gets that room, and learns nothing of another', async () => {
    const secret = await ada.run('create-room', { name: 'Secret club' })
    const secretLink = decodeLink(secret.link, primitives)
    await ada.send(secret.room, 'The other room')
    const connection = await stranger.dial(link.hints[0]!.key)
    const channel = await comeIn(connection)
    await until(() => ada.room(room).members.length === 1)
    expect(ada.room(room).peers).toBe(1)
    for (const [type, message] of channel.received) {
      if (type !== heads) continue
      for (const { admission } of decodeLogs(message))
        expect(admit(link.genesis, admission, primitives).owner.room).toEqual(roomId(link.genesis, primitives))
    }
    const other = connection.openRoom(idOf(roomSecrets(secretLink.secret, primitives), connection))
    await until(() => other.received.length > 0, 'that the secret is what counts')
    expect(other.received.map(([type]) => type)).toEqual([proof])
    const bytes = connection.bytes()
    expect(bytes.includes(Buffer.from(secret.room, 'hex'))).toBe(false)
    await withCopy(link, async (copy) => expect(bytes.includes(copy.discoveryKey)).toBe(true))
    await withCopy(secretLink, async (copy) => {
      expect(bytes.includes(copy.discoveryKey)).toBe(false)
      await expectNoBlock(connection, copy)
    })
    expect(ada.room(secret.room).peers).toBe(0)
  })
})

/** Somebody else's copy of the log that Ada has in a room, still empty. */
async function withCopy(of: RoomLink, use: (copy: Hypercore) => Promise<void>): Promise<void> {
  const owner = { room: roomId(of.genesis, primitives), ...decodeGenesis(of.genesis).owner, generation: 0 }
  const store = new Corestore(net.home(`copy-${toHex(owner.room)}`))
  const copy = store.get({
    manifest: { version: 2, signers: [{ publicKey: owner.device }], userData: logBinding(owner, primitives) },
  })
  await copy.ready()
  await use(copy)
  await store.close()
}

async function expectNoBlock(connection: StrangerConnection, copy: Hypercore): Promise<void> {
  copy.replicate(connection.mux)
  const blocks = copy.download({ start: 0, end: -1 })
  // What is answered later was asked later.
  const last = connection.openRoom(idOf(secretsOf(randomBytes(32)), connection))
  await until(() => last.isClosed, 'the end of a channel')
  expect({ length: copy.length, peers: copy.peers.length }).toEqual({ length: 0, peers: 0 })
  blocks.destroy()
}

const secretsOf = (secret: Uint8Array) => roomSecrets(secret, primitives)
