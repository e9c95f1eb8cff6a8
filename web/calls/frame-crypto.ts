import type { FrameCrypto } from '../../protocol/call/sframe.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The cryptography of frames by WebCrypto, which is also in workers and in Node. */
export const frameCrypto: FrameCrypto = {
  async hkdf(secret, info, length) {
    const key = await crypto.subtle.importKey('raw', secret as Bytes, 'HKDF', false, ['deriveBits'])
    const derivation = { name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(0), info: info as Bytes }
    return new Uint8Array(await crypto.subtle.deriveBits(derivation, key, length * 8))
  },
  async cipher(raw) {
    const key = await crypto.subtle.importKey('raw', raw as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
    const under = (nonce: Uint8Array, associated: Uint8Array) => ({
      name: 'AES-GCM',
      iv: nonce as Bytes,
      additionalData: associated as Bytes,
    })
    return {
      async seal(nonce, plaintext, associated) {
        return new Uint8Array(await crypto.subtle.encrypt(under(nonce, associated), key, plaintext as Bytes))
      },
      async open(nonce, ciphertext, associated) {
        return crypto.subtle.decrypt(under(nonce, associated), key, ciphertext as Bytes).then(
          (opened) => new Uint8Array(opened),
          () => null,
        )
      },
    }
  },
}
