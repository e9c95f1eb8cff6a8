import { equalBytes, uint32 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { foldIdentity, requireDevice } from '../identity/identity.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../identity/statement.ts'
import { type LogOwner, logKey } from '../log/hypercore.ts'
import { decodeGenesis, type Genesis, roomId } from './genesis.ts'

/**
 * Why a log may be part of a room: whose it is, and for the first log of a device the invite that it came by, and its signature; the owner's needs
 * neither. Any later one is signed by the device itself.
 */
export interface Admission {
  readonly identity: readonly IdentityStatement[]
  readonly device: Uint8Array
  readonly generation: number
  /** Public key of the invite that the first log of a device came by; null for the owner's, and for any later one. */
  readonly invite: Uint8Array | null
  readonly signature: Uint8Array | null
}

/** A log that has been let in. */
export interface AdmittedLog {
  readonly key: Uint8Array
  readonly owner: LogOwner
  /** The log that has to be admitted too, if this one shall be: the first one of its device. Null where none has. */
  readonly follows: Uint8Array | null
}

function signable(key: Uint8Array, { room, identity, device }: LogOwner): Uint8Array {
  return inDomain('invite', room, identity, device, key)
}

/** What the holder of an invite signs so that a log is let in. */
export function signAdmission(owner: LogOwner, inviteSeed: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sign(signable(logKey(owner, primitives), owner), inviteSeed)
}

function nextSignable(key: Uint8Array, { room, identity, device, generation }: LogOwner): Uint8Array {
  return inDomain('nextLog', room, identity, device, uint32(generation), key)
}

/** What a device that is in the room signs to go on in another log. `generation` is not 0. */
export function signNextLog(owner: LogOwner, deviceSeed: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sign(nextSignable(logKey(owner, primitives), owner), deviceSeed)
}

/** The first log of a device, which lets in any later one; null for a first log, and for those of the owner's device, which the genesis names. */
export function followedLog(genesis: Genesis, owner: LogOwner, primitives: Primitives): Uint8Array | null {
  const isFounder = equalBytes(owner.identity, genesis.owner.identity) && equalBytes(owner.device, genesis.owner.device)
  return owner.generation === 0 || isFounder ? null : logKey({ ...owner, generation: 0 }, primitives)
}

/**
 * Check whose log this is, and that the invite which it names signed for it.
 *
/**
 * Check whose log this is, and that the invite which it names, or for a later log its device, signed for it.
 *
 * Says nothing about the log that it follows. Whether the invite lets anybody in to this room, and who may what, is resolved from the
 * operations: specs/authority.md. Spec: specs/room.md#admission. Throws `identity/…`, `room/not-admitted` or `room/genesis`.
 */
export function admit(genesis: Uint8Array, admission: Admission, primitives: Primitives): AdmittedLog {
  const beginning = decodeGenesis(genesis)
  const { owner } = beginning
  const identity = foldIdentity(admission.identity, primitives)
  requireDevice(identity, admission.device)
  const logOwner = {
    room: roomId(genesis, primitives),
    identity: identity.id,
    device: admission.device,
    generation: admission.generation,
  }
  const key = logKey(logOwner, primitives)
  const { generation, invite, signature } = admission
  if (generation > 0) {
    if (invite || !signature || !primitives.verify(signature, nextSignable(key, logOwner), admission.device)) {
      throw new ProtocolError('room/not-admitted', 'not signed by its device')
    }
  } else if (invite === null || signature === null) {
    const isOwner = equalBytes(identity.id, owner.identity) && equalBytes(admission.device, owner.device)
    if (!isOwner || invite || signature) throw new ProtocolError('room/not-admitted', 'only the owner needs no invite')
  } else if (!primitives.verify(signature, signable(key, logOwner), invite)) {
    throw new ProtocolError('room/not-admitted', 'not signed by the invite')
  }
  return { key, owner: logOwner, follows: followedLog(beginning, logOwner, primitives) }
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
