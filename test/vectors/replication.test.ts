import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  channelId,
  checkDeviceProof,
  checkRoomProof,
  deviceProof,
  proveRoom,
  type Role,
  roomTopics,
} from '../../protocol/replication/handshake.ts'
import type { RoomSecrets } from '../../protocol/room/room-secrets.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

interface Given {
  readonly admission: string
  readonly room: string
  readonly connection: string
  readonly role: Role
}

interface Sent {
  readonly channelId: string
  readonly roomProof: string
  readonly deviceSignable: string
}

const none = new Uint8Array(32)

function secretsOf(known: Partial<Record<keyof RoomSecrets, string>>): RoomSecrets {
  const given = Object.entries(known).map(([name, bytes]) => [name, fromHex(bytes)])
  return { discovery: none, admission: none, authority: none, content: none, ...Object.fromEntries(given) }
}

describe.each(everyPrimitives)('nodes of a room, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted } of casesOf<Given, Sent>('replication', 'channel')) {
    test(`${id}: ${title}`, () => {
      const secrets = secretsOf({ admission: input.admission })
      const connection = fromHex(input.connection)
      expect(toHex(channelId(secrets, connection, primitives))).toBe(wanted.channelId)
      expect(toHex(proveRoom(secrets, connection, input.role, primitives))).toBe(wanted.roomProof)
      expect(toHex(deviceProof(fromHex(input.room), connection, input.role))).toBe(wanted.deviceSignable)
      checkRoomProof(secrets, connection, input.role, fromHex(wanted.roomProof), primitives)
    })
  }

  const topics = casesOf<{ discovery: string; time: number }, { topics: readonly string[] }>('replication', 'topics')
  for (const { id, title, input, expect: wanted } of topics) {
    test(`${id}: ${title}`, () => {
      const found = roomTopics(secretsOf({ discovery: input.discovery }), input.time, primitives)
      expect(found.map(toHex)).toEqual(wanted.topics)
    })
  }

  const refused = casesOf<Given & { proof?: string; device: string; signature: string }, never>(
    'replication',
    'verifying',
  )
  for (const { id, title, input, error } of refused) {
    test(`${id}: ${title}`, () => {
      const { role, proof } = input
      const connection = fromHex(input.connection)
      const run = () => {
        if (proof === undefined) {
          const signed = { device: fromHex(input.device), signature: fromHex(input.signature) }
          checkDeviceProof(fromHex(input.room), connection, role, signed, primitives)
        } else {
          checkRoomProof(secretsOf({ admission: input.admission }), connection, role, fromHex(proof), primitives)
        }
      }
      expect(codeOf(run)).toBe(error)
    })
  }
})
