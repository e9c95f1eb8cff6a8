import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { foldIdentity, requireDevice } from '../identity/identity.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../identity/statement.ts'
import { type LogOwner, logKey } from '../log/hypercore.ts'
import { decodeGenesis, roomId } from './genesis.ts'

/** Why a log may be part of a room: whose it is, the invite that they came by, and its signature; the owner's log needs neither. */
export interface Admission {
  readonly identity: readonly IdentityStatement[]
  readonly device: Uint8Array
  readonly generation: number
  /** Public key of the invite. */
  readonly invite: Uint8Array | null
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
 * Check whose log this is, and that the invite which it names signed for it.
 *
 * Whether that invite lets anybody in to this room, and who may what, is resolved from the operations: specs/authority.md. Spec: specs/room.md#admission.
 * Throws `identity/…`, `room/not-admitted` or `room/genesis`.
 */
export function admit(genesis: Uint8Array, admission: Admission, primitives: Primitives): AdmittedLog {
  const { owner } = decodeGenesis(genesis)
  const identity = foldIdentity(admission.identity, primitives)
  requireDevice(identity, admission.device)
  const logOwner = {
    room: roomId(genesis, primitives),
    identity: identity.id,
    device: admission.device,
    generation: admission.generation,
  }
  const key = logKey(logOwner, primitives)
  if (admission.invite === null || admission.signature === null) {
    const isOwner = equalBytes(identity.id, owner.identity) && equalBytes(admission.device, owner.device)
    if (!isOwner || admission.invite || admission.signature) {
      throw new ProtocolError('room/not-admitted', 'only the owner needs no invite')
    }
  } else if (!primitives.verify(admission.signature, signable(key, logOwner), admission.invite)) {
    throw new ProtocolError('room/not-admitted', 'not signed by the invite')
  }
  return { key, owner: logOwner }
}

export function admissionToCbor({ identity, device, generation, invite, signature }: Admission): CborValue {
  return [identityToCbor(identity), device, generation, invite, signature]
}

/** Throws `encoding/unexpected-type`. */
export function admissionFromCbor(value: CborValue | undefined): Admission {
  const [identity, device, generation, invite, signature] = asArray(value, 5)
  return {
    identity: identityFromCbor(identity),
    device: asBytes(device, 32),
    generation: asUint(generation, 2 ** 32 - 1),
    invite: invite === null ? null : asBytes(invite, 32),
    signature: signature === null ? null : asBytes(signature, 64),
  }
}
