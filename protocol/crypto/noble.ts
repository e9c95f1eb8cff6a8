import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { blake2b } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concat, equalBytes } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

hashes.sha512 = sha512

const zeroNonce = new Uint8Array(12)
const order = Point.CURVE().n

const fromLittle = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)

/** A point in its one encoding and not of small order, or null. */
function strictPoint(bytes: Uint8Array): Point | null {
  try {
    const point = Point.fromBytes(bytes, false)
    return equalBytes(point.toBytes(), bytes) && !point.isSmallOrder() ? point : null
  } catch {
    return null
  }
}

function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false
  const r = signature.subarray(0, 32)
  const s = fromLittle(signature.subarray(32))
  const key = strictPoint(publicKey)
  if (s >= order || key === null || strictPoint(r) === null) return false
  const challenge = fromLittle(sha512(concat(r, publicKey, message))) % order
  // Without the cofactor, as libsodium does: S·B - k·A must be R itself. A product by zero is the neutral element.
  const right = challenge === 0n ? Point.ZERO : key.multiply(challenge, false)
  const left = s === 0n ? Point.ZERO : Point.BASE.multiply(s, false)
  return equalBytes(left.subtract(right).toBytes(), r)
}

/** The primitives in plain JavaScript, for a browser. Verifying takes about a millisecond. */
export const noblePrimitives: Primitives = {
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  blake2b256: (data) => blake2b(data, { dkLen: 32 }),
  sign: (message, seed) => sign(message, seed),
  publicKey: (seed) => getPublicKey(seed),
  verify,
  isValidKey(publicKey) {
    return publicKey.length === 32 && strictPoint(publicKey)?.isTorsionFree() === true
  },
  seal: (key, plaintext, associated) => chacha20poly1305(key, zeroNonce, associated).encrypt(plaintext),
  open(key, ciphertext, associated) {
    if (ciphertext.length < 16) return null
    try {
      return chacha20poly1305(key, zeroNonce, associated).decrypt(ciphertext)
    } catch {
      return null
    }
  },
}
