import { randomBytes } from 'node:crypto'
import sodium from 'sodium-universal'
import { concat } from '../../protocol/bytes.ts'
import { HomeError } from '../home-error.ts'

const nonceBytes = 24
const tagBytes = 16

/** A secret as it is kept in a file: it opens under the same key and at the same place only. */
export function sealRow(plaintext: Uint8Array, place: Uint8Array, key: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const box = Buffer.alloc(plaintext.length + tagBytes)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(box, plaintext, place, null, nonce, key)
  return Buffer.from(concat(nonce, box))
}

/** Throws `HomeError` home/damaged for a row that was sealed elsewhere, under another key, or changed. */
export function openRow(sealed: Uint8Array, place: Uint8Array, key: Uint8Array): Buffer {
  const box = sealed.subarray(nonceBytes)
  const plaintext = Buffer.alloc(Math.max(0, box.length - tagBytes))
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, box, place, sealed.subarray(0, nonceBytes), key)
    return plaintext
  } catch {
    throw new HomeError('home/damaged', 'A key in keys.db does not open with the vault of this home.')
  }
}
