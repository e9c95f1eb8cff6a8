import type { LoggedHead } from '../checkpoint/logged-head.ts'
import { mostNoteBytes } from '../checkpoint/note.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'

/** A head that a device had logged, and what leads from its leaf to the root of the checkpoint. */
export interface ShownHead extends LoggedHead {
  readonly index: number
  /** 32 bytes each, lowest first. */
  readonly hashes: readonly Uint8Array[]
}

/** A checkpoint in a file, and which heads of the file's logs its tree has. Spec: specs/bundle.md#checkpoints. */
export interface ShownCheckpoint {
  /** Encoded, with its cosignatures: nothing in it has been read yet. */
  readonly note: Uint8Array
  /** By ascending log key, each log once. */
  readonly heads: readonly ShownHead[]
}

export const mostCheckpoints = 64
const mostHeads = 10_000
const mostHashes = 48

export function shownCheckpointToCbor({ note, heads }: ShownCheckpoint): CborValue {
  return [note, heads.map(headToCbor)]
}

/** Throws `encoding/…`. */
export function shownCheckpointFromCbor(value: CborValue): ShownCheckpoint {
  const [note, heads] = asArray(value, 2)
  return {
    note: asBytes(note, { most: mostNoteBytes }),
    heads: asArray(heads, { most: mostHeads }).map(headFromCbor),
  }
}

function headToCbor({ log, fork, length, treeHash, signature, index, hashes }: ShownHead): CborValue {
  return [log, fork, length, treeHash, signature, index, hashes]
}

function headFromCbor(value: CborValue): ShownHead {
  const [log, fork, length, treeHash, signature, index, hashes] = asArray(value, 7)
  return {
    log: asBytes(log, 32),
    fork: asUint(fork),
    length: asUint(length),
    treeHash: asBytes(treeHash, 32),
    signature: asBytes(signature, 64),
    index: asUint(index),
    hashes: asArray(hashes, { most: mostHashes }).map((hash) => asBytes(hash, 32)),
  }
}
