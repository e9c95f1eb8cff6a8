import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import { extract } from '../../protocol/crypto/kdf.ts'
import {
  type EntryClass,
  type EntryHeader,
  type EntryPlace,
  entryKeys,
  frameBytes,
  openEntry,
  readFrame,
  sealEntry,
} from '../../protocol/log/entry.ts'
import { roomSecrets } from '../../protocol/room/room-secrets.ts'
import { codeOf } from '../support/vectors.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyClass = fc.constantFrom<EntryClass>('authority', 'message', 'call', 'epoch')
const anyPlace: fc.Arbitrary<EntryPlace> = fc.record({ room: bytes32, log: bytes32, index: fc.maxSafeNat() })
const anyHeader: fc.Arbitrary<EntryHeader> = fc.record({
  kind: fc.string({ maxLength: 64 }),
  time: fc.nat({ max: 8_640_000_000_000_000 }),
  depth: fc.nat({ max: 2 ** 48 }),
  heads: fc.array(fc.record({ log: bytes32, length: fc.maxSafeNat(), treeHash: bytes32 }), { maxLength: 64 }),
})
const anySealed = fc
  .record({
    place: anyPlace,
    entry: fc.record({ class: anyClass, header: anyHeader, body: fc.uint8Array({ maxLength: 2_000 }) }),
    classKey: bytes32,
    salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  })
  .map(({ place, entry, classKey, salt }) => ({
    place,
    entry,
    classKey,
    salt,
    keys: entryKeys(classKey, place, salt, primitives),
    block: sealEntry(place, entry, { classKey, salt }, primitives),
  }))

describe('an entry', () => {
  test('opens as it was sealed', () => {
    fc.assert(
      fc.property(anySealed, ({ place, entry, keys, block }) => {
        const { frame, header, body } = openEntry(block, place, keys, primitives)
        expect(header).toEqual(entry.header)
        expect(toHex(body)).toBe(toHex(entry.body))
        expect(frame.class).toBe(entry.class)
      }),
      { numRuns: 300 },
    )
  })

  test('opens at no other index, in no other log and in no other room', () => {
    fc.assert(
      fc.property(anySealed, anyPlace, ({ place, classKey, salt, keys, block }, other) => {
        for (const moved of [
          { ...place, index: other.index },
          { ...place, log: other.log },
          { ...place, room: other.room },
        ]) {
          const same =
            moved.index === place.index && equalBytes(moved.log, place.log) && equalBytes(moved.room, place.room)
          if (same) continue
          expect(codeOf(() => openEntry(block, moved, keys, primitives))).toBe('entry/sealed')
          const there = entryKeys(classKey, moved, salt, primitives)
          // The room is not in the keys, only in what is authenticated.
          expect(codeOf(() => openEntry(block, moved, there, primitives))).toMatch(/^entry\/(commitment|sealed)$/)
        }
      }),
    )
  })

  test('does not open with any bit flipped', () => {
    fc.assert(
      fc.property(anySealed, fc.nat(), fc.nat({ max: 7 }), ({ place, keys, block }, at, bit) => {
        const changed = Uint8Array.from(block)
        changed[at % block.length]! ^= 1 << bit
        expect(codeOf(() => openEntry(changed, place, keys, primitives))).toMatch(
          /^entry\/(frame|version|suite|commitment|sealed)$/,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('does not open shorter or longer', () => {
    fc.assert(
      fc.property(anySealed, fc.nat(), ({ place, keys, block }, cut) => {
        const shorter = block.subarray(0, cut % block.length)
        expect(codeOf(() => openEntry(shorter, place, keys, primitives))).toMatch(/^entry\//)
        expect(codeOf(() => openEntry(Uint8Array.of(...block, 0), place, keys, primitives))).toBe('entry/sealed')
      }),
    )
  })

  test('opens with its own two keys only, each for its part', () => {
    fc.assert(
      fc.property(anySealed, bytes32, ({ place, keys, block }, other) => {
        fc.pre(!equalBytes(other, keys.header) && !equalBytes(other, keys.body))
        for (const wrong of [
          { ...keys, header: other },
          { ...keys, body: other },
          { header: keys.body, body: keys.header },
        ]) {
          expect(codeOf(() => openEntry(block, place, wrong, primitives))).toBe('entry/commitment')
        }
      }),
    )
  })

  test('shows with its keys nothing of its neighbours', () => {
    fc.assert(
      fc.property(anySealed, ({ place, entry, classKey, salt, keys }) => {
        fc.pre(place.index < Number.MAX_SAFE_INTEGER)
        const next = { ...place, index: place.index + 1 }
        const neighbour = sealEntry(next, entry, { classKey, salt }, primitives)
        const { headerLength } = readFrame(neighbour)
        const sealed = [
          neighbour.subarray(frameBytes, frameBytes + headerLength),
          neighbour.subarray(frameBytes + headerLength),
        ]
        expect(codeOf(() => openEntry(neighbour, next, keys, primitives))).toBe('entry/commitment')
        for (const part of sealed) {
          for (const key of [keys.header, keys.body]) expect(primitives.open(key, part, new Uint8Array())).toBeNull()
        }
      }),
    )
  })

  test('has another pair of keys when the same place is written again', () => {
    fc.assert(
      fc.property(
        anySealed,
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        ({ place, classKey, salt, keys }, other) => {
          fc.pre(!equalBytes(salt, other))
          const again = entryKeys(classKey, place, other, primitives)
          expect(toHex(again.header)).not.toBe(toHex(keys.header))
          expect(toHex(again.body)).not.toBe(toHex(keys.body))
        },
      ),
    )
  })
})

test('the children of a secret differ from each other, from the secret, and from what it is extracted to', () => {
  fc.assert(
    fc.property(bytes32, (secret) => {
      const all = [secret, extract(secret, primitives), ...Object.values(roomSecrets(secret, primitives))]
      expect(new Set(all.map(toHex)).size).toBe(6)
    }),
  )
})
