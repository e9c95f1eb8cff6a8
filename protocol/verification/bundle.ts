import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'
import { mostBlockBytes } from '../log/entry.ts'
import { type Disclosure, disclosureFromCbor, disclosureToCbor } from './disclosure.ts'
import { type DecodedFile, decodeFile, encodeFile, type FileContent } from './envelope.ts'

/** One log, whole: every block, and what is disclosed of every entry. */
export interface BundledLog {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
  /** By the log's device over the head at this length. */
  readonly signature: Uint8Array
  readonly blocks: readonly Uint8Array[]
  /** Of each block, null where the exporter has none; none at all for a log that is sealed. */
  readonly keys: readonly (Disclosure | null)[]
}

/** A conversation that can be verified with nothing but itself. */
export type Bundle = FileContent<BundledLog>
export type DecodedBundle = DecodedFile<BundledLog>

const mostBlocks = 10_000_000

/** Write a bundle and sign it as the exporting device. Spec: specs/bundle.md#producing. */
export function encodeBundle(bundle: Bundle, deviceSeed: Uint8Array, primitives: Primitives): Uint8Array {
  return encodeFile('bundle', bundle, logToCbor, deviceSeed, primitives)
}

/** Read a bundle. Spec: specs/bundle.md#format. Throws `bundle/format`, `bundle/version` or `encoding/…`. */
export function decodeBundle(bytes: Uint8Array, primitives: Primitives): DecodedBundle {
  return decodeFile('bundle', bytes, logFromCbor, primitives)
}

function logToCbor({ identity, device, generation, signature, blocks, keys }: BundledLog): CborValue {
  const isSealed = blocks.length > 0 && keys.length === 0
  return [identity, device, generation, signature, blocks, isSealed ? null : keys.map(disclosureToCbor)]
}

function logFromCbor(value: CborValue): BundledLog {
  const [identity, device, generation, signature, blocks, keys] = asArray(value, 6)
  const values = asArray(blocks, { most: mostBlocks }).map((block) => asBytes(block, { most: mostBlockBytes }))
  return {
    identity: asBytes(identity, 32),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    signature: asBytes(signature, 64),
    blocks: values,
    keys: keys === null ? [] : asArray(keys, values.length).map(disclosureFromCbor),
  }
}
