import { ripemd160 as ripemd, sha1 as sha } from '@noble/hashes/legacy.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

// What public chains hash with, so that their proofs can be checked. Nothing of ours rests on these.

export const sha1 = (data: Uint8Array): Uint8Array => sha(data)

export const ripemd160 = (data: Uint8Array): Uint8Array => ripemd(data)

/** Ethereum's hash: Keccak before it was padded as SHA-3. */
export const keccak256 = (data: Uint8Array): Uint8Array => keccak_256(data)

/** Litecoin's proof of work over a block header. Takes 128 KiB and about a millisecond. */
export const litecoinWork = (header: Uint8Array): Uint8Array =>
  scrypt(header, header, { N: 1024, r: 1, p: 1, dkLen: 32 })
