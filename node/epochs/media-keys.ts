import { toHex } from '../../protocol/bytes.ts'
import { type MediaSession, mediaKey, mediaKeyId } from '../../protocol/call/media-key.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { Epochs } from './epochs.ts'

/** A base key of media frames, and by which id they name it. */
export interface MediaKey {
  readonly id: bigint
  readonly baseKey: Uint8Array
}

/** How many epochs of a sender are of use: the one that it seals by, and the one before, by which a frame may still be on its way. */
const mostEpochs = 2

/**
 * By which a device's media frames are sealed, as far as its epochs are held here; oldest first.
 *
 * Spec: specs/media-frame.md#keys.
 */
export function mediaKeysOf(epochs: Epochs, session: MediaSession, primitives: Primitives): readonly MediaKey[] {
  const begun = epochs.known
    .of(toHex(session.device))
    .map(({ log, owner, started }) => ({
      log,
      number: started.number,
      id: mediaKeyId(owner.generation, started.number),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return begun.slice(-mostEpochs).flatMap(({ log, number, id }) => {
    const held = epochs.keyring.held(log, number)
    return held ? [{ id, baseKey: mediaKey(held.header, session, primitives) }] : []
  })
}
