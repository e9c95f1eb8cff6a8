import type { DagNode } from '../authority/dag.ts'
import { toHex, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { isOperation, type RoomEvent, type UnknownEvent } from './event.ts'
import type { AdmissionPolicy, Genesis } from './genesis.ts'
import type { OperationEvent } from './operation-event.ts'
import type { RoomAct } from './rights.ts'

/** An entry that changes who may what in a room. */
export interface Operation extends DagNode {
  /** Identity id, hex. */
  readonly author: string
  readonly act: RoomAct
}

/** What a room's genesis says of who may what. Identity id and invite key are hex. */
export interface RoomBeginning {
  readonly owner: string
  readonly admission: AdmissionPolicy
  readonly invite: { readonly key: string; readonly expires: number | null } | null
}

export function beginningOf({ owner, admission, invite }: Genesis): RoomBeginning {
  return {
    owner: toHex(owner.identity),
    admission,
    invite: invite && { key: toHex(invite.key), expires: invite.expires },
  }
}

/** An operation's id: it binds what was signed, and where it stands. Spec: specs/authority.md#graph. */
export function operationId(log: Uint8Array, index: number, block: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('operation', log, uint64(index), block))
}

/** Where an event stands, and who wrote it. */
export interface OperationPlace {
  readonly id: Uint8Array
  readonly log: Uint8Array
  readonly index: number
  readonly author: Uint8Array
}

/** The operation that an event is; null for all that changes nobody's rights. */
export function operationOf(
  event: RoomEvent | UnknownEvent,
  { id, log, index, author }: OperationPlace,
): Operation | null {
  if (!isOperation(event)) return null
  const act = actOf(event)
  if (!act) return null
  return { id: toHex(id), log: toHex(log), index, author: toHex(author), heads: event.heads.map(toHex), act }
}

/** What an event does, apart from where it stands; null for one that does nothing, the owner's `joined`. */
export function actOf(event: OperationEvent): RoomAct | null {
  switch (event.type) {
    case 'joined':
      // The owner needs no invite.
      return event.admission.invite && { type: event.type, invite: toHex(event.admission.invite) }
    case 'invite-created': {
      const { type, invite, role, uses, expires } = event
      return { type, invite: toHex(invite), role, uses, expires }
    }
    case 'invite-revoked':
      return { type: event.type, invite: toHex(event.invite) }
    case 'admitted':
    case 'role-changed':
      return { type: event.type, identity: toHex(event.identity), role: event.role, marks: marksOf(event.marks) }
    case 'member-removed':
      return { type: event.type, identity: toHex(event.identity), ban: event.ban, marks: marksOf(event.marks) }
    case 'left':
      return { type: event.type }
  }
}

const marksOf = (
  marks: readonly { readonly log: Uint8Array; readonly length: number; readonly treeHash: Uint8Array }[],
) => marks.map(({ log, length, treeHash }) => ({ log: toHex(log), length, treeHash: toHex(treeHash) }))
