import { concat } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

const noSalt = new Uint8Array(32)
const first = Uint8Array.of(1)

/** HKDF-Extract with SHA-256 and no salt (RFC 5869, 2.2). */
export function extract(secret: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.hmacSha256(noSalt, secret)
}

/** HKDF-Expand with SHA-256 to 32 bytes (RFC 5869, 2.3). */
export function expand(key: Uint8Array, info: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.hmacSha256(key, concat(info, first))
}
