import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import sodium from 'sodium-universal'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { noblePrimitives } from '../../protocol/crypto/noble.ts'
import { casesOf } from '../support/vectors.ts'

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const data = fc.uint8Array({ maxLength: 200 })

/** S plus a multiple of the group's order, as long as it has 32 bytes. */
function withOrders(signature: Uint8Array, times: bigint): Uint8Array {
  const s = signature.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + times * order
  return signature.map((byte, i) => (i < 32 ? byte : Number((s >> BigInt(8 * (i - 32))) & 255n)))
}

describe('the two makers of the primitives', () => {
  test('judge a signature alike, whatever was done to it', () => {
    fc.assert(
      fc.property(
        seed,
        data,
        fc.nat({ max: 127 }),
        fc.nat({ max: 255 }),
        fc.bigInt(0n, 15n),
        (key, message, at, change, times) => {
          const publicKey = Uint8Array.from(sodiumPrimitives.publicKey(key))
          const signature = withOrders(Uint8Array.from(sodiumPrimitives.sign(message, key)), times)
          const bytes = Uint8Array.of(...signature, ...publicKey)
          if (at < bytes.length) bytes[at]! ^= change
          const given = [bytes.subarray(0, 64), message, bytes.subarray(64)] as const
          const verdict = sodiumPrimitives.verify(...given)
          expect(noblePrimitives.verify(...given)).toBe(verdict)
          expect(verdict).toBe(times === 0n && (at >= bytes.length || change === 0))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('judge a key alike', () => {
    fc.assert(
      fc.property(seed, (key) => {
        expect(noblePrimitives.isValidKey(key)).toBe(sodiumPrimitives.isValidKey(key))
        expect(noblePrimitives.isValidKey(noblePrimitives.publicKey(key))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('hash, sign and seal alike', () => {
    fc.assert(
      fc.property(seed, data, data, (key, message, associated) => {
        for (const answer of [
          (by: typeof noblePrimitives) => by.sha256(message),
          (by: typeof noblePrimitives) => by.blake2b256(message),
          (by: typeof noblePrimitives) => by.hmacSha256(associated, message),
          (by: typeof noblePrimitives) => by.sign(message, key),
          (by: typeof noblePrimitives) => by.seal(key, message, associated),
        ]) {
          expect(toHex(answer(noblePrimitives))).toBe(toHex(answer(sodiumPrimitives)))
        }
      }),
    )
  })
})

// Ours always seal with a nonce of zeros, which no case of the RFC has: so these are the functions beneath them.
const published = casesOf<
  Readonly<Record<'key' | 'nonce' | 'associated' | 'plaintext', string>>,
  { readonly ciphertext: string }
>('imported/rfc8439', 'sealing')

describe('what both makers seal with', () => {
  test.each(published)('makes of $id, $title, what RFC 8439 prints', ({ input, expect: wanted }) => {
    const [key, nonce, associated, plaintext] = [input.key, input.nonce, input.associated, input.plaintext].map(
      fromHex,
    ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    expect(toHex(chacha20poly1305(key, nonce, associated).encrypt(plaintext))).toBe(wanted.ciphertext)
    const sealed = Buffer.alloc(plaintext.length + 16)
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, associated, null, nonce, key)
    expect(toHex(sealed)).toBe(wanted.ciphertext)
  })
})
