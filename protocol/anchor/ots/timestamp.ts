import { concat, fromHex } from '../../bytes.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { ProtocolError } from '../../errors.ts'
import { type Attestation, encodeAttestation, readAttestation } from './attestation.ts'
import { applyOperation, encodeOperation, type Operation, readOperation } from './operation.ts'
import { Reader } from './reader.ts'

/** What is known of one message: branches in the order of the file, at least one. */
export type Timestamp = readonly Branch[]

export type Branch =
  | { readonly type: 'attestation'; readonly attestation: Attestation }
  | { readonly type: 'operation'; readonly operation: Operation; readonly next: Timestamp }

/** An `.ots` file over a SHA-256 hash. */
export interface OtsFile {
  /** 32 bytes. */
  readonly digest: Uint8Array
  readonly timestamp: Timestamp
}

/** An attestation, and the message that it is about. */
export interface AttestedMessage {
  readonly message: Uint8Array
  readonly attestation: Attestation
}

// 00 "OpenTimestamps" 00 00 "Proof" 00 and 8 random bytes, then version 1, and 08: the digest is of SHA-256.
const start = fromHex('004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e892940108')
const [forkTag, attestationTag] = [0xff, 0x00]
export const mostOtsBytes = 65_536
const mostBranches = 2_048
const mostDepth = 256

/** Write the standard file. Spec: specs/anchor.md#opentimestamps. */
export function encodeOts({ digest, timestamp }: OtsFile): Uint8Array {
  return concat(start, digest, ...encodedTimestamp(timestamp))
}

function encodedTimestamp(timestamp: Timestamp): Uint8Array[] {
  return timestamp.flatMap((branch, i) => {
    const mark = i < timestamp.length - 1 ? [Uint8Array.of(forkTag)] : []
    if (branch.type === 'operation') {
      return [...mark, encodeOperation(branch.operation), ...encodedTimestamp(branch.next)]
    }
    return [...mark, Uint8Array.of(attestationTag), encodeAttestation(branch.attestation)]
  })
}

/** Read a file, of which nothing is computed yet; refuse what `encodeOts` would not have written. Throws `anchor/ots`. */
export function decodeOts(bytes: Uint8Array): OtsFile {
  if (bytes.length > mostOtsBytes) throw new ProtocolError('anchor/ots', `${bytes.length} of ${mostOtsBytes} bytes`)
  const reader = new Reader(bytes)
  const begun = reader.take(start.length)
  if (!begun.every((byte, i) => byte === start[i])) throw new ProtocolError('anchor/ots', 'another beginning')
  const digest = reader.take(32)
  const left = { branches: mostBranches }
  const timestamp = readTimestamp(reader, mostDepth, left)
  if (!reader.isDone) throw new ProtocolError('anchor/ots', 'bytes behind the end')
  return { digest, timestamp }
}

function readTimestamp(reader: Reader, depth: number, left: { branches: number }): Timestamp {
  if (depth === 0) throw new ProtocolError('anchor/ots', `deeper than ${mostDepth}`)
  const branches: Branch[] = []
  for (;;) {
    if (left.branches-- === 0) throw new ProtocolError('anchor/ots', `more than ${mostBranches} branches`)
    const tag = reader.byte()
    const isLast = tag !== forkTag
    branches.push(readBranch(isLast ? tag : reader.byte(), reader, depth, left))
    if (isLast) return branches
  }
}

function readBranch(tag: number, reader: Reader, depth: number, left: { branches: number }): Branch {
  if (tag === attestationTag) return { type: 'attestation', attestation: readAttestation(reader) }
  const operation = readOperation(tag, reader)
  return { type: 'operation', operation, next: readTimestamp(reader, depth - 1, left) }
}

/** Compute every message that something is said of, in the order of the file. Throws `anchor/ots`. */
export function attestedMessages(message: Uint8Array, timestamp: Timestamp, primitives: Primitives): AttestedMessage[] {
  return timestamp.flatMap((branch) => {
    if (branch.type === 'attestation') return [{ message, attestation: branch.attestation }]
    return attestedMessages(applyOperation(branch.operation, message, primitives), branch.next, primitives)
  })
}
