import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AnnouncedLog, decodeLogs, encodeLogs } from '../../../node/replication/messages.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyStatement = fc.record({
  payload: fc.uint8Array({ maxLength: 512 }),
  signatures: fc.array(bytes(64), { maxLength: 2 }),
})
const anyLog: fc.Arbitrary<AnnouncedLog> = fc.record({
  admission: fc.record({
    identity: fc.array(anyStatement, { maxLength: 64 }),
    device: bytes(32),
    generation: fc.nat(),
    invite: fc.option(bytes(32)),
    signature: fc.option(bytes(64)),
  }),
  head: fc.option(fc.record({ length: fc.nat(), fork: fc.nat(), treeHash: bytes(32), signature: bytes(64) })),
})
const largest: AnnouncedLog = {
  admission: {
    identity: Array.from({ length: 64 }, () => ({
      payload: new Uint8Array(512),
      signatures: [new Uint8Array(64), new Uint8Array(64)],
    })),
    device: new Uint8Array(32),
    generation: 2 ** 32 - 1,
    invite: new Uint8Array(32),
    signature: new Uint8Array(64),
  },
  head: { length: 2 ** 53 - 1, fork: 2 ** 53 - 1, treeHash: new Uint8Array(32), signature: new Uint8Array(64) },
}

const plain = (logs: readonly AnnouncedLog[]) =>
  JSON.parse(
    JSON.stringify(logs, (_, value) =>
      ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString('hex') : value,
    ),
  )

describe('announced logs', () => {
  test('arrive as they were, in as many messages as they need', () => {
    fc.assert(
      fc.property(fc.array(anyLog, { maxLength: 80 }), (logs) => {
        expect(plain(encodeLogs(logs).flatMap((message) => decodeLogs(message)))).toEqual(plain(logs))
      }),
      { numRuns: 30 },
    )
  })

  test('are never more than a receiver takes, however large the identities are that their authors made up', () => {
    for (const count of [1, 6, 7, 64, 65, 200]) {
      const messages = encodeLogs(Array.from({ length: count }, () => largest))
      expect(messages.flatMap((message) => decodeLogs(message)).length).toBe(count)
      for (const message of messages) expect(message.length).toBeLessThanOrEqual(262_144)
    }
  })
})
