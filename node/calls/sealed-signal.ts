import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { type SealContext, sealContext } from '../../protocol/call/signal.ts'
import { ProtocolError } from '../../protocol/errors.ts'

/** The key to which offers and answers are sealed. Made at each start and kept in memory, so that old ones never open again. */
export interface CallKey {
  readonly publicKey: Uint8Array
  /** Throws `call/sealed`. */
  open(sealed: Uint8Array, context: SealContext): Promise<Uint8Array>
}

const encapsulatedBytes = 32

/**
 * RFC 9180 in base mode: who sent it is proven by the entry's signature, and by the names inside.
 *
 * The KEM is Node's own: one in JavaScript takes five times as long, four times in each call.
 */
export const signalSuite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
})

export async function makeCallKey(): Promise<CallKey> {
  const pair = await signalSuite.kem.generateKeyPair()
  return {
    publicKey: new Uint8Array(await signalSuite.kem.serializePublicKey(pair.publicKey)),
    async open(sealed, context) {
      const { info, aad } = sealContext(context)
      try {
        const recipient = { recipientKey: pair.privateKey, enc: bufferOf(sealed.subarray(0, encapsulatedBytes)) }
        const ciphertext = bufferOf(sealed.subarray(encapsulatedBytes))
        return new Uint8Array(await signalSuite.open({ ...recipient, info: bufferOf(info) }, ciphertext, bufferOf(aad)))
      } catch {
        throw new ProtocolError('call/sealed')
      }
    },
  }
}

/** The encapsulated key, then the ciphertext. Throws `call/sealed` if the recipient's key is none. */
export async function sealSignal(
  plaintext: Uint8Array,
  callKey: Uint8Array,
  context: SealContext,
): Promise<Uint8Array> {
  const { info, aad } = sealContext(context)
  try {
    const recipientPublicKey = await signalSuite.kem.deserializePublicKey(bufferOf(callKey))
    const sealed = await signalSuite.seal(
      { recipientPublicKey, info: bufferOf(info) },
      bufferOf(plaintext),
      bufferOf(aad),
    )
    return new Uint8Array([...new Uint8Array(sealed.enc), ...new Uint8Array(sealed.ct)])
  } catch {
    throw new ProtocolError('call/sealed')
  }
}

/** The library takes whole buffers, and ours may be a window into a larger one. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
