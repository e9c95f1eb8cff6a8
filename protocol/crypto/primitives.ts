/**
 * The cryptography that protocol/ computes with, given from outside: native in the node, `noblePrimitives` in a browser.
 *
 * All makers must answer alike; test/vectors/primitives.test.ts holds them to one vector file.
 */
export interface Primitives {
  sha256(data: Uint8Array): Uint8Array
  /** RFC 2104 with SHA-256. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /** RFC 7693, 32 bytes, no key: Hypercore's hash. */
  blake2b256(data: Uint8Array): Uint8Array
  /** RFC 8032 with a 32-byte seed. */
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array
  publicKey(seed: Uint8Array): Uint8Array
  /**
   * libsodium's rule: RFC 8032 without the cofactor, S reduced, and neither the key nor R of small order or written in a second way.
   *
   * Answers `false`, never throws, whatever the bytes.
   */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  /** Whether the bytes are the one encoding of a point of the prime-order group, and not of small order. */
  isValidKey(publicKey: Uint8Array): boolean
  /** RFC 8439 with a nonce of zeros: `key` must never seal twice. */
  seal(key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array
  /** Answers `null` if the ciphertext does not belong to the key and the associated data. */
  open(key: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array): Uint8Array | null
}
