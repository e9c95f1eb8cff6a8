import { fileKindOf } from './envelope.ts'
import { type Verified, type VerifyOptions, verifyBundle } from './verify-bundle.ts'
import { verifyExcerpt } from './verify-excerpt.ts'

/**
 * Learn what is true of a `.parley` file, be it a bundle or an excerpt: it says itself which.
 *
 * Throws `bundle/format`, `bundle/version` or `encoding/…` where the bytes are neither.
 */
export function verifyFile(bytes: Uint8Array, options: VerifyOptions): Verified {
  return fileKindOf(bytes) === 'bundle' ? verifyBundle(bytes, options) : verifyExcerpt(bytes, options)
}
