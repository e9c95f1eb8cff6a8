import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import type { Suite } from '../log/entry.ts'

/** How people come in: by the link at once, by the link after somebody lets them in, or by the invites of members alone. */
export const admissionPolicies = ['open-link', 'lobby', 'invite-only'] as const
export type AdmissionPolicy = (typeof admissionPolicies)[number]

/** What who comes later reads of what was said before: all of it, or nothing. Only where keys change can it be nothing. */
export const historyPolicies = ['all', 'joined'] as const
export type HistoryPolicy = (typeof historyPolicies)[number]

/** What a room is, for ever. Its hash is the room's id, so nobody can give a room another beginning. */
export interface Genesis {
  readonly owner: { readonly identity: Uint8Array; readonly device: Uint8Array }
  readonly suite: Suite
  readonly admission: AdmissionPolicy
  /** `all` in a room of suite 0. */
  readonly history: HistoryPolicy
  /** The first invite; null exactly if the room is invite-only. `expires`: Unix ms after which members admit nobody by it; null: never. */
  readonly invite: { readonly key: Uint8Array; readonly expires: number | null } | null
  /** 32 random bytes. */
  readonly nonce: Uint8Array
}

const format = 1
/** Of a genesis, encoded. */
export const mostGenesisBytes = 512

/** Spec: specs/room.md#genesis. */
export function encodeGenesis({ owner, suite, admission, history, invite, nonce }: Genesis): Uint8Array {
  return encodeCbor([
    'room',
    format,
    suite,
    [admission, history],
    [owner.identity, owner.device],
    invite && [invite.key, invite.expires],
    nonce,
  ])
}

/** Throws `room/genesis`. */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  try {
    const [type, number, suite, policy, owner, invite, nonce] = asArray(
      decodeCbor(bytes, { bytes: mostGenesisBytes }),
      7,
    )
    const { admission, history } = policyFrom(policy)
    if (asText(type, 16) !== 'room' || asUint(number) !== format) {
      throw new ProtocolError('room/genesis', 'a format that this version does not know')
    }
    const known = asSuite(suite)
    if (known === 0 && history !== 'all')
      throw new ProtocolError('room/genesis', 'suite 0 keeps no history from anybody')
    const [identity, device] = asArray(owner, 2)
    if ((invite === null) !== (admission === 'invite-only'))
      throw new ProtocolError('room/genesis', 'an invite, or none')
    return {
      owner: { identity: asBytes(identity, 32), device: asBytes(device, 32) },
      suite: known,
      admission,
      history,
      invite: invite === null ? null : inviteFrom(invite),
      nonce: asBytes(nonce, 32),
    }
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'room/genesis'
      ? error
      : new ProtocolError('room/genesis', (error as Error).message)
  }
}

/** What these bytes say a room is; null where they are no genesis. */
export function genesisIn(bytes: Uint8Array): Genesis | null {
  try {
    return decodeGenesis(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

function policyFrom(value: CborValue | undefined): Pick<Genesis, 'admission' | 'history'> {
  const [way, past] = asArray(value, 2)
  const admission = admissionPolicies.find((each) => each === way)
  const history = historyPolicies.find((each) => each === past)
  if (!admission || !history) throw new ProtocolError('room/genesis', 'a policy that this version does not know')
  return { admission, history }
}

function asSuite(value: CborValue | undefined): Suite {
  return asUint(value, 1) === 0 ? 0 : 1
}

function inviteFrom(value: CborValue | undefined) {
  const [key, expires] = asArray(value, 2)
  return { key: asBytes(key, 32), expires: expires === null ? null : asTime(expires) }
}

/** A room's id: the hash of its genesis. */
export function roomId(genesis: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('room', genesis))
}
