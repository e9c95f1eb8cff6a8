import { asArray, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../../protocol/identity/statement.ts'
import {
  type ForkedHead,
  type ForkProof,
  forkProofFromCbor,
  forkProofToCbor,
  mostForkBytes,
} from '../../protocol/log/fork.ts'
import { type Admission, admissionFromCbor, admissionToCbor } from '../../protocol/room/admission.ts'
import { type Standing, standings } from '../../protocol/room/rights.ts'

/** Who is at the other end of a room's channel: the device signs the connection. */
export interface Introduction {
  readonly admission: Admission
  readonly signature: Uint8Array
  /** UDP port of the DHT node: with the address that the connection has, it can be dialled again. */
  readonly port: number
}

/** A log that the sender has, and its newest head there. */
export interface AnnouncedLog {
  readonly admission: Admission
  readonly head: ForkedHead | null
}

/** A log, by its key, and what shows that its device has signed two histories of it. */
export interface AnnouncedFork {
  readonly log: Uint8Array
  readonly proof: ForkProof
}

/** What a node tells only to the nodes it is connected with: it rings for calls that name its presence, sealed to its call key. */
export interface Presence {
  readonly presence: Uint8Array
  readonly callKey: Uint8Array
}

const logsPerMessage = 64
/** Of one message. */
export const mostMessageBytes = 262_144
const limits = { bytes: mostMessageBytes, depth: 8 }
const mostForkMessageBytes = mostForkBytes + 64
const arrayStartBytes = 2

/** Spec: specs/replication.md#messages. The decoders throw `encoding/…`. */
export function encodeIntroduction({ admission, signature, port }: Introduction): Uint8Array {
  return encodeCbor([admissionToCbor(admission), signature, port])
}

export function decodeIntroduction(bytes: Uint8Array): Introduction {
  const [admission, signature, port] = asArray(decodeCbor(bytes, limits), 3)
  return {
    admission: admissionFromCbor(admission),
    signature: asBytes(signature, 64),
    port: asUint(port, 65_535),
  }
}

/** Logs to announce, in as many messages as they need. */
export function encodeLogs(logs: readonly AnnouncedLog[]): Uint8Array[] {
  const parts: CborValue[][] = []
  let room = 0
  for (const { admission, head } of logs) {
    const log = [admissionToCbor(admission), head ? [head.length, head.fork, head.treeHash, head.signature] : null]
    const { length } = encodeCbor(log)
    const last = parts.at(-1)
    if (last && last.length < logsPerMessage && length <= room) last.push(log)
    else {
      parts.push([log])
      room = limits.bytes - arrayStartBytes
    }
    room -= length
  }
  return parts.map((part) => encodeCbor(part))
}

/** That one has heard, and keeps to oneself what one has. */
export const encodeNoLogs = (): Uint8Array => encodeCbor([])

export function decodeLogs(bytes: Uint8Array): AnnouncedLog[] {
  return asArray(decodeCbor(bytes, limits), { most: logsPerMessage }).map((item) => {
    const [admission, head] = asArray(item, 2)
    return { admission: admissionFromCbor(admission), head: head === null ? null : headFrom(head) }
  })
}

function headFrom(value: CborValue | undefined): ForkedHead {
  const [length, fork, treeHash, signature] = asArray(value, 4)
  return {
    length: asUint(length),
    fork: asUint(fork),
    treeHash: asBytes(treeHash, 32),
    signature: asBytes(signature, 64),
  }
}

export function encodeFork({ log, proof }: AnnouncedFork): Uint8Array {
  return encodeCbor([log, forkProofToCbor(proof)])
}

export function decodeFork(bytes: Uint8Array): AnnouncedFork {
  const [log, proof] = asArray(decodeCbor(bytes, { ...limits, bytes: mostForkMessageBytes }), 2)
  return { log: asBytes(log, 32), proof: forkProofFromCbor(proof) }
}

export function encodePresence({ presence, callKey }: Presence): Uint8Array {
  return encodeCbor([presence, callKey])
}

export function decodePresence(bytes: Uint8Array): Presence {
  const [presence, callKey] = asArray(decodeCbor(bytes, limits), 2)
  return { presence: asBytes(presence, 16), callKey: asBytes(callKey, 32) }
}

/** What somebody is told to be to the room, who is not let in. */
export function encodeStanding(standing: Standing): Uint8Array {
  return encodeCbor(standing)
}

export function decodeStanding(bytes: Uint8Array): Standing {
  const told = decodeCbor(bytes, limits)
  const known = standings.find((each) => each === told)
  if (!known) throw new ProtocolError('encoding/unexpected-type', 'an unknown standing')
  return known
}

/** What is said of an identity, for a device that speaks for it no more. */
export function encodeStatements(statements: readonly IdentityStatement[]): Uint8Array {
  return encodeCbor(identityToCbor(statements))
}

/** Nothing is verified. */
export function decodeStatements(bytes: Uint8Array): IdentityStatement[] {
  return identityFromCbor(decodeCbor(bytes, limits))
}
