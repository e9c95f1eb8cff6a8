import { compareBytes } from '../bytes.ts'
import { asArray, asBytes, asText, asTime, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import type { Citation } from '../log/entry.ts'
import { type Admission, admissionFromCbor, admissionToCbor } from './admission.ts'
import { type InvitedRole, invitedRoles, type Role, roles } from './rights.ts'
import { mostNameBytes, requireName } from './text.ts'

/** What every operation says first: the ids of the operations that its author knew last, ascending. */
interface Heads {
  readonly heads: readonly Uint8Array[]
}

/** Something that changes who may what. `marks`: heads of the logs of whom it is about, as far as its author knows them. */
export type OperationEvent = Heads &
  (
    | { readonly type: 'joined'; readonly admission: Admission; readonly as: string }
    | {
        readonly type: 'invite-created'
        readonly invite: Uint8Array
        readonly role: InvitedRole
        readonly uses: number | null
        readonly expires: number | null
      }
    | { readonly type: 'invite-revoked'; readonly invite: Uint8Array }
    | {
        readonly type: 'admitted' | 'role-changed'
        readonly identity: Uint8Array
        readonly role: Role
        readonly marks: readonly Citation[]
      }
    | {
        readonly type: 'member-removed'
        readonly identity: Uint8Array
        readonly ban: boolean
        readonly marks: readonly Citation[]
      }
    | { readonly type: 'left' }
  )

/** The same without what it knows: that is for who appends it. */
export type ActEvent = OperationEvent extends infer Event
  ? Event extends OperationEvent
    ? Omit<Event, 'heads'>
    : never
  : never

const operationKinds = [
  'joined',
  'invite-created',
  'invite-revoked',
  'admitted',
  'role-changed',
  'member-removed',
  'left',
] as const satisfies readonly OperationEvent['type'][]

/** Of each log at most one operation is the last, and a node lets in fewer logs than this. */
export const mostHeads = 1_024
export const mostMarks = 64
const mostUses = 1_000_000

export function isOperationKind(kind: string): kind is OperationEvent['type'] {
  return operationKinds.some((each) => each === kind)
}

/** The body of an operation. Spec: specs/authority.md#format. */
export function operationToCbor(event: OperationEvent): CborValue {
  return [[...event.heads], ...fieldsOf(event)]
}

function fieldsOf(event: OperationEvent): CborValue[] {
  switch (event.type) {
    case 'joined':
      return [admissionToCbor(event.admission), requireName(event.as)]
    case 'invite-created':
      return [event.invite, event.role, event.uses, event.expires]
    case 'invite-revoked':
      return [event.invite]
    case 'admitted':
    case 'role-changed':
      return [event.identity, event.role, marksToCbor(event.marks)]
    case 'member-removed':
      return [event.identity, event.ban ? 1 : 0, marksToCbor(event.marks)]
    case 'left':
      return []
  }
}

/** Throws `encoding/…`, `entry/body` or `room/text`. */
export function operationFromCbor(type: OperationEvent['type'], body: CborValue): OperationEvent {
  const [first, ...fields] = asArray(body, { most: 5 })
  const heads = asArray(first, { most: mostHeads }).map((head) => asBytes(head, 32))
  if (heads.some((head, i) => i > 0 && compareBytes(heads[i - 1]!, head) >= 0)) throw malformed('heads not in order')
  switch (type) {
    case 'joined': {
      const [admission, as] = asArray(fields, 2)
      return { type, heads, admission: admissionFromCbor(admission), as: requireName(asText(as, mostNameBytes)) }
    }
    case 'invite-created': {
      const [invite, role, uses, expires] = asArray(fields, 4)
      return {
        type,
        heads,
        invite: asBytes(invite, 32),
        role: oneOf(invitedRoles, role),
        uses: uses === null ? null : usesFrom(uses),
        expires: expires === null ? null : asTime(expires),
      }
    }
    case 'invite-revoked': {
      const [invite] = asArray(fields, 1)
      return { type, heads, invite: asBytes(invite, 32) }
    }
    case 'admitted':
    case 'role-changed': {
      const [identity, role, marks] = asArray(fields, 3)
      return { type, heads, identity: asBytes(identity, 32), role: oneOf(roles, role), marks: marksFromCbor(marks) }
    }
    case 'member-removed': {
      const [identity, ban, marks] = asArray(fields, 3)
      return { type, heads, identity: asBytes(identity, 32), ban: asUint(ban, 1) === 1, marks: marksFromCbor(marks) }
    }
    case 'left':
      asArray(fields, 0)
      return { type, heads }
  }
}

function marksToCbor(marks: readonly Citation[]): CborValue {
  return marks.map(({ log, length, treeHash }) => [log, length, treeHash])
}

function marksFromCbor(value: CborValue | undefined): Citation[] {
  const marks = asArray(value, { most: mostMarks }).map((item) => {
    const [log, length, treeHash] = asArray(item, 3)
    return { log: asBytes(log, 32), length: asUint(length), treeHash: asBytes(treeHash, 32) }
  })
  if (marks.some(({ log }, i) => i > 0 && compareBytes(marks[i - 1]!.log, log) >= 0))
    throw malformed('marks not in order')
  return marks
}

function usesFrom(value: CborValue | undefined): number {
  const uses = asUint(value, mostUses)
  if (uses === 0) throw malformed('an invite for nobody')
  return uses
}

function oneOf<T extends string>(known: readonly T[], value: CborValue | undefined): T {
  const found = known.find((each) => each === value)
  if (!found) throw malformed('an unknown role')
  return found
}

const malformed = (detail: string): ProtocolError => new ProtocolError('entry/body', detail)
