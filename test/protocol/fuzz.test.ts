import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toBase64Url } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { foldIdentity, identityFromCbor, identityToCbor } from '../../protocol/identity/identity.ts'
import { openEntry, readFrame } from '../../protocol/log/entry.ts'
import { admissionFromCbor, admissionToCbor, admit } from '../../protocol/room/admission.ts'
import { decodeEvent, encodeEvent } from '../../protocol/room/event.ts'
import { decodeGenesis } from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { decodeBundle, encodeBundle } from '../../protocol/verification/bundle.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { smallConversation } from '../support/conversation.ts'

const { conversation, people, bo } = smallConversation()
const { genesis, room, secret, inviteSeed } = conversation
const hints = [{ key: people.ada.device, host: '192.0.2.1', port: 49_737 }]
const link = encodeLink(
  { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints },
  primitives,
)
const linkPayload = Buffer.from(link, 'base64url').subarray(0, -4)
const bundle = encodeBundle(conversation.bundle(people.ada), people.ada.deviceSeed, primitives)
const joined = encodeEvent({ type: 'joined', heads: [], admission: bo.admission(true), as: 'Bo' })
const place = { room, log: bo.key, index: 0 }

/** A code as a link carries it, with a checksum that is right. */
function codeWith(payload: Uint8Array): string {
  const checksum = primitives.sha256(inDomain('link', payload)).subarray(0, 4)
  return toBase64Url(Uint8Array.of(...payload, ...checksum))
}

const readers: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ['CBOR', joined, (bytes) => decodeCbor(bytes, { bytes: 100_000 })],
  ['a frame', bo.blocks[0]!, readFrame],
  ['an entry', bo.blocks[0]!, (bytes) => openEntry(bytes, place, bo.keys[0]!, primitives)],
  ['a genesis', genesis, decodeGenesis],
  ['the code of a link', linkPayload, (bytes) => decodeLink(codeWith(bytes), primitives)],
  ['a link', Buffer.from(link), (bytes) => decodeLink(Buffer.from(bytes).toString('latin1'), primitives)],
  [
    'an identity',
    encodeCbor(identityToCbor(people.bo.statements)),
    (bytes) => foldIdentity(identityFromCbor(decodeCbor(bytes, { bytes: 100_000 })), primitives),
  ],
  [
    'an admission',
    encodeCbor(admissionToCbor(bo.admission(true))),
    (bytes) => admit(genesis, admissionFromCbor(decodeCbor(bytes, { bytes: 100_000 })), primitives),
  ],
  ['an event', joined, (bytes) => decodeEvent('joined', 'authority', bytes)],
  ['a bundle', bundle, (bytes) => decodeBundle(bytes, primitives)],
  ['a bundle to its last check', bundle, (bytes) => verifyBundle(bytes, { primitives })],
]

/** Bytes that are right but for a few places where they were changed, cut out or put in. */
function nearly(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const anyEdit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 4 }), put: fc.uint8Array({ maxLength: 4 }) })
  return fc.array(anyEdit, { maxLength: 3 }).map((edits) =>
    edits.reduce((bytes, { at, cut, put }) => {
      const start = at % (bytes.length + 1)
      return Uint8Array.of(...bytes.subarray(0, start), ...put, ...bytes.subarray(start + cut))
    }, good),
  )
}

describe.each(readers)('%s from a stranger', (_, good, read) => {
  test('is read, or refused with a code, and never anything else', () => {
    read(good)
    fc.assert(
      fc.property(fc.oneof(nearly(good), fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          read(bytes)
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError', code: expect.stringContaining('/') })
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a link', () => {
  const anyHint = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    host: fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((host) => !host.includes('.')),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  })

  test('comes back with every address that it can carry', () => {
    fc.assert(
      fc.property(fc.array(anyHint, { maxLength: 8 }), (carried) => {
        const content = { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints: carried }
        expect(decodeLink(encodeLink(content, primitives), primitives).hints).toEqual(carried)
      }),
    )
  })

  test('never leads to a name that would be looked up', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.stringMatching(/^[0-9a-f:.%-]{1,20}$/)), (host) => {
        const hint = { key: people.ada.device, host, port: 1 }
        const content = { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints: [hint] }
        let read = ''
        try {
          read = decodeLink(encodeLink(content, primitives), primitives).hints[0]!.host
        } catch {
          return
        }
        expect(read).toMatch(/^\d+\.\d+\.\d+\.\d+$|:.*:/)
        expect(URL.canParse(`http://${read.includes(':') ? `[${read}]` : read}/`)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})
