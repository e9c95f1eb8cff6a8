import { litecoinWork } from '../../crypto/chain-hashes.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { ProtocolError } from '../../errors.ts'

/** The chains whose blocks have Bitcoin's form. */
export type BlockChain = 'bitcoin' | 'litecoin'

/** A block header. Hashes stand as they are hashed; people write them the other way round. */
export interface BlockHeader {
  readonly bytes: Uint8Array
  readonly previous: Uint8Array
  readonly merkleRoot: Uint8Array
  /** Unix seconds, as the miner says. */
  readonly time: number
  /** What the hash of the work may be at most. */
  readonly target: bigint
}

export const headerBytes = 80

/** Read 80 bytes, of which nothing is verified yet. Throws `anchor/header`. */
export function decodeBlockHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length !== headerBytes) throw new ProtocolError('anchor/header', `${bytes.length} bytes`)
  return {
    bytes,
    previous: bytes.slice(4, 36),
    merkleRoot: bytes.slice(36, 68),
    time: uint32Little(bytes, 68),
    target: targetOf(uint32Little(bytes, 72)),
  }
}

/** What the next header calls this one by. */
export function blockHash({ bytes }: BlockHeader, primitives: Primitives): Uint8Array {
  return primitives.sha256(primitives.sha256(bytes))
}

/** Throws `anchor/work` unless somebody has done the work that the header claims. */
export function verifyWork(header: BlockHeader, chain: BlockChain, primitives: Primitives): void {
  const hash = chain === 'litecoin' ? litecoinWork(header.bytes) : blockHash(header, primitives)
  const value = hash.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  if (value > header.target) throw new ProtocolError('anchor/work')
}

/** How many hashes it takes on average to find such a header. */
export function workOf({ target }: BlockHeader): bigint {
  return (1n << 256n) / (target + 1n)
}

/** A target is written as a mantissa of 23 bits and a sign, after how many bytes long it is. */
function targetOf(bits: number): bigint {
  const mantissa = BigInt(bits & 0x7fffff)
  const shift = 8n * (BigInt(bits >>> 24) - 3n)
  const target = shift < 0n ? mantissa >> -shift : mantissa << shift
  if (bits & 0x800000 || target === 0n || target >> 256n)
    throw new ProtocolError('anchor/header', 'a target that is none')
  return target
}

function uint32Little(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
