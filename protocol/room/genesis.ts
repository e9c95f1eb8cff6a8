import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** How people come in: by the link at once, by the link after somebody lets them in, or by the invites of members alone. */
export const admissionPolicies = ['open-link', 'lobby', 'invite-only'] as const
export type AdmissionPolicy = (typeof admissionPolicies)[number]

/** What a room is, for ever. Its hash is the room's id, so nobody can give a room another beginning. */
export interface Genesis {
  readonly owner: { readonly identity: Uint8Array; readonly device: Uint8Array }
  readonly admission: AdmissionPolicy
  /** The first invite; null exactly if the room is invite-only. `expires`: Unix ms after which members admit nobody by it; null: never. */
  readonly invite: { readonly key: Uint8Array; readonly expires: number | null } | null
  /** 32 random bytes. */
  readonly nonce: Uint8Array
}

const format = 1
const suite = 0
/** Of a genesis, encoded. */
export const mostGenesisBytes = 512

/** Spec: specs/room.md#genesis. */
export function encodeGenesis({ owner, admission, invite, nonce }: Genesis): Uint8Array {
  return encodeCbor([
    'room',
    format,
    suite,
    [admission, 'all'],
    [owner.identity, owner.device],
    invite && [invite.key, invite.expires],
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
    const way = admissionPolicies.find((each) => each === admission)
    const known =
      asText(type, 16) === 'room' &&
      asUint(number) === format &&
      asUint(cipher) === suite &&
      asText(history, 16) === 'all'
    if (!known || !way) throw new ProtocolError('room/genesis', 'a policy or suite that this version does not know')
    const [identity, device] = asArray(owner, 2)
    if ((invite === null) !== (way === 'invite-only')) throw new ProtocolError('room/genesis', 'an invite, or none')
    return {
      owner: { identity: asBytes(identity, 32), device: asBytes(device, 32) },
      admission: way,
      invite: invite === null ? null : inviteFrom(invite),
      nonce: asBytes(nonce, 32),
    }
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'room/genesis'
      ? error
      : new ProtocolError('room/genesis', (error as Error).message)
  }
}

function inviteFrom(value: CborValue | undefined) {
  const [key, expires] = asArray(value, 2)
  return { key: asBytes(key, 32), expires: expires === null ? null : asTime(expires) }
}

/** A room's id: the hash of its genesis. */
export function roomId(genesis: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('room', genesis))
}
