import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { areRecoveryWords } from '../../protocol/identity/recovery.ts'
import { Problem } from '../api/problems.ts'
import { identityOfWords } from '../rooms/person.ts'
import type { KeyVault } from '../storage/key-vault.ts'

/** The 24 words, for whoever asks for just them: no view, log or other answer has them. Throws the problem `words-gone`. */
export function showRecoveryWords({ content }: KeyVault): string[] {
  if (content.words === null) throw new Problem('words-gone')
  return content.words.split(' ')
}

/** Whose words these are, in hex. One wrong word in 256 passes, so whoever typed them has to look. Throws the problem `words-wrong`. */
export function readRecoveryWords(words: string, primitives: Primitives): string {
  if (!areRecoveryWords(words)) throw new Problem('words-wrong')
  return toHex(identityOfWords(words, primitives))
}

/** Take the words out of the vault and its copy, for good. Durable once resolved; whoever asks again changes nothing. */
export async function forgetRecoveryWords(vault: KeyVault): Promise<void> {
  if (vault.content.words !== null) await vault.change((content) => ({ ...content, words: null }))
}
