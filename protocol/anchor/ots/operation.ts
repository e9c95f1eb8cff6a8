import { concat, fromText, toHex } from '../../bytes.ts'
import { keccak256, ripemd160, sha1 } from '../../crypto/chain-hashes.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { ProtocolError } from '../../errors.ts'
import { encodeNumber, type Reader } from './reader.ts'

/** One step from a message to the next, as OpenTimestamps has them. */
export type Operation =
  | { readonly type: 'append' | 'prepend'; readonly bytes: Uint8Array }
  | { readonly type: 'reverse' | 'hexlify' | 'sha1' | 'ripemd160' | 'sha256' | 'keccak256' }

const tags = {
  append: 0xf0,
  prepend: 0xf1,
  reverse: 0xf2,
  hexlify: 0xf3,
  sha1: 0x02,
  ripemd160: 0x03,
  sha256: 0x08,
  keccak256: 0x67,
} as const

const types = new Map<number, Operation['type']>(
  Object.entries(tags).map(([type, tag]) => [tag, type as Operation['type']]),
)

/** Of a message, before and after an operation. */
const mostMessageBytes = 4_096

/** The bytes of an operation, as they stand in an `.ots` file. Spec: specs/anchor.md#opentimestamps. */
export function encodeOperation(operation: Operation): Uint8Array {
  const tag = Uint8Array.of(tags[operation.type])
  return 'bytes' in operation ? concat(tag, encodeNumber(operation.bytes.length), operation.bytes) : tag
}

/** Read what follows a tag. Throws `anchor/ots`. */
export function readOperation(tag: number, reader: Reader): Operation {
  const type = types.get(tag)
  if (!type) throw new ProtocolError('anchor/ots', 'an unknown operation')
  if (type === 'append' || type === 'prepend') return { type, bytes: reader.counted(1, mostMessageBytes) }
  return { type }
}

/** The message after an operation. Throws `anchor/ots` if that is too long. */
export function applyOperation(operation: Operation, message: Uint8Array, primitives: Primitives): Uint8Array {
  const result = computed(operation, message, primitives)
  if (result.length > mostMessageBytes) throw new ProtocolError('anchor/ots', 'a message that is too long')
  return result
}

function computed(operation: Operation, message: Uint8Array, primitives: Primitives): Uint8Array {
  switch (operation.type) {
    case 'append':
      return concat(message, operation.bytes)
    case 'prepend':
      return concat(operation.bytes, message)
    case 'reverse':
      return message.slice().reverse()
    case 'hexlify':
      return fromText(toHex(message))
    case 'sha1':
      return sha1(message)
    case 'ripemd160':
      return ripemd160(message)
    case 'sha256':
      return primitives.sha256(message)
    case 'keccak256':
      return keccak256(message)
  }
}
