import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'

/** Whose frames, of which call. */
export interface MediaSession {
  /** 16 bytes. */
  readonly call: Uint8Array
  /** The sender's device. */
  readonly device: Uint8Array
  /** 16 random bytes, made anew whenever the sender's page begins to count its frames anew. */
  readonly session: Uint8Array
}

/**
 * The base key of a sender's frames during one epoch of theirs: whoever can read what they write can hear what they say.
 *
 * Spec: specs/media-frame.md#keys.
 */
export function mediaKey(
  headerSecret: Uint8Array,
  { call, device, session }: MediaSession,
  primitives: Primitives,
): Uint8Array {
  return expand(headerSecret, inDomain('mediaKey', call, device, session), primitives)
}

/** How frames name the key of an epoch: its number, and above it the generation of the sender's log. */
export function mediaKeyId(generation: number, epoch: number): bigint {
  return (BigInt(generation) << 32n) | BigInt(epoch)
}
