import { concat, fromText, uint64 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** AES-256-GCM under one key (RFC 5116). */
export interface FrameCipher {
  seal(nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Promise<Uint8Array>
  /** Answers `null` if the ciphertext does not belong to the key, the nonce and the associated data. */
  open(nonce: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array): Promise<Uint8Array | null>
}

/** The cryptography of frames, given from outside: browsers compute it off the thread, so all of it is awaited. */
export interface FrameCrypto {
  /** HKDF with SHA-512 and no salt (RFC 5869). */
  hkdf(secret: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array>
  /** For a key of 32 bytes. */
  cipher(key: Uint8Array): Promise<FrameCipher>
}

/** Which key a frame is sealed by, and which of its frames it is; both below 2^64. */
export interface FrameHeader {
  readonly key: bigint
  readonly counter: bigint
}

/** A key that frames are sealed by, or opened with, and never both. */
export interface FrameKey {
  readonly id: bigint
  readonly salt: Uint8Array
  readonly cipher: FrameCipher
}

/** AES_256_GCM_SHA512_128 (RFC 9605, 4.5 and 8.1). */
const suite = Uint8Array.of(0, 5)
const sizes = { key: 32, nonce: 12, tag: 16 } as const
/** What sealing adds to a frame at most: the longest header, and a tag. */
export const frameOverhead = 17 + sizes.tag

/** Key and salt of a base key, which one sender alone seals by (RFC 9605, 4.4.2). Spec: specs/media-frame.md#sealing. */
export async function deriveFrameKey(id: bigint, baseKey: Uint8Array, crypto: FrameCrypto): Promise<FrameKey> {
  const label = (name: string) => concat(fromText(`SFrame 1.0 Secret ${name} `), uint64Big(id), suite)
  const [key, salt] = await Promise.all([
    crypto.hkdf(baseKey, label('key'), sizes.key),
    crypto.hkdf(baseKey, label('salt'), sizes.nonce),
  ])
  return { id, salt, cipher: await crypto.cipher(key) }
}

/** Spec: specs/media-frame.md#header (RFC 9605, 4.3). */
export function encodeFrameHeader({ key, counter }: FrameHeader): Uint8Array {
  const [keyBits, keyBytes] = encodeField(key)
  const [counterBits, counterBytes] = encodeField(counter)
  return concat(Uint8Array.of((keyBits << 4) | counterBits), keyBytes, counterBytes)
}

/** The header that the bytes begin with, and how long it is. Throws `media-frame/header`, also if it could be shorter. */
export function decodeFrameHeader(bytes: Uint8Array): FrameHeader & { readonly length: number } {
  const config = bytes[0]
  if (config === undefined) throw new ProtocolError('media-frame/header', 'nothing there')
  const key = decodeField(config >> 4, bytes.subarray(1))
  const counter = decodeField(config & 15, bytes.subarray(1 + key.length))
  return { key: key.value, counter: counter.value, length: 1 + key.length + counter.length }
}

/**
 * Header, ciphertext and tag. `metadata` is what the frame says in the open, and is not part of what is answered.
 *
 * A counter MUST never come twice under one key. Spec: specs/media-frame.md#sealing (RFC 9605, 4.4.3).
 */
export async function sealFrame(
  key: FrameKey,
  counter: bigint,
  metadata: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const header = encodeFrameHeader({ key: key.id, counter })
  const sealed = await key.cipher.seal(nonceOf(key, counter), plaintext, concat(header, metadata))
  return concat(header, sealed)
}

/** The plaintext, with a key that has the id of the frame's header. Throws `media-frame/header` and `media-frame/sealed`. */
export async function openFrame(key: FrameKey, metadata: Uint8Array, frame: Uint8Array): Promise<Uint8Array> {
  const { counter, length } = decodeFrameHeader(frame)
  const associated = concat(frame.subarray(0, length), metadata)
  const sealed = frame.subarray(length)
  const opened = sealed.length < sizes.tag ? null : await key.cipher.open(nonceOf(key, counter), sealed, associated)
  if (!opened) throw new ProtocolError('media-frame/sealed')
  return opened
}

function nonceOf({ salt }: FrameKey, counter: bigint): Uint8Array {
  const nonce = salt.slice()
  uint64Big(counter).forEach((byte, i) => {
    nonce[sizes.nonce - 8 + i]! ^= byte
  })
  return nonce
}

/** A number below 8 stands in the four bits themselves; else they say how long it is. */
function encodeField(value: bigint): [bits: number, bytes: Uint8Array] {
  if (value < 8n) return [Number(value), new Uint8Array(0)]
  const bytes = uint64Big(value)
  const shortest = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return [8 | (shortest.length - 1), shortest]
}

function decodeField(bits: number, rest: Uint8Array): { readonly value: bigint; readonly length: number } {
  if (bits < 8) return { value: BigInt(bits), length: 0 }
  const length = (bits & 7) + 1
  if (rest.length < length) throw new ProtocolError('media-frame/header', 'it ends within a number')
  const value = rest.subarray(0, length).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
  if (value < 8n || (length > 1 && rest[0] === 0))
    throw new ProtocolError('media-frame/header', 'a number could be shorter')
  return { value, length }
}

function uint64Big(value: bigint): Uint8Array {
  return concat(uint64(Number(value >> 32n)).subarray(4), uint64(Number(value & 0xffffffffn)).subarray(4))
}
