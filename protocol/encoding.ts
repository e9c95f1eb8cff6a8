import { decode, encode } from 'cborg'
import { equalBytes } from './bytes.ts'
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
  checkDepth(bytes, limits.depth ?? 8)
  let value: CborValue
  try {
    value = decode(bytes, strict) as CborValue
  } catch (error) {
    throw new ProtocolError('encoding/malformed', (error as Error).message)
  }
  if (!isPlain(value)) throw new ProtocolError('encoding/not-canonical', 'a kind of value that is not used here')
  // Text that is not UTF-8 decodes to U+FFFD, and so does not come back as it was.
  if (!equalBytes(encode(value), bytes)) throw new ProtocolError('encoding/not-canonical')
  return value
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0
  return value === null || typeof value === 'string' || typeof value === 'boolean' || value instanceof Uint8Array
}

/** Walk over the heads of the items only: the decoder recurses, so nesting is bounded before it runs. */
function checkDepth(bytes: Uint8Array, limit: number): void {
  const open: number[] = []
  let at = 0
  while (at < bytes.length) {
    const major = bytes[at]! >> 5
    const info = bytes[at]! & 31
    at++
    let argument = info
    if (info >= 28) throw new ProtocolError('encoding/malformed', 'indefinite length')
    if (info >= 24) {
      const width = 1 << (info - 24)
      argument = 0
      for (let i = 0; i < width; i++) argument = argument * 256 + (bytes[at + i] ?? 0)
      at += width
    }
    while (open.at(-1) === 0) open.pop()
    if (open.length > 0) open[open.length - 1]!--
    if (major === 2 || major === 3) at += argument
    if (major === 4 || major === 5 || major === 6) {
      open.push(major === 5 ? argument * 2 : major === 6 ? 1 : argument)
      if (open.length > limit) throw new ProtocolError('encoding/too-deep', `${limit}`)
    }
  }
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

/** Text of at most `most` UTF-8 bytes. */
export function asText(value: CborValue | undefined, most: number): string {
  if (typeof value !== 'string') throw wrong('text')
  if (value.length > most || encode(value).length > most + 9) throw wrong(`at most ${most} bytes of text`)
  return value
}
