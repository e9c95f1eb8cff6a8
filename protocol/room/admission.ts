import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { foldIdentity, requireDevice } from '../identity/identity.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../identity/statement.ts'
import { type LogOwner, logKey } from '../log/hypercore.ts'
import { decodeGenesis, roomId } from './genesis.ts'

/** Why a log may be part of a room: whose it is, and the invite key's signature; the owner's log needs none. */
export interface Admission {
  readonly identity: readonly IdentityStatement[]
  readonly device: Uint8Array
  readonly generation: number
  readonly signature: Uint8Array | null
}

/** A log that has been let in. */
export interface AdmittedLog {
  readonly key: Uint8Array
  readonly owner: LogOwner
}

function signable(key: Uint8Array, { room, identity, device }: LogOwner): Uint8Array {
  return inDomain('invite', room, identity, device, key)
}

/** What the holder of an invite signs so that a log is let in. */
export function signAdmission(owner: LogOwner, inviteSeed: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sign(signable(logKey(owner, primitives), owner), inviteSeed)
}

/**
 * Check that a log may be part of the room that `genesis` begins.
 *
 * Says nothing about when it was admitted: expiry is judged by those who admit. Spec: specs/room.md#admission.
 * Throws `identity/…`, `room/not-admitted` or `room/genesis`.
 */
export function admit(genesis: Uint8Array, admission: Admission, primitives: Primitives): AdmittedLog {
  const { owner, invite } = decodeGenesis(genesis)
  const identity = foldIdentity(admission.identity, primitives)
  requireDevice(identity, admission.device)
  const logOwner = {
    room: roomId(genesis, primitives),
    identity: identity.id,
    device: admission.device,
    generation: admission.generation,
  }
  const key = logKey(logOwner, primitives)
  if (admission.signature === null) {
    const isOwner = equalBytes(identity.id, owner.identity) && equalBytes(admission.device, owner.device)
    if (!isOwner) throw new ProtocolError('room/not-admitted', 'only the owner needs no invite')
  } else if (!primitives.verify(admission.signature, signable(key, logOwner), invite)) {
    throw new ProtocolError('room/not-admitted', 'not signed by the invite')
  }
  return { key, owner: logOwner }
}

export function admissionToCbor({ identity, device, generation, signature }: Admission): CborValue {
  return [identityToCbor(identity), device, generation, signature]
}

/** Throws `encoding/unexpected-type`. */
export function admissionFromCbor(value: CborValue | undefined): Admission {
  const [identity, device, generation, signature] = asArray(value, 4)
  return {
    identity: identityFromCbor(identity),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    signature: signature === null ? null : asBytes(signature, 64),
  }
}
