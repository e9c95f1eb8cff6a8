import type { webcrypto } from 'node:crypto'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import type { Hpke, HpkeContext } from '../protocol/epoch/box.ts'

const encapsulatedBytes = 32

/** RFC 9180. The KEM is the platform's own: one in JavaScript takes five times as long. */
export const hpkeSuite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
})

/** Seal to a key. Throws if the key is none. */
async function sealTo(publicKey: Uint8Array, plaintext: Uint8Array, { info, aad }: HpkeContext): Promise<Uint8Array> {
  const recipientPublicKey = await hpkeSuite.kem.deserializePublicKey(bufferOf(publicKey))
  const to = { recipientPublicKey, info: bufferOf(info) }
  const { enc, ct } = await hpkeSuite.seal(to, bufferOf(plaintext), bufferOf(aad))
  const sealed = new Uint8Array(encapsulatedBytes + ct.byteLength)
  sealed.set(new Uint8Array(enc))
  sealed.set(new Uint8Array(ct), encapsulatedBytes)
  return sealed
}

/** Open what was sealed to the pair that this key is the private half of; null if it does not open. */
export async function openSealed(
  recipientKey: webcrypto.CryptoKey,
  sealed: Uint8Array,
  { info, aad }: HpkeContext,
): Promise<Uint8Array | null> {
  const from = { recipientKey, enc: bufferOf(sealed.subarray(0, encapsulatedBytes)), info: bufferOf(info) }
  try {
    return new Uint8Array(await hpkeSuite.open(from, bufferOf(sealed.subarray(encapsulatedBytes)), bufferOf(aad)))
  } catch {
    return null
  }
}

/** HPKE with private keys as bytes, which can be kept over a restart. */
export const hpke: Hpke = {
  seal: sealTo,
  async open(privateKey, sealed, context) {
    return openSealed(await hpkeSuite.kem.importKey('raw', bufferOf(privateKey), false), sealed, context)
  },
}

/** A fresh pair, as bytes. */
export async function makeHpkePair(): Promise<{ readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }> {
  const { kem } = hpkeSuite
  const pair = await kem.generateKeyPair()
  const [publicKey, privateKey] = [
    await kem.serializePublicKey(pair.publicKey),
    await kem.serializePrivateKey(pair.privateKey),
  ]
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) }
}

/** The library takes whole buffers, and ours may be a window into a larger one. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
