import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'
import { mostBlockBytes } from '../log/entry.ts'
import { mostProvenLength, type ProofNode } from '../log/inclusion.ts'
import { type Disclosure, disclosureFromCbor, disclosureToCbor } from './disclosure.ts'
import { type DecodedFile, decodeFile, encodeFile, type FileContent } from './envelope.ts'

/** One chosen entry of a log, and the way from its block to the root over it. */
export interface ExcerptedEntry {
  readonly index: number
  readonly block: Uint8Array
  /** Null where the exporter has none. */
  readonly keys: Disclosure | null
  readonly path: readonly ProofNode[]
}

/** Some entries of one log, up to a head that its device signed. */
export interface ExcerptedLog {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
  /** Of the head: how many blocks the log has there. */
  readonly length: number
  /** By the log's device over that head. */
  readonly signature: Uint8Array
  readonly roots: readonly ProofNode[]
  /** By ascending index. */
  readonly entries: readonly ExcerptedEntry[]
}

/** Chosen entries of a room that can be verified with nothing but themselves. */
export type Excerpt = FileContent<ExcerptedLog>
export type DecodedExcerpt = DecodedFile<ExcerptedLog>

/** A log has a root for each one in the binary form of its length, and a block as many siblings as that has digits below. */
const mostNodes = 49
const mostEntries = 1_000_000

/** Write an excerpt and sign it as the exporting device. Spec: specs/excerpt.md#producing. */
export function encodeExcerpt(excerpt: Excerpt, deviceSeed: Uint8Array, primitives: Primitives): Uint8Array {
  return encodeFile('excerpt', excerpt, logToCbor, deviceSeed, primitives)
}

/** Read an excerpt. Spec: specs/excerpt.md#format. Throws `bundle/format`, `bundle/version` or `encoding/…`. */
export function decodeExcerpt(bytes: Uint8Array, primitives: Primitives): DecodedExcerpt {
  return decodeFile('excerpt', bytes, logFromCbor, primitives)
}

function logToCbor({ identity, device, generation, length, signature, roots, entries }: ExcerptedLog): CborValue {
  const head = [length, signature, roots.map(nodeToCbor)]
  return [identity, device, generation, head, entries.map(entryToCbor)]
}

function logFromCbor(value: CborValue): ExcerptedLog {
  const [identity, device, generation, head, entries] = asArray(value, 5)
  const [length, signature, roots] = asArray(head, 3)
  return {
    identity: asBytes(identity, 32),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    length: asUint(length, mostProvenLength),
    signature: asBytes(signature, 64),
    roots: asArray(roots, { most: mostNodes }).map(nodeFromCbor),
    entries: asArray(entries, { most: mostEntries }).map(entryFromCbor),
  }
}

function entryToCbor({ index, block, keys, path }: ExcerptedEntry): CborValue {
  return [index, block, disclosureToCbor(keys), path.map(nodeToCbor)]
}

function entryFromCbor(value: CborValue): ExcerptedEntry {
  const [position, block, keys, path] = asArray(value, 4)
  const index = asUint(position, mostProvenLength)
  return {
    index,
    block: asBytes(block, { most: mostBlockBytes }),
    keys: disclosureFromCbor(keys ?? null, index),
    path: asArray(path, { most: mostNodes }).map(nodeFromCbor),
  }
}

function nodeToCbor({ size, hash }: ProofNode): CborValue {
  return [size, hash]
}

function nodeFromCbor(value: CborValue): ProofNode {
  const [size, hash] = asArray(value, 2)
  return { size: asUint(size), hash: asBytes(hash, 32) }
}
