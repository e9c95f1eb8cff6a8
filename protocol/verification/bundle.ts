import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type EntryKeys, mostBlockBytes } from '../log/entry.ts'
import { type ForkProof, forkProofFromCbor, forkProofToCbor } from '../log/fork.ts'
import { mostGenesisBytes } from '../room/genesis.ts'

/** One log, whole: every block, and the keys of every entry. */
export interface BundledLog {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
  /** By the log's device over the head at this length. */
  readonly signature: Uint8Array
  readonly blocks: readonly Uint8Array[]
  readonly keys: readonly EntryKeys[]
}

/** A log whose device is known to have signed two histories of it. */
export interface BundledFork {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
  readonly proof: ForkProof
}

/** A conversation that can be verified with nothing but itself. */
export interface Bundle {
  readonly genesis: Uint8Array
  /** By ascending log key. */
  readonly logs: readonly BundledLog[]
  /** The device that exported it, and when, by its clock (Unix ms). */
  readonly exporter: { readonly device: Uint8Array; readonly time: number }
  /** By ascending log key. */
  readonly forks: readonly BundledFork[]
}

/** 1 GiB. */
export const mostBundleBytes = 2 ** 30
const mostLogs = 10_000
const mostBlocks = 10_000_000
const version = 1
const magic = 'parley-bundle'

/** Write a bundle and sign it as the exporting device. Spec: specs/bundle.md#producing. */
export function encodeBundle(bundle: Bundle, deviceSeed: Uint8Array, primitives: Primitives): Uint8Array {
  const { device, time } = bundle.exporter
  const content = encodeCbor([bundle.genesis, bundle.logs.map(logToCbor), [device, time], bundle.forks.map(forkToCbor)])
  return encodeCbor([magic, version, content, primitives.sign(exportSignable(content, primitives), deviceSeed)])
}

/** A bundle as it was read: nothing in it is verified yet, but the export signature has been compared. */
export interface DecodedBundle extends Bundle {
  readonly exportSigned: boolean
}

/** Read a bundle. Spec: specs/bundle.md#format. Throws `bundle/format`, `bundle/version` or `encoding/…`. */
export function decodeBundle(bytes: Uint8Array, primitives: Primitives): DecodedBundle {
  const { content, signature } = openEnvelope(bytes)
  const [genesis, logs, exporter, forks] = asArray(decodeCbor(content, { bytes: mostBundleBytes }), 4)
  const [device, time] = asArray(exporter, 2)
  const key = asBytes(device, 32)
  return {
    genesis: asBytes(genesis, { most: mostGenesisBytes }),
    logs: asArray(logs, { most: mostLogs }).map(logFromCbor),
    exporter: { device: key, time: asTime(time) },
    forks: asArray(forks, { most: mostLogs }).map(forkFromCbor),
    exportSigned: primitives.verify(signature, exportSignable(content, primitives), key),
  }
}

function openEnvelope(bytes: Uint8Array): { readonly content: Uint8Array; readonly signature: Uint8Array } {
  // A file that is something else is told apart from a bundle that was damaged.
  const start = encodeCbor(magic)
  if (!equalBytes(bytes.subarray(1, 1 + start.length), start)) throw new ProtocolError('bundle/format')
  const [, number, content, signature] = asArray(decodeCbor(bytes, { bytes: mostBundleBytes }), 4)
  if (number !== version) throw new ProtocolError('bundle/version')
  return { content: asBytes(content, { most: mostBundleBytes }), signature: asBytes(signature, 64) }
}

/** What the exporting device signs. */
function exportSignable(content: Uint8Array, primitives: Primitives): Uint8Array {
  return inDomain('bundle', primitives.sha256(content))
}

function logToCbor({ identity, device, generation, signature, blocks, keys }: BundledLog): CborValue {
  return [identity, device, generation, signature, blocks, keys.map(({ header, body }) => [header, body])]
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
    keys: asArray(keys, values.length).map((pair) => {
      const [header, body] = asArray(pair, 2)
      return { header: asBytes(header, 32), body: asBytes(body, 32) }
    }),
  }
}

function forkToCbor({ identity, device, generation, proof }: BundledFork): CborValue {
  return [identity, device, generation, forkProofToCbor(proof)]
}

function forkFromCbor(value: CborValue): BundledFork {
  const [identity, device, generation, proof] = asArray(value, 4)
  return {
    identity: asBytes(identity, 32),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    proof: forkProofFromCbor(proof),
  }
}
