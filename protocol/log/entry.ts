import { concat, equalBytes, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { pad, unpad } from './padding.ts'

/** How what people say is sealed. 0: by the room's secret. 1: by the epochs of its author, specs/encryption.md. */
export type Suite = 0 | 1

/** Where an entry stands. It opens nowhere else. */
export interface EntryPlace {
  readonly room: Uint8Array
  readonly log: Uint8Array
  readonly index: number
  /** Of the room, as its genesis says; 0 where nothing is said. */
  readonly suite?: Suite
}

/** Which secret an entry's keys come from. */
export type EntryClass = 'authority' | 'message' | 'call' | 'epoch' | 'ephemeral'

/** The clear start of a block. */
export interface Frame {
  readonly suite: Suite
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
const mostHeaderBytes = 8_192
const mostKindBytes = 64
/** Far beyond any real log, and so far below 2^53 that whoever cites such a claim can still count on. */
const mostDepth = 2 ** 48
const classes: readonly EntryClass[] = ['authority', 'message', 'call', 'epoch', 'ephemeral']

/** The suite that an entry of this class has in a room; null: there is no such class in it. Spec: specs/entry.md#format. */
export function suiteOf(entryClass: EntryClass, room: Suite): Suite | null {
  if (entryClass === 'authority' || entryClass === 'epoch') return 0
  return entryClass === 'ephemeral' && room === 0 ? null : room
}

/** What the keys of an entry's two parts derive from: keys as HKDF-Extract makes them. In suite 0 both are that of the class. */
export interface EntrySecrets {
  readonly header: Uint8Array
  readonly body: Uint8Array
}

/**
 * The keys of the entry at a place, from the secret of its class.
 *
 * `classKey` is the extracted key (HKDF) of that secret. The salt makes the keys new even if the same place is written twice after a crash.
 * Spec: specs/entry.md#keys.
 */
export function entryKeys(
  classKey: Uint8Array,
  place: EntryPlace,
  salt: Uint8Array,
  primitives: Primitives,
): EntryKeys {
  return keysFrom({ header: classKey, body: classKey }, place, salt, primitives)
}

/** The same, where each part has a secret of its own. */
export function keysFrom(
  secrets: EntrySecrets,
  { log, index }: EntryPlace,
  salt: Uint8Array,
  primitives: Primitives,
): EntryKeys {
  const key = (secret: Uint8Array, part: number) =>
    expand(secret, inDomain('entryKey', log, uint64(index), Uint8Array.of(part), salt), primitives)
  return { header: key(secrets.header, 0), body: key(secrets.body, 1) }
}

/** What an author seals. */
export interface Entry {
  readonly class: EntryClass
  readonly header: EntryHeader
  readonly body: Uint8Array
}

/** Seal an entry of suite 0 for one place. `salt`: 16 fresh random bytes. Spec: specs/entry.md#producing. */
export function sealEntry(
  place: EntryPlace,
  entry: Entry,
  { classKey, salt }: { readonly classKey: Uint8Array; readonly salt: Uint8Array },
  primitives: Primitives,
): Uint8Array {
  const keys = entryKeys(classKey, place, salt, primitives)
  return sealWith(place, entry, { suite: 0, epoch: 0, step: 0, salt, keys }, primitives)
}

/** Seal an entry with its own two keys, which no other entry may have. */
export function sealWith(
  place: EntryPlace,
  entry: Entry,
  { keys, ...sealing }: Pick<Frame, 'suite' | 'epoch' | 'step' | 'salt'> & { readonly keys: EntryKeys },
  primitives: Primitives,
): Uint8Array {
  const form = sealing.suite === 0 ? (plaintext: Uint8Array) => plaintext : pad
  const [header, body] = [form(encodeHeader(entry.header)), form(entry.body)] as const
  const frame = encodeFrame({
    ...sealing,
    class: entry.class,
    commitment: commitmentTo(keys, primitives),
    headerLength: header.length + tagBytes,
  })
  const block = concat(
    frame,
    primitives.seal(keys.header, header, associated(place, 0, frame)),
    primitives.seal(keys.body, body, associated(place, 1, frame)),
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
  const frame = readFrame(block, place.suite)
  // Without this, an author could make one block that reads differently under two keys.
  if (!equalBytes(commitmentTo(keys, primitives), frame.commitment)) throw new ProtocolError('entry/commitment')
  const clear = block.subarray(0, frameBytes)
  const end = frameBytes + frame.headerLength
  const header = primitives.open(keys.header, block.subarray(frameBytes, end), associated(place, 0, clear))
  const body = primitives.open(keys.body, block.subarray(end), associated(place, 1, clear))
  if (!header || !body) throw new ProtocolError('entry/sealed')
  return { frame, header: decodeHeader(plain(header, frame)), body: plain(body, frame) }
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
  const { commitment } = readFrame(block, place.suite)
  const committed = commitmentOf(primitives.sha256(keys.header), keys.bodyKeyHash, primitives)
  if (!equalBytes(committed, commitment)) throw new ProtocolError('entry/commitment')
  return openOwnHeader(block, place, keys.header, primitives)
}

/** The same with a key that was derived here, from a secret that all readers have: it needs no commitment to be everybody's. */
export function openOwnHeader(
  block: Uint8Array,
  place: EntryPlace,
  key: Uint8Array,
  primitives: Primitives,
): OpenedHeader {
  const frame = readFrame(block, place.suite)
  const sealed = block.subarray(frameBytes, frameBytes + frame.headerLength)
  const header = primitives.open(key, sealed, associated(place, 0, block.subarray(0, frameBytes)))
  if (!header) throw new ProtocolError('entry/sealed')
  return { frame, header: decodeHeader(plain(header, frame)) }
}

function plain(opened: Uint8Array, { suite }: Frame): Uint8Array {
  return suite === 0 ? opened : unpad(opened)
}

/** Read the clear start of a block in a room of this suite. Throws `entry/frame`, `entry/version`, `entry/suite` or `encoding/too-large`. */
export function readFrame(block: Uint8Array, room: Suite = 0): Frame {
  if (block.length > mostBlockBytes) throw new ProtocolError('encoding/too-large', `${block.length} bytes of a block`)
  if (block.length < frameBytes + 2 * tagBytes) throw new ProtocolError('entry/frame', 'too short')
  const view = new DataView(block.buffer, block.byteOffset, frameBytes)
  const suite = view.getUint8(1)
  if (view.getUint8(0) !== version || (suite !== 0 && suite !== 1)) {
    throw new ProtocolError('entry/version', `version ${view.getUint8(0)}, suite ${suite}`)
  }
  const entryClass = classes[view.getUint8(2)]
  const headerLength = view.getUint32(59)
  if (!entryClass) throw new ProtocolError('entry/frame', 'an unknown class')
  if (suite !== suiteOf(entryClass, room)) throw new ProtocolError('entry/suite', `${entryClass} in suite ${suite}`)
  if (
    headerLength < tagBytes ||
    headerLength > mostHeaderBytes ||
    frameBytes + headerLength + tagBytes > block.length
  ) {
    throw new ProtocolError('entry/frame', 'the header does not fit')
  }
  return {
    suite,
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
  view.setUint8(1, frame.suite)
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
