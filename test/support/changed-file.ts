import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'

/** A bundle with one bit of what somebody wrote turned. Anywhere else in the file it might not be a bundle any more. */
export function withOneBitTurned(bundle: Buffer): Buffer {
  const { logs } = decodeBundle(bundle, sodiumPrimitives)
  const block = logs.find(({ blocks }) => blocks.length > 1)!.blocks.at(-1)!
  const changed = Buffer.from(bundle)
  changed[bundle.indexOf(block) + block.length - 1]! ^= 1
  return changed
}
