import { decode, encode } from 'cborg'
import { equalBytes, fromText } from './bytes.ts'
import { ProtocolError } from './errors.ts'

/** What our CBOR carries: no maps, no floats, no tags, no negative numbers, so that each value has one encoding. */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[]

/** RFC 8949, 4.2.1 (core deterministic encoding). */
export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value)
}

/** Bounds that are checked before anything is built from the bytes. */
export interface CborLimits {
  readonly bytes: number
  /** Where more are needed than `mostItems` of the bytes that are there. */
  readonly items?: number
  readonly depth?: number
}

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
} as const

/**
 * Decode bytes that a stranger may have made; refuse whatever `encodeCbor` would not have written.
 *
 * Spec: specs/encoding.md. Throws `encoding/…`.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  if (bytes.length > limits.bytes) throw new ProtocolError('encoding/too-large', `${bytes.length} of ${limits.bytes}`)
  const texts = checkHeads(bytes, limits.depth ?? 8, limits.items ?? mostItems(bytes.length))
  let value: CborValue
  try {
    value = decode(bytes, strict) as CborValue
  } catch (error) {
    throw new ProtocolError('encoding/malformed', (error as Error).message)
  }
  // Text that is not UTF-8 decodes to U+FFFD, and a byte order mark to nothing: neither comes back as it was.
  if (!texts.every((text) => equalBytes(encode(decode(text)), text))) throw new ProtocolError('encoding/not-canonical')
  return value
}

/** What is decoded takes memory by the item, not by the byte: an empty array of one byte becomes an object. */
const mostItems = (bytes: number): number => Math.floor(bytes / 8) + 64

// Shorter arguments than these are written in fewer bytes: in the head itself, or in one, two or four bytes.
const least = [24, 2 ** 8, 2 ** 16, 2 ** 32] as const

/**
 * Walk over the heads of the items only, before the decoder runs: it recurses, so nesting is bounded here; it builds an object for an
 * array of one byte, so items are; and it knows kinds of values and ways to write them that are not used here. Answers the texts beyond ASCII: all else is written in one way if its head is.
 */
function checkHeads(bytes: Uint8Array, limit: number, items: number): Uint8Array[] {
  const texts: Uint8Array[] = []
  const open: number[] = []
  let left = items
  let at = 0
  while (at < bytes.length) {
    if (left-- === 0) throw new ProtocolError('encoding/too-large', `more than ${items} items`)
    const start = at
    const major = bytes[at]! >> 5
    const info = bytes[at]! & 31
    at++
    if (info >= 28) throw new ProtocolError('encoding/malformed', 'an indefinite or reserved length')
    const argument = info < 24 ? info : readUint(bytes, at, 1 << (info - 24))
    if (info >= 24) at += 1 << (info - 24)
    if (major === 1 || major === 5 || major === 6 || (major === 7 && (info < 20 || info > 22))) {
      throw new ProtocolError('encoding/not-canonical', 'a kind of value that is not used here')
    }
    if (info >= 24 && argument < least[info - 24]!) {
      throw new ProtocolError('encoding/not-canonical', 'a longer head than necessary')
    }
    if (major === 0 && argument > Number.MAX_SAFE_INTEGER) {
      throw new ProtocolError('encoding/not-canonical', 'a number above 2^53 - 1')
    }
    while (open.at(-1) === 0) open.pop()
    if (open.length > 0) open[open.length - 1]!--
    if (major === 3 && !isAscii(bytes, at, at + argument)) texts.push(bytes.subarray(start, at + argument))
    if (major === 2 || major === 3) at += argument
    if (major === 4) {
      open.push(argument)
      if (open.length > limit) throw new ProtocolError('encoding/too-deep', `${limit}`)
    }
  }
  return texts
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end && i < bytes.length; i++) if (bytes[i]! >= 0x80) return false
  return true
}

function readUint(bytes: Uint8Array, at: number, width: number): number {
  if (at + width > bytes.length) throw new ProtocolError('encoding/malformed', 'ends too early')
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + bytes[at + i]!
  return value
}

const wrong = (want: string): ProtocolError => new ProtocolError('encoding/unexpected-type', `${want} expected`)

/** The items of an array of exactly `length` items, or of any length up to `most`. */
export function asArray(value: CborValue | undefined, length: number | { most: number }): readonly CborValue[] {
  if (!Array.isArray(value)) throw wrong('an array')
  if (typeof length === 'number' ? value.length !== length : value.length > length.most) {
    throw wrong(typeof length === 'number' ? `${length} items` : `at most ${length.most} items`)
  }
  return value
}

/** Bytes of exactly `length`, or of any length up to `most`. */
export function asBytes(value: CborValue | undefined, length: number | { most: number }): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong('bytes')
  if (typeof length === 'number' ? value.length !== length : value.length > length.most) {
    throw wrong(typeof length === 'number' ? `${length} bytes` : `at most ${length.most} bytes`)
  }
  return value
}

/** An unsigned integer up to 2^53 - 1, or up to `most`. */
export function asUint(value: CborValue | undefined, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || value > most) throw wrong(`a number up to ${most}`)
  return value
}

/** Throws `encoding/unexpected-type` unless the value is true or false. */
export function asBoolean(value: CborValue | undefined): boolean {
  if (typeof value !== 'boolean') throw wrong('true or false')
  return value
}

/** Unix milliseconds that a calendar has a day for: up to the last moment of an ECMAScript Date. */
export function asTime(value: CborValue | undefined): number {
  return asUint(value, 8_640_000_000_000_000)
}

/** Text of at most `most` UTF-8 bytes. */
export function asText(value: CborValue | undefined, most: number): string {
  if (typeof value !== 'string') throw wrong('text')
  // No UTF-16 unit takes more than three bytes.
  if (value.length > most || (value.length * 3 > most && fromText(value).length > most))
    throw wrong(`at most ${most} bytes of text`)
  return value
}
