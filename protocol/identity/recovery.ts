import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { inDomain } from '../crypto/domains.ts'
import { expand, extract } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'

/** The 24 words of 32 random bytes (BIP-39, English). */
export function recoveryWords(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist)
}

/** Whether somebody typed 24 words of the list with a right checksum; one wrong word in 256 passes. */
export function areRecoveryWords(typed: string): boolean {
  const words = tidyWords(typed)
  return words.split(' ').length === 24 && validateMnemonic(words, wordlist)
}

/** Capitals, and what stands between words, make no other words. */
function tidyWords(typed: string): string {
  return typed.trim().toLowerCase().replace(/\s+/g, ' ')
}

/** The Ed25519 seed of the recovery key with this index. Takes about 0.2 s: BIP-39 stretches the words. */
export function recoverySeed(words: string, index: number, primitives: Primitives): Uint8Array {
  return expand(stretched(words, primitives), inDomain('recoveryKey', Uint8Array.of(index)), primitives)
}

/** The seed that the identity's own room is made of: who has the words finds it. As slow. Spec: specs/own-room.md. */
export function ownRoomSeed(words: string, primitives: Primitives): Uint8Array {
  return expand(stretched(words, primitives), inDomain('ownRoom'), primitives)
}

function stretched(words: string, primitives: Primitives): Uint8Array {
  return extract(mnemonicToSeedSync(tidyWords(words)), primitives)
}
