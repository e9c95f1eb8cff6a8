import { concat, equalBytes, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** Where an entry stands. It opens nowhere else. */
export interface EntryPlace {
  readonly room: Uint8Array
  readonly log: Uint8Array
  readonly index: number
}

/** Which secret an entry's keys come from. */
export type EntryClass = 'authority' | 'message' | 'call' | 'epoch'

/** The clear start of a block. */
export interface Frame {
  readonly class: EntryClass
  readonly epoch: number
  readonly step: number
  readonly salt: Uint8Array
  readonly commitment: Uint8Array
  readonly headerLength: number
}

/** `log` had this tree hash when it was `length` blocks long, says the author. */
export interface Citation {
  readonly log: Uint8Array
  readonly length: number
  readonly treeHash: Uint8Array
}

/** The sealed start of an entry. `time`: Unix ms by the author's clock. `depth`: 1 + the greatest depth of what it follows. */
export interface EntryHeader {
  readonly kind: string
  readonly time: number
  readonly depth: number
  /** Every other log that advanced since the author's last entry, by ascending key. */
  readonly heads: readonly Citation[]
}

/** The keys of one entry's two sealed parts. Whoever has them can open this entry and no other. */
export interface EntryKeys {
  readonly header: Uint8Array
  readonly body: Uint8Array
}

/** What opens an entry's header alone, and shows that its author committed to it. */
export interface HeaderKey {
  readonly header: Uint8Array
  /** SHA-256 of the key of the body. */
  readonly bodyKeyHash: Uint8Array
}

/** An entry of which the body is withheld. */
export type OpenedHeader = Pick<OpenedEntry, 'frame' | 'header'>

export interface OpenedEntry {
  readonly frame: Frame
  readonly header: EntryHeader
  readonly body: Uint8Array
}

/** 256 KiB: a longer block is refused before anything in it is read. */
export const mostBlockBytes = 262_144
/** An author who has more to cite cites the rest in the next entry. */
export const mostCitations = 64

export const frameBytes = 63
const tagBytes = 16
const version = 1
const suite = 0
const mostHeaderBytes = 8_192
const mostKindBytes = 64
/** Far beyond any real log, and so far below 2^53 that whoever cites such a claim can still count on. */
const mostDepth = 2 ** 48
const classes: readonly EntryClass[] = ['authority', 'message', 'call', 'epoch']

/**
 * The keys of the entry at a place, from the secret of its class.
 *
 * `classKey` is the extracted key (HKDF) of that secret. The salt makes the keys new even if the same place is written twice after a crash.
 * Spec: specs/entry.md#keys.
 */
export function entryKeys(
  classKey: Uint8Array,
  { log, index }: EntryPlace,
  salt: Uint8Array,
  primitives: Primitives,
): EntryKeys {
  const key = (part: number) =>
    expand(classKey, inDomain('entryKey', log, uint64(index), Uint8Array.of(part), salt), primitives)
  return { header: key(0), body: key(1) }
}

/** Seal an entry for one place. `salt`: 16 fresh random bytes. Spec: specs/entry.md#producing. */
export function sealEntry(
  place: EntryPlace,
  entry: { readonly class: EntryClass; readonly header: EntryHeader; readonly body: Uint8Array },
  { classKey, salt }: { readonly classKey: Uint8Array; readonly salt: Uint8Array },
  primitives: Primitives,
): Uint8Array {
  const header = encodeHeader(entry.header)
  const keys = entryKeys(classKey, place, salt, primitives)
  const frame = encodeFrame({
    class: entry.class,
    epoch: 0,
    step: 0,
    salt,
    commitment: commitmentTo(keys, primitives),
    headerLength: header.length + tagBytes,
  })
  const block = concat(
    frame,
    primitives.seal(keys.header, header, associated(place, 0, frame)),
    primitives.seal(keys.body, entry.body, associated(place, 1, frame)),
  )
  if (block.length > mostBlockBytes) throw new ProtocolError('encoding/too-large', `${block.length} bytes of a block`)
  return block
}

/**
 * Open a block with its own keys, and be sure that its author sealed just this here.
 *
 * Spec: specs/entry.md#verifying. Throws `entry/…` and `encoding/…`.
 */
export function openEntry(block: Uint8Array, place: EntryPlace, keys: EntryKeys, primitives: Primitives): OpenedEntry {
  const frame = readFrame(block)
  // Without this, an author could make one block that reads differently under two keys.
  if (!equalBytes(commitmentTo(keys, primitives), frame.commitment)) throw new ProtocolError('entry/commitment')
  const clear = block.subarray(0, frameBytes)
  const end = frameBytes + frame.headerLength
  const header = primitives.open(keys.header, block.subarray(frameBytes, end), associated(place, 0, clear))
  const body = primitives.open(keys.body, block.subarray(end), associated(place, 1, clear))
  if (!header || !body) throw new ProtocolError('entry/sealed')
  return { frame, header: decodeHeader(header), body }
}

/**
 * Open the header of a block, without its body.
 *
 * That the body would open is not known. Spec: specs/entry.md#verifying. Throws `entry/…` and `encoding/…`.
 */
export function openHeader(
  block: Uint8Array,
  place: EntryPlace,
  keys: HeaderKey,
  primitives: Primitives,
): OpenedHeader {
  const frame = readFrame(block)
  const committed = commitmentOf(primitives.sha256(keys.header), keys.bodyKeyHash, primitives)
  if (!equalBytes(committed, frame.commitment)) throw new ProtocolError('entry/commitment')
  const sealed = block.subarray(frameBytes, frameBytes + frame.headerLength)
  const header = primitives.open(keys.header, sealed, associated(place, 0, block.subarray(0, frameBytes)))
  if (!header) throw new ProtocolError('entry/sealed')
  return { frame, header: decodeHeader(header) }
}

/** Read the clear start of a block. Throws `entry/frame`, `entry/version` or `encoding/too-large`. */
export function readFrame(block: Uint8Array): Frame {
  if (block.length > mostBlockBytes) throw new ProtocolError('encoding/too-large', `${block.length} bytes of a block`)
  if (block.length < frameBytes + 2 * tagBytes) throw new ProtocolError('entry/frame', 'too short')
  const view = new DataView(block.buffer, block.byteOffset, frameBytes)
  if (view.getUint8(0) !== version || view.getUint8(1) !== suite) {
    throw new ProtocolError('entry/version', `version ${view.getUint8(0)}, suite ${view.getUint8(1)}`)
  }
  const entryClass = classes[view.getUint8(2)]
  const headerLength = view.getUint32(59)
  if (!entryClass) throw new ProtocolError('entry/frame', 'an unknown class')
  if (
    headerLength < tagBytes ||
    headerLength > mostHeaderBytes ||
    frameBytes + headerLength + tagBytes > block.length
  ) {
    throw new ProtocolError('entry/frame', 'the header does not fit')
  }
  return {
    class: entryClass,
    epoch: view.getUint32(3),
    step: view.getUint32(7),
    salt: block.subarray(11, 27),
    commitment: block.subarray(27, 59),
    headerLength,
  }
}

function encodeFrame(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(frameBytes)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint8(1, suite)
  view.setUint8(2, classes.indexOf(frame.class))
  view.setUint32(3, frame.epoch)
  view.setUint32(7, frame.step)
  bytes.set(frame.salt, 11)
  bytes.set(frame.commitment, 27)
  view.setUint32(59, frame.headerLength)
  return bytes
}

/** What the frame says of the keys: it hides them, and no second pair of keys has the same. */
function commitmentTo(keys: EntryKeys, primitives: Primitives): Uint8Array {
  return commitmentOf(primitives.sha256(keys.header), primitives.sha256(keys.body), primitives)
}

function commitmentOf(headerKeyHash: Uint8Array, bodyKeyHash: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('entryCommitment', headerKeyHash, bodyKeyHash))
}

function associated({ room, log, index }: EntryPlace, part: 0 | 1, frame: Uint8Array): Uint8Array {
  return inDomain('entry', room, log, uint64(index), Uint8Array.of(part), frame)
}

function encodeHeader({ kind, time, depth, heads }: EntryHeader): Uint8Array {
  return encodeCbor([kind, time, depth, heads.map(({ log, length, treeHash }) => [log, length, treeHash])])
}

function decodeHeader(bytes: Uint8Array): EntryHeader {
  try {
    const [kind, time, depth, heads] = asArray(decodeCbor(bytes, { bytes: mostHeaderBytes }), 4)
    return {
      kind: asText(kind, mostKindBytes),
      time: asTime(time),
      depth: asUint(depth, mostDepth),
      heads: asArray(heads, { most: mostCitations }).map((item) => {
        const [log, length, treeHash] = asArray(item, 3)
        return { log: asBytes(log, 32), length: asUint(length), treeHash: asBytes(treeHash, 32) }
      }),
    }
  } catch (error) {
    throw new ProtocolError('entry/header', (error as Error).message)
  }
}
