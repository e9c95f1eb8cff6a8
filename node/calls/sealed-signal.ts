import { type SealContext, sealContext } from '../../protocol/call/signal.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { hpke, hpkeSuite, openSealed } from '../hpke.ts'

/** The key to which offers and answers are sealed. Made at each start and kept in memory, so that old ones never open again. */
export interface CallKey {
  readonly publicKey: Uint8Array
  /** Throws `call/sealed`. */
  open(sealed: Uint8Array, context: SealContext): Promise<Uint8Array>
}

/** RFC 9180 in base mode: who sent it is proven by the entry's signature, and by the names inside. */
export async function makeCallKey(): Promise<CallKey> {
  const pair = await hpkeSuite.kem.generateKeyPair()
  return {
    publicKey: new Uint8Array(await hpkeSuite.kem.serializePublicKey(pair.publicKey)),
    async open(sealed, context) {
      const opened = await openSealed(pair.privateKey, sealed, sealContext(context))
      if (!opened) throw new ProtocolError('call/sealed')
      return opened
    },
  }
}

/** The encapsulated key, then the ciphertext. Throws `call/sealed` if the recipient's key is none. */
export async function sealSignal(
  plaintext: Uint8Array,
  callKey: Uint8Array,
  context: SealContext,
): Promise<Uint8Array> {
  try {
    return await hpke.seal(callKey, plaintext, sealContext(context))
  } catch {
    throw new ProtocolError('call/sealed')
  }
}
