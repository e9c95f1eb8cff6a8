import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** What a room is, for ever. Its hash is the room's id, so nobody can give a room another beginning. */
export interface Genesis {
  readonly owner: { readonly identity: Uint8Array; readonly device: Uint8Array }
  /** Whoever signs with this key may join. */
  readonly invite: Uint8Array
  /** Unix ms after which members admit nobody by the invite; null: never. */
  readonly expires: number | null
  /** 32 random bytes. */
  readonly nonce: Uint8Array
}

const format = 1
const suite = 0
/** Of a genesis, encoded. */
export const mostGenesisBytes = 512

/** Spec: specs/room.md#genesis. */
export function encodeGenesis({ owner, invite, expires, nonce }: Genesis): Uint8Array {
  return encodeCbor([
    'room',
    format,
    suite,
    ['open-link', 'all'],
    [owner.identity, owner.device],
    [invite, expires],
    nonce,
  ])
}

/** Throws `room/genesis`. */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  try {
    const [type, number, cipher, policy, owner, invite, nonce] = asArray(
      decodeCbor(bytes, { bytes: mostGenesisBytes }),
      7,
    )
    const [admission, history] = asArray(policy, 2)
    const known =
      asText(type, 16) === 'room' &&
      asUint(number) === format &&
      asUint(cipher) === suite &&
      asText(admission, 16) === 'open-link' &&
      asText(history, 16) === 'all'
    if (!known) throw new ProtocolError('room/genesis', 'a policy or suite that this version does not know')
    const [identity, device] = asArray(owner, 2)
    const [key, expires] = asArray(invite, 2)
    return {
      owner: { identity: asBytes(identity, 32), device: asBytes(device, 32) },
      invite: asBytes(key, 32),
      expires: expires === null ? null : asTime(expires),
      nonce: asBytes(nonce, 32),
    }
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'room/genesis'
      ? error
      : new ProtocolError('room/genesis', (error as Error).message)
  }
}

/** A room's id: the hash of its genesis. */
export function roomId(genesis: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('room', genesis))
}
