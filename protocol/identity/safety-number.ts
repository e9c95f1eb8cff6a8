import { compareBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'

const rounds = 5_200
const groups = 6

/**
 * The 60 digits by which two people find out whether each has the other's true identity: the same for both, whoever asks.
 *
 * It depends on the two ids alone, so that no device and no recovery key changes it. Takes a few milliseconds. Spec: specs/identity.md#safety-number.
 */
export function safetyNumber(a: Uint8Array, b: Uint8Array, primitives: Primitives): string {
  const [first, second] = compareBytes(a, b) <= 0 ? [a, b] : [b, a]
  return half(first, primitives) + half(second, primitives)
}

/** Who looks for an identity with the same digits has to do this for each that they try. */
function half(id: Uint8Array, primitives: Primitives): string {
  let hash = id
  for (let round = 0; round < rounds; round++) hash = primitives.sha256(inDomain('safetyNumber', hash, id))
  return Array.from({ length: groups }, (_, i) => digits(hash.subarray(5 * i, 5 * i + 5))).join('')
}

/** Five bytes, big-endian, as five digits. */
function digits(bytes: Uint8Array): string {
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return String(number % 100_000).padStart(5, '0')
}
