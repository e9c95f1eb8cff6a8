import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import { type CborValue, decodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryKeys, type EntryPlace, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { channelId, proveRoom } from '../../protocol/replication/handshake.ts'
import { decodeLink } from '../../protocol/room/link.ts'
import { type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { decodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { type Report, verifyFile } from '../../protocol/verification/index.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openStranger, type StrangerConnection } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const said = ['Who took the key?', 'I did.', 'Not the one of the shed', 'Yes, that one.', 'Good night.'] as const

let net: Testnet
let ada: TestPerson
let ben: TestPerson
let room: string
/** The ids of what was said. */
let ids: string[]

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  ids = []
  for (const [i, text] of said.entries()) {
    ids.push(await (i % 2 ? ben : ada).send(room, text))
    await untilAllShow([ada, ben], room, said.slice(0, i + 1))
  }
})
afterEach(() => net.close())

const verify = (bytes: Uint8Array) => {
  const expected = [ada, ben].map((person) => person.status().identity)
  return verifyFile(bytes, { primitives, expect: expected })
}
const textsIn = (bytes: Uint8Array) => verify(bytes).messages.map(({ text }) => text)
const outcomeOf = ({ checks }: Report, name: string) => checks.find((check) => check.name === name)!.outcome

describe('an excerpt', () => {
  test('of chosen messages verifies alone, whoever of the room exports it', async () => {
    for (const person of [ada, ben]) {
      const bytes = await person.backend.excerptRoom(room, [ids[3]!, ids[0]!, ids[1]!])
      const { report } = verify(bytes)
      expect(report).toMatchObject({ kind: 'excerpt', ok: true, messages: 3, room: { id: room, name: 'Book club' } })
      expect(
        ['signatures', 'inclusion', 'entries', 'membership', 'authors'].map((name) => outcomeOf(report, name)),
      ).toEqual(Array(5).fill('passed'))
      expect(textsIn(bytes)).toEqual([said[0], said[1], said[3]])
      expect(report.exported.device).toBe(person.status().device)
    }
  })

  test('holds one message of one person, and what lets the two in', async () => {
    const bytes = await ada.backend.excerptRoom(room, [ids[1]!])
    expect(
      decodeExcerpt(bytes, primitives)
        .logs.map(({ entries }) => entries.length)
        .sort(),
    ).toEqual([1, 2])
    expect(textsIn(bytes)).toEqual([said[1]])
  })

  test('is refused of what is no message, or not in the room', async () => {
    const [log] = ids[0]!.split('/')
    for (const wrong of [`${log}/0`, `${log}/999`, `${'ab'.repeat(32)}/1`]) {
      await expect(ada.backend.excerptRoom(room, [wrong])).rejects.toMatchObject({ code: 'no-such-message' })
    }
  })
})

describe('a bundle with keys withheld', () => {
  test('shows who wrote when, and no text', async () => {
    const bytes = await ada.backend.exportRoom(room, 'headers')
    const { report, messages } = verify(bytes)
    expect(report).toMatchObject({ ok: true, messages: 5, withheld: 5 })
    expect(messages.map(({ name, text }) => [name, text])).toEqual(said.map((_, i) => [i % 2 ? 'Ben' : 'Ada', null]))
    expect(['membership', 'causality', 'completeness'].map((name) => outcomeOf(report, name))).toEqual(
      Array(3).fill('passed'),
    )
  })

  test('shows without any key that nothing was changed', async () => {
    const bytes = await ada.backend.exportRoom(room, 'none')
    expect(verify(bytes).report).toMatchObject({ ok: true, messages: 0, authors: [] })
    expect(decodeBundle(bytes, primitives).logs.flatMap(({ keys }) => keys)).toEqual([])
  })
})

describe('whoever has these files, and all that can be read in them,', () => {
  test('comes through no door of the room', async () => {
    const { link } = await ada.run('share-room', { room })
    const { secret, hints } = decodeLink(link, primitives)
    const right = roomSecrets(secret, primitives)
    const values = valuesIn(await filesOf())
    expect(values.length).toBeGreaterThan(30)
    const stranger = await openStranger(net.bootstrap)
    try {
      for (const value of values) {
        // Each as the room's secret, and as the very one that opens the door, by somebody who knows the rest.
        const connection = await stranger.dial(hints[0]!.key)
        await expectRefused(connection, roomSecrets(value, primitives))
        await expectRefused(connection, { ...right, admission: value })
      }
    } finally {
      await stranger.close()
    }
    expect(ada.room(room).members).toHaveLength(2)
  })

  test('opens no message that was withheld, with no key that is there', async () => {
    const files = await filesOf()
    const shown = decodeExcerpt(files[0]!, primitives).logs.flatMap(({ entries }) => entries.map(({ block }) => block))
    const isShown = (block: Uint8Array) => shown.some((each) => equalBytes(each, block))
    const keys = valuesIn(files)
    let tried = 0
    for (const log of decodeBundle(files[2]!, primitives).logs) {
      const place = { room: fromHex(room), log: logKey({ ...log, room: fromHex(room) }, primitives), suite: 1 } as const
      for (const [index, block] of log.blocks.entries()) {
        if (readFrame(block, 1).class !== 'message' || isShown(block)) continue
        for (const header of keys) {
          tried += keys.length
          expect(keys.some((body) => opens(block, { ...place, index }, { header, body }))).toBe(false)
        }
      }
    }
    expect(tried).toBeGreaterThan(5_000)
  })

  /** One message as an excerpt, the conversation with the keys of headers, and without any. */
  async function filesOf(): Promise<Uint8Array[]> {
    return [
      await ada.backend.excerptRoom(room, [ids[1]!]),
      await ada.backend.exportRoom(room, 'headers'),
      await ada.backend.exportRoom(room, 'none'),
    ]
  }

  /** Every value of 32 bytes in these files, and in what their keys open. */
  function valuesIn(files: readonly Uint8Array[]): Uint8Array[] {
    const found = new Map<string, Uint8Array>()
    const gather = (value: CborValue): void => {
      if (value instanceof Uint8Array && value.length === 32) found.set(toHex(value), value)
      else if (value instanceof Uint8Array) tryCbor(value)
      else if (Array.isArray(value)) for (const each of value) gather(each)
    }
    const tryCbor = (bytes: Uint8Array): void => {
      try {
        gather(decodeCbor(bytes, { bytes: 2 ** 20 }))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }
    for (const file of files) tryCbor(file)
    const excerpted = decodeExcerpt(files[0]!, primitives).logs
    for (const log of excerpted) {
      const key = logKey({ ...log, room: fromHex(room) }, primitives)
      found.set(toHex(key), key)
      for (const { index, block, keys } of log.entries) {
        const place = { room: fromHex(room), log: key, index, suite: 1 } as const
        const { header, body } = openEntry(block, place, keys as EntryKeys, primitives)
        tryCbor(body)
        gather(header.heads.flatMap(({ log: cited, treeHash }) => [cited, treeHash]))
      }
    }
    return [...found.values()]
  }

  function opens(block: Uint8Array, place: EntryPlace, keys: EntryKeys): boolean {
    try {
      openEntry(block, place, keys, primitives)
      return true
    } catch (error) {
      if (error instanceof ProtocolError) return false
      throw error
    }
  }

  async function expectRefused(connection: StrangerConnection, secrets: RoomSecrets): Promise<void> {
    const { handshakeHash } = connection.stream
    const channel = connection.openRoom(channelId(secrets, handshakeHash, primitives))
    channel.send(0, proveRoom(secrets, handshakeHash, 'initiator', primitives))
    await until(() => channel.isClosed, 'the end of the channel')
    expect(channel.received.filter(([type]) => type !== 0)).toEqual([])
    expect(connection.bytes().includes(Buffer.from(ada.status().device, 'hex'))).toBe(false)
  }
})
