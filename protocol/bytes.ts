import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64, base64urlnopad } from '@scure/base'

export const concat: (...parts: Uint8Array[]) => Uint8Array = concatBytes
export const toHex: (bytes: Uint8Array) => string = bytesToHex
export const fromHex: (hex: string) => Uint8Array = hexToBytes
export const fromText: (text: string) => Uint8Array = utf8ToBytes
export const toBase64 = (bytes: Uint8Array): string => base64.encode(bytes)
export const fromBase64 = (text: string): Uint8Array => base64.decode(text)
export const toBase64Url = (bytes: Uint8Array): string => base64urlnopad.encode(bytes)
export const fromBase64Url = (text: string): Uint8Array => base64urlnopad.decode(text)

/** Whether both are the same bytes. Takes time that depends on them: never compare secrets with it. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** Order of the bytes read as unsigned numbers; a prefix comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return a.length - b.length
}

/** 8 bytes, big-endian: the byte order of everything that is ours. `value` is a safe integer. */
export function uint64(value: number): Uint8Array {
  return uint64Little(value).reverse()
}

/** 4 bytes, big-endian. */
export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

/** 8 bytes, little-endian: the byte order of Hypercore. `value` is a safe integer. */
export function uint64Little(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  // Far faster than a BigInt, and this stands several times in every entry.
  for (let at = 0, rest = value; rest > 0; at++) {
    bytes[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}
