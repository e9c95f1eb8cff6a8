import { compareBytes, concat, equalBytes, fromBase64, fromHex, fromText, toBase64, toHex, uint64 } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import type { TreeState } from '../merkle/consistency.ts'
import { mostTreeSize } from '../merkle/position.ts'
import { decodeNote, encodeNote, type Note, type NoteSignature, noteKeyId } from './note.ts'

/** Whose tree of heads it is: a device has one in a room for each generation of its own log. */
export interface Origin {
  readonly room: Uint8Array
  readonly device: Uint8Array
  readonly generation: number
}

/** What a device had logged in a room: the size and the root of its tree of heads. */
export interface Checkpoint extends Origin, TreeState {}

/** The word of another device of the room: it has never signed a checkpoint of this device that contradicts this one. */
export interface Cosignature {
  readonly device: Uint8Array
  /** Unix seconds, by the clock of the witness. */
  readonly time: number
  readonly signature: Uint8Array
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint
  /** 64 bytes, by the device of the checkpoint. */
  readonly signature: Uint8Array
  /** Ascending by device, each of which is there once. */
  readonly cosignatures: readonly Cosignature[]
}

// The last second that is still a safe integer in milliseconds.
const mostTime = Math.floor(Number.MAX_SAFE_INTEGER / 1000)

/** How a device is called in a room as a witness. Spec: specs/checkpoint.md#origin. */
function witnessName(room: Uint8Array, device: Uint8Array): string {
  return `parley/${toHex(room)}/${toHex(device)}`
}

/** How a tree is called. Spec: specs/checkpoint.md#origin. */
function originName({ room, device, generation }: Origin): string {
  return `${witnessName(room, device)}/${generation}`
}

/** Whether two checkpoints are of one tree. */
export function isSameOrigin(a: Origin, b: Origin): boolean {
  return equalBytes(a.room, b.room) && equalBytes(a.device, b.device) && a.generation === b.generation
}

/** The text that is signed. Spec: specs/checkpoint.md#checkpoint. */
export function checkpointText(checkpoint: Checkpoint): string {
  return `${originName(checkpoint)}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`
}

/** A checkpoint with its device's signature, and no cosignature yet. Spec: specs/checkpoint.md#checkpoint. */
export function signCheckpoint(
  checkpoint: Checkpoint,
  deviceSeed: Uint8Array,
  primitives: Primitives,
): SignedCheckpoint {
  const signature = primitives.sign(fromText(checkpointText(checkpoint)), deviceSeed)
  return { checkpoint, signature, cosignatures: [] }
}

/** What a witness signs: the text of a checkpoint, and when. Spec: specs/checkpoint.md#cosignature (C2SP tlog-cosignature). */
export function cosignable(checkpoint: Checkpoint, time: number): Uint8Array {
  return fromText(`cosignature/v1\ntime ${time}\n${checkpointText(checkpoint)}`)
}

/** Add a cosignature, in its place; one that the same device has given before goes. */
export function withCosignature(signed: SignedCheckpoint, cosignature: Cosignature): SignedCheckpoint {
  const others = signed.cosignatures.filter(({ device }) => !equalBytes(device, cosignature.device))
  const cosignatures = [...others, cosignature].sort((a, b) => compareBytes(a.device, b.device))
  return { ...signed, cosignatures }
}

/**
 * Check that the device of a checkpoint, and all witnesses that it names, have signed it.
 *
 * Whether they are members, and enough of them, is for a policy. Throws `checkpoint/signature` or `checkpoint/cosignature`.
 */
export function verifyCheckpoint(
  { checkpoint, signature, cosignatures }: SignedCheckpoint,
  primitives: Primitives,
): void {
  if (!primitives.verify(signature, fromText(checkpointText(checkpoint)), checkpoint.device)) {
    throw new ProtocolError('checkpoint/signature')
  }
  for (const { device, time, signature: given } of cosignatures) {
    if (!primitives.verify(given, cosignable(checkpoint, time), device))
      throw new ProtocolError('checkpoint/cosignature')
  }
}

