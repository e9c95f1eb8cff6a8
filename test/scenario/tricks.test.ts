import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeIntroduction, encodeLogs } from '../../node/replication/messages.ts'
import { freshVault, personOf } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { channelId, deviceProof, proveRoom } from '../../protocol/replication/handshake.ts'
import { signAdmission } from '../../protocol/room/admission.ts'
import { encodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { roomSecrets } from '../../protocol/room/room-secrets.ts'
import { meet, untilAllShow } from '../support/nodes.ts'
import { openStranger } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

interface Signer {
  sign(batch: unknown, keyPair: { readonly publicKey: Buffer }): Buffer
}

/** Have the node of this device write the wrapping of its signatures longer than it needs to be: Hypercore takes that. */
function wrapOddly(device: string): () => void {
  const { prototype } = createRequire(import.meta.url)('hypercore/lib/verifier.js') as { prototype: Signer }
  const usual = prototype.sign
  prototype.sign = function (batch, keyPair) {
    const signature = usual.call(this, batch, keyPair)
    if (keyPair.publicKey.toString('hex') !== device) return signature
    return Buffer.concat([Buffer.of(0xfd, 1, 0), signature.subarray(1)])
  }
  return () => {
    prototype.sign = usual
  }
}

describe('a member with tricks', () => {
  test('cannot part the others, or spoil what they export, by signing in another form', async () => {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    const { link } = await ada.run('share-room', { room })
    const mallory = await net.open('Mallory')
    const restore = wrapOddly(mallory.status().device)
    try {
      await mallory.run('join-room', { link })
      await mallory.send(room, 'Hello')
      await untilAllShow([ada, ben], room, ['Hello'])
      await mallory.close()
      await ben.close()
      const again = await net.open('Ben')
      await until(() => again.room(room).peers === 1 && ada.room(room).peers === 1, 'the two of them')
      await again.send(room, 'Still here')
      await untilAllShow([ada, again], room, ['Hello', 'Still here'])
      expect((await ada.verify(room)).report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    } finally {
      restore()
    }
  })

  test('cannot fill the others with logs that no device has asked for', async () => {
    const ada = await net.open('Ada')
    const { room, link: text } = await ada.run('create-room', { name: 'Book club' })
    const link = decodeLink(text, primitives)
    const secrets = roomSecrets(link.secret, primitives)
    const id = roomId(link.genesis, primitives)
    const admissionOf = (person = personOf(freshVault(primitives), primitives), generation = 0) => {
      const { identity, device, statements } = person
      const signature = signAdmission({ room: id, identity, device, generation }, link.inviteSeed, primitives)
      return { identity: statements, device, generation, invite: primitives.publicKey(link.inviteSeed), signature }
    }
    const mallory = personOf(freshVault(primitives), primitives)
    const stranger = await openStranger(net.bootstrap)
    try {
      const { stream, openRoom } = await stranger.dial(link.hints[0]!.key)
      const channel = openRoom(channelId(secrets, stream.handshakeHash, primitives))
      channel.send(0, proveRoom(secrets, stream.handshakeHash, 'initiator', primitives))
      const signature = primitives.sign(deviceProof(id, stream.handshakeHash, 'initiator'), mallory.deviceSeed)
      channel.send(1, encodeIntroduction({ admission: admissionOf(mallory), signature, port: 0 }))
      await until(() => channel.received.some(([type]) => type === 1), 'the answer')
      const others = [admissionOf(), admissionOf(), admissionOf(mallory, 1), admissionOf(mallory, 2)]
      for (const message of encodeLogs(others.map((admission) => ({ admission, head: null })))) channel.send(2, message)
      const ben = await net.open('Ben')
      await ben.run('join-room', { link: text })
      await until(() => ada.room(room).members.length === 2, 'Ben')
      const file = JSON.parse(await readFile(join(ada.home, 'room-logs.json'), 'utf8'))
      expect(file.rooms[room]).toHaveLength(2)
      expect(channel.isClosed).toBe(false)
    } finally {
      await stranger.close()
    }
  })

  test('cannot have others sign, as its owner, a room that they have not made', async () => {
    const ben = await net.open('Ben')
    const { identity, device } = ben.status()
    const inviteSeed = randomBytes(32)
    const genesis = encodeGenesis({
      owner: { identity: Buffer.from(identity, 'hex'), device: Buffer.from(device, 'hex') },
      suite: 0,
      admission: 'open-link',
      history: 'all',
      invite: { key: primitives.publicKey(inviteSeed), expires: null },
      nonce: randomBytes(32),
    })
    const parts = {
      genesis,
      secret: randomBytes(32),
      inviteSeed,
      expires: null,
      name: 'We plan the robbery',
      inviter: 'Ada',
      hints: [],
    }
    const joining = ben.run('join-room', { link: encodeLink(parts, primitives) })
    await expect(joining).rejects.toMatchObject({ code: 'link-malformed' })
    expect(ben.rooms()).toEqual([])
  })
})
