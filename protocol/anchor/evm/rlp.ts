import { ProtocolError } from '../../errors.ts'

/** What Ethereum writes down: bytes, and lists of such. */
export type Rlp = Uint8Array | readonly Rlp[]

// A log in the logs of a receipt has topics; nothing that is read here is deeper.
const mostDepth = 6

/** Decode the one encoding of a value (Ethereum's yellow paper, appendix B). Throws `anchor/rlp`. */
export function decodeRlp(bytes: Uint8Array): Rlp {
  const { value, end } = itemAt(bytes, 0, mostDepth)
  if (end !== bytes.length) throw new ProtocolError('anchor/rlp', 'bytes behind the end')
  return value
}

/** The items of a list of exactly `length`, or of at least so many. Throws `anchor/rlp`. */
export function rlpList(value: Rlp | undefined, length: number | { readonly least: number }): readonly Rlp[] {
  if (!value || value instanceof Uint8Array) throw new ProtocolError('anchor/rlp', 'a list expected')
  if (typeof length === 'number' ? value.length !== length : value.length < length.least) {
    throw new ProtocolError('anchor/rlp', `${value.length} items`)
  }
  return value
}

/** Bytes, of this length if one is given. Throws `anchor/rlp`. */
export function rlpBytes(value: Rlp | undefined, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ProtocolError('anchor/rlp', 'bytes expected')
  if (length !== undefined && value.length !== length) throw new ProtocolError('anchor/rlp', `${value.length} bytes`)
  return value
}

/** A number: big-endian, without zeros before it, up to 2^53 - 1. Throws `anchor/rlp`. */
export function rlpNumber(value: Rlp | undefined): number {
  const bytes = rlpBytes(value)
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  if (bytes[0] === 0 || number > Number.MAX_SAFE_INTEGER) throw new ProtocolError('anchor/rlp', 'a number expected')
  return number
}

/** How a number below 2^48 is written. */
export function encodeRlpNumber(value: number): Uint8Array {
  const digits: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  if (digits.length === 1 && digits[0]! < 0x80) return Uint8Array.from(digits)
  return Uint8Array.of(0x80 + digits.length, ...digits)
}

interface Item {
  readonly value: Rlp
  readonly end: number
}

function itemAt(bytes: Uint8Array, at: number, depth: number): Item {
  const head = bytes[at]
  if (head === undefined) throw new ProtocolError('anchor/rlp', 'ends too early')
  if (head < 0x80) return { value: bytes.slice(at, at + 1), end: at + 1 }
  const isList = head >= 0xc0
  const { start, end } = extentAt(bytes, at, head - (isList ? 0xc0 : 0x80))
  if (isList) return { value: listIn(bytes, start, end, depth), end }
  if (end - start === 1 && bytes[start]! < 0x80) throw new ProtocolError('anchor/rlp', 'a byte that stands for itself')
  return { value: bytes.slice(start, end), end }
}

/** Where the content of an item lies. `size`: its length up to 55, or 55 more than how many bytes its length takes. */
function extentAt(bytes: Uint8Array, at: number, size: number): { readonly start: number; readonly end: number } {
  const start = at + 1 + Math.max(0, size - 55)
  const told = bytes.subarray(at + 1, start)
  const length = size <= 55 ? size : told.reduce((sum, byte) => sum * 256 + byte, 0)
  if (size > 55 && (told[0] === 0 || length <= 55))
    throw new ProtocolError('anchor/rlp', 'a longer head than necessary')
  if (start + length > bytes.length) throw new ProtocolError('anchor/rlp', 'ends too early')
  return { start, end: start + length }
}

function listIn(bytes: Uint8Array, start: number, end: number, depth: number): readonly Rlp[] {
  if (depth === 0) throw new ProtocolError('anchor/rlp', `deeper than ${mostDepth}`)
  const items: Rlp[] = []
  let at = start
  while (at < end) {
    const item = itemAt(bytes, at, depth - 1)
    items.push(item.value)
    at = item.end
  }
  if (at !== end) throw new ProtocolError('anchor/rlp', 'an item beyond its list')
  return items
}