/** Write a checkpoint as a C2SP signed note. Spec: specs/checkpoint.md#note. */
export function encodeCheckpoint(signed: SignedCheckpoint, primitives: Primitives): Uint8Array {
  const { checkpoint, signature, cosignatures } = signed
  const { room, device } = checkpoint
  const own = lineOf(originName(checkpoint), device, 'signature', signature, primitives)
  const others = cosignatures.map(({ device, time, signature: given }) =>
    lineOf(witnessName(room, device), device, 'cosignature', concat(uint64(time), given), primitives),
  )
  return encodeNote({ text: checkpointText(checkpoint), signatures: [own, ...others] })
}

function lineOf(
  name: string,
  device: Uint8Array,
  algorithm: 'signature' | 'cosignature',
  bytes: Uint8Array,
  primitives: Primitives,
): NoteSignature {
  return { name, bytes: concat(noteKeyId(name, algorithm, device, primitives), bytes) }
}

/** Read a checkpoint, of which nothing is verified yet. Throws `checkpoint/form`. */
export function decodeCheckpoint(bytes: Uint8Array, primitives: Primitives): SignedCheckpoint {
  const note = decodeNote(bytes)
  const checkpoint = readText(note)
  const [own, ...others] = note.signatures
  const signature = readLine(own!, 64)
  const cosignatures = others.map((each) => {
    const [, device] = witness.exec(each.name) ?? []
    if (!device) throw wrong('a signature of another kind')
    const timed = readLine(each, 72)
    return { device: fromHex(device), time: timeIn(timed), signature: timed.slice(8) }
  })
  const isAscending = cosignatures.every(
    ({ device }, i) => i === 0 || compareBytes(cosignatures[i - 1]!.device, device) < 0,
  )
  if (!isAscending) throw wrong('the witnesses are not in order, or one is there twice')
  const signed = { checkpoint, signature, cosignatures }
  // The ids of the keys, the name of the device, and the room in each other name, follow from the rest.
  if (!equalBytes(encodeCheckpoint(signed, primitives), bytes)) throw wrong('not the one encoding')
  return signed
}

const witness = /^parley\/[0-9a-f]{64}\/([0-9a-f]{64})$/
const origin = /^parley\/([0-9a-f]{64})\/([0-9a-f]{64})\/(0|[1-9]\d{0,9})$/
const mostGeneration = 2 ** 32 - 1

function readText({ text }: Note): Checkpoint {
  const [name, size, root, ...rest] = text.split('\n')
  const [, room, device, generation] = origin.exec(name!) ?? []
  if (!room || !device || !generation || !size || !root || rest.length !== 1)
    throw wrong('other lines than those of a checkpoint')
  if (!/^(0|[1-9]\d{0,14})$/.test(size) || Number(size) > mostTreeSize) throw wrong('a size that is none')
  if (!/^[A-Za-z0-9+/]{43}=$/.test(root)) throw wrong('a root that is none')
  if (Number(generation) > mostGeneration) throw wrong('a generation that is none')
  const tree = { room: fromHex(room), device: fromHex(device), generation: Number(generation) }
  return { ...tree, size: Number(size), root: rootIn(root) }
}

function rootIn(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch {
    throw wrong('a root that is none')
  }
}

function readLine({ bytes }: NoteSignature, length: number): Uint8Array {
  if (bytes.length !== 4 + length) throw wrong('a signature of another kind')
  return bytes.slice(4)
}

function timeIn(bytes: Uint8Array): number {
  const time = bytes.subarray(0, 8).reduce((sum, byte) => sum * 256 + byte, 0)
  if (time > mostTime) throw wrong('a time beyond all calendars')
  return time
}

const wrong = (detail: string): ProtocolError => new ProtocolError('checkpoint/form', detail)
