import { createHmac } from 'node:crypto'
import sodium from 'sodium-universal'
import type { Primitives } from '../protocol/crypto/primitives.ts'

const zeroNonce = new Uint8Array(12)
const tagBytes = 16

function keyPair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array } {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { publicKey, secretKey }
}

/** The primitives in native code: libsodium, and OpenSSL for HMAC. */
export const sodiumPrimitives: Primitives = {
  sha256(data) {
    const hash = Buffer.allocUnsafe(32)
    sodium.crypto_hash_sha256(hash, data)
    return hash
  },
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  blake2b256(data) {
    const hash = Buffer.allocUnsafe(32)
    sodium.crypto_generichash(hash, data)
    return hash
  },
  sign(message, seed) {
    const signature = Buffer.alloc(64)
    sodium.crypto_sign_detached(signature, message, keyPair(seed).secretKey)
    return signature
  },
  publicKey: (seed) => keyPair(seed).publicKey,
  verify(signature, message, publicKey) {
    if (signature.length !== 64 || publicKey.length !== 32) return false
    return sodium.crypto_sign_verify_detached(signature, message, publicKey)
  },
  isValidKey: (publicKey) => publicKey.length === 32 && sodium.crypto_core_ed25519_is_valid_point(publicKey),
  seal(key, plaintext, associated) {
    const ciphertext = Buffer.allocUnsafe(plaintext.length + tagBytes)
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(ciphertext, plaintext, associated, null, zeroNonce, key)
    return ciphertext
  },
  open(key, ciphertext, associated) {
    if (ciphertext.length < tagBytes) return null
    const plaintext = Buffer.allocUnsafe(ciphertext.length - tagBytes)
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, associated, zeroNonce, key)
      return plaintext
    } catch {
      return null
    }
  },
}
