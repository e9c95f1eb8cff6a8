import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type ForkProof, forkProofFromCbor, forkProofToCbor } from '../log/fork.ts'
import { mostGenesisBytes } from '../room/genesis.ts'
import {
  mostCheckpoints,
  type ShownCheckpoint,
  shownCheckpointFromCbor,
  shownCheckpointToCbor,
} from './shown-checkpoint.ts'

/** What a `.parley` file can be: whole logs of a room, or chosen entries of them. Its first text says which, and so does what is signed. */
export type FileKind = 'bundle' | 'excerpt'

/** Who exported, and when, by their clock (Unix ms). */
export interface Exporter {
  readonly device: Uint8Array
  readonly time: number
}

/** A log whose device is known to have signed two histories of it. */
export interface ProvenFork {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
  readonly proof: ForkProof
}

/** What both kinds of files have. */
export interface FileContent<Log> {
  readonly genesis: Uint8Array
  /** By ascending log key. */
  readonly logs: readonly Log[]
  readonly exporter: Exporter
  /** By ascending log key. */
  readonly forks: readonly ProvenFork[]
  /** By ascending device, generation and size. */
  readonly checkpoints: readonly ShownCheckpoint[]
}

/** A file as it was read: nothing in it is verified yet, but the export signature has been compared. */
export type DecodedFile<Log> = FileContent<Log> & { readonly exportSigned: boolean }

/** 1 GiB. */
export const mostBundleBytes = 2 ** 30
const mostLogs = 10_000
const version = 1
const magics: Record<FileKind, string> = { bundle: 'parley-bundle', excerpt: 'parley-excerpt' }

/** Write a file and sign it as the exporting device. Spec: specs/bundle.md#producing. */
export function encodeFile<Log>(
  kind: FileKind,
  { genesis, logs, exporter, forks, checkpoints }: FileContent<Log>,
  logToCbor: (log: Log) => CborValue,
  deviceSeed: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  const content = encodeCbor([
    genesis,
    logs.map(logToCbor),
    [exporter.device, exporter.time],
    forks.map(forkToCbor),
    checkpoints.map(shownCheckpointToCbor),
  ])
  const signature = primitives.sign(signable(kind, content, primitives), deviceSeed)
  return encodeCbor([magics[kind], version, content, signature])
}

/** What these bytes say they are. Throws `bundle/format` if they are neither. */
export function fileKindOf(bytes: Uint8Array): FileKind {
  for (const kind of ['bundle', 'excerpt'] as const) {
    const start = encodeCbor(magics[kind])
    if (equalBytes(bytes.subarray(1, 1 + start.length), start)) return kind
  }
  throw new ProtocolError('bundle/format')
}

/** Read a file of this kind. Spec: specs/bundle.md#format. Throws `bundle/format`, `bundle/version` or `encoding/…`. */
export function decodeFile<Log>(
  kind: FileKind,
  bytes: Uint8Array,
  logFromCbor: (value: CborValue) => Log,
  primitives: Primitives,
): DecodedFile<Log> {
  const { content, signature } = openEnvelope(kind, bytes)
  const [genesis, logs, exporter, forks, checkpoints] = asArray(decodeCbor(content, { bytes: mostBundleBytes }), 5)
  const [device, time] = asArray(exporter, 2)
  const key = asBytes(device, 32)
  return {
    genesis: asBytes(genesis, { most: mostGenesisBytes }),
    logs: asArray(logs, { most: mostLogs }).map(logFromCbor),
    exporter: { device: key, time: asTime(time) },
    forks: asArray(forks, { most: mostLogs }).map(forkFromCbor),
    checkpoints: asArray(checkpoints, { most: mostCheckpoints }).map(shownCheckpointFromCbor),
    exportSigned: primitives.verify(signature, signable(kind, content, primitives), key),
  }
}

function openEnvelope(kind: FileKind, bytes: Uint8Array) {
  // A file that is something else is told apart from one that was damaged.
  if (fileKindOf(bytes) !== kind) throw new ProtocolError('bundle/format')
  const [, number, content, signature] = asArray(decodeCbor(bytes, { bytes: mostBundleBytes }), 4)
  if (number !== version) throw new ProtocolError('bundle/version')
  return { content: asBytes(content, { most: mostBundleBytes }), signature: asBytes(signature, 64) }
}

/** What the exporting device signs. */
function signable(kind: FileKind, content: Uint8Array, primitives: Primitives): Uint8Array {
  return inDomain(kind, primitives.sha256(content))
}

function forkToCbor({ identity, device, generation, proof }: ProvenFork): CborValue {
  return [identity, device, generation, forkProofToCbor(proof)]
}

function forkFromCbor(value: CborValue): ProvenFork {
  const [identity, device, generation, proof] = asArray(value, 4)
  return {
    identity: asBytes(identity, 32),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    proof: forkProofFromCbor(proof),
  }
}
