import { asArray, asBytes, asText, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { decodeEpochEvent, type EpochEvent, encodeEpochEvent, isEpochKind } from '../epoch/event.ts'
import { ProtocolError } from '../errors.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../identity/statement.ts'
import { type EntryClass, mostBlockBytes } from '../log/entry.ts'
import { type Admission, admissionFromCbor, admissionToCbor } from './admission.ts'
import { mostGenesisBytes } from './genesis.ts'
import { isOperationKind, type OperationEvent, operationFromCbor, operationToCbor } from './operation-event.ts'
import { mostNameBytes, mostTextBytes, requireName, requireText } from './text.ts'

export const callEndReasons = ['hung-up', 'declined', 'cancelled', 'missed', 'busy', 'failed'] as const
export type CallEndReason = (typeof callEndReasons)[number]

/**
 * A call in the log. `call`: 16 bytes. `to`: the device it is for; of `call-started`, the identity that is called, or null for a call that is
 * open to the room. `callKey`: of this run of the author's node. `sealed`: HPKE, see specs/call.md.
 */
export type CallEvent =
  | { readonly type: 'call-started'; readonly call: Uint8Array; readonly to: Uint8Array | null }
  | { readonly type: 'call-joined'; readonly call: Uint8Array; readonly callKey: Uint8Array }
  | { readonly type: 'call-left'; readonly call: Uint8Array }
  | {
      readonly type: 'call-offer'
      readonly call: Uint8Array
      readonly to: Uint8Array
      readonly presence: Uint8Array
      readonly sealed: Uint8Array
    }
  | {
      readonly type: 'call-answer'
      readonly call: Uint8Array
      readonly to: Uint8Array
      readonly offer: Uint8Array
      readonly sealed: Uint8Array
    }
  | { readonly type: 'call-ended'; readonly call: Uint8Array; readonly reason: CallEndReason }

/** What an entry says. The type is the entry's kind. */
export type RoomEvent =
  | {
      readonly type: 'room-created'
      readonly genesis: Uint8Array
      readonly name: string
      readonly admission: Admission
      readonly as: string
    }
  | OperationEvent
  | { readonly type: 'name-changed'; readonly as: string }
  /** Statements of one identity that the room may not have; it need not be the author's. */
  | { readonly type: 'identity-updated'; readonly statements: readonly IdentityStatement[] }
  | { readonly type: 'message-sent'; readonly text: string }
  | CallEvent
  | EpochEvent

/** An entry of a kind that a later version made: kept, counted, and shown as such. */
export interface UnknownEvent {
  readonly type: 'unknown'
  readonly kind: string
}

const mostSealedBytes = 24_576

const kinds: Record<RoomEvent['type'], EntryClass> = {
  'room-created': 'authority',
  joined: 'authority',
  'invite-created': 'authority',
  'invite-revoked': 'authority',
  admitted: 'authority',
  'role-changed': 'authority',
  'member-removed': 'authority',
  left: 'authority',
  'name-changed': 'authority',
  'identity-updated': 'authority',
  'message-sent': 'message',
  'call-started': 'call',
  'call-joined': 'call',
  'call-left': 'call',
  'call-offer': 'call',
  'call-answer': 'call',
  'call-ended': 'call',
  'prekey-announced': 'epoch',
  'epoch-started': 'epoch',
  'epoch-shared': 'epoch',
  'history-granted': 'epoch',
}

const isKnown = (kind: string): kind is RoomEvent['type'] => Object.hasOwn(kinds, kind)

export function isCallEvent(event: RoomEvent | UnknownEvent): event is CallEvent {
  return event.type.startsWith('call-')
}

/** Whether an event may change who may what. */
export function isOperation(event: RoomEvent | UnknownEvent): event is OperationEvent {
  return isOperationKind(event.type)
}

/** Whether an event is about the keys of entries. */
export function isEpochEvent(event: RoomEvent | UnknownEvent): event is EpochEvent {
  return isEpochKind(event.type)
}

/** Whether who writes an event needs the right to write: it says more than who one is, what to seal to them by, or that one comes or goes. */
export function needsWriting(type: string): boolean {
  return !isKnown(type) || (kinds[type] !== 'authority' && kinds[type] !== 'epoch')
}

/** The identity statements in an event; none for most. */
export function statementsIn(event: RoomEvent | UnknownEvent): readonly IdentityStatement[] {
  if (event.type === 'identity-updated') return event.statements
  return event.type === 'room-created' || event.type === 'joined' ? event.admission.identity : []
}

/** The class whose secret seals an event of this kind. */
export function classOf(kind: RoomEvent['type']): EntryClass {
  return kinds[kind]
}

/** The body of an event. Spec: specs/room.md#events. */
export function encodeEvent(event: RoomEvent): Uint8Array {
  if (isEpochEvent(event)) return encodeEpochEvent(event)
  return encodeCbor(isOperation(event) ? operationToCbor(event) : bodyOf(event))
}

function bodyOf(event: Exclude<RoomEvent, OperationEvent | EpochEvent>): CborValue {
  switch (event.type) {
    case 'room-created':
      return [event.genesis, requireName(event.name), admissionToCbor(event.admission), requireName(event.as)]
    case 'name-changed':
      return [requireName(event.as)]
    case 'identity-updated':
      return [identityToCbor(event.statements)]
    case 'message-sent':
      // A byte order mark at the start of pasted text is no text, and decoders drop it.
      return [requireText(event.text.replace(/^\uFEFF+/, ''))]
    case 'call-started':
      return [event.call, event.to]
    case 'call-joined':
      return [event.call, event.callKey]
    case 'call-left':
      return [event.call]
    case 'call-offer':
      return [event.call, event.to, event.presence, event.sealed]
    case 'call-answer':
      return [event.call, event.to, event.offer, event.sealed]
    case 'call-ended':
      return [event.call, event.reason]
  }
}

/** Read the body of an entry of this kind. Throws `entry/body`, and `epoch/prekey` for a key that nothing can be sealed to. */
export function decodeEvent(kind: string, entryClass: EntryClass, body: Uint8Array): RoomEvent | UnknownEvent {
  if (!isKnown(kind)) return { type: 'unknown', kind }
  if (isEpochKind(kind)) return decodeEpochEvent(kind, entryClass, body)
  try {
    if (classOf(kind) !== entryClass) throw new ProtocolError('entry/body', `${kind} in class ${entryClass}`)
    const value = decodeCbor(body, { bytes: mostBlockBytes })
    return isOperationKind(kind) ? operationFromCbor(kind, value) : eventOf(kind, value)
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'entry/body'
      ? error
      : new ProtocolError('entry/body', (error as Error).message)
  }
}

/** What a kind says of an event whose body is withheld: null if it is one that is known. Throws `entry/body` if it stands in another class. */
export function withheldEvent(kind: string, entryClass: EntryClass): UnknownEvent | null {
  if (!isKnown(kind)) return { type: 'unknown', kind }
  if (classOf(kind) !== entryClass) throw new ProtocolError('entry/body', `${kind} in class ${entryClass}`)
  return null
}

function eventOf(kind: Exclude<RoomEvent, OperationEvent | EpochEvent>['type'], body: CborValue): RoomEvent {
  switch (kind) {
    case 'room-created': {
      const [genesis, name, admission, as] = asArray(body, 4)
      return {
        type: kind,
        genesis: asBytes(genesis, { most: mostGenesisBytes }),
        name: requireName(asText(name, mostNameBytes)),
        admission: admissionFromCbor(admission),
        as: requireName(asText(as, mostNameBytes)),
      }
    }
    case 'name-changed': {
      const [as] = asArray(body, 1)
      return { type: kind, as: requireName(asText(as, mostNameBytes)) }
    }
    case 'identity-updated': {
      const [statements] = asArray(body, 1)
      return { type: kind, statements: identityFromCbor(statements) }
    }
    case 'message-sent': {
      const [text] = asArray(body, 1)
      return { type: kind, text: requireText(asText(text, mostTextBytes)) }
    }
    case 'call-started': {
      const [call, to] = asArray(body, 2)
      return { type: kind, call: asBytes(call, 16), to: to === null ? null : asBytes(to, 32) }
    }
    case 'call-joined': {
      const [call, callKey] = asArray(body, 2)
      return { type: kind, call: asBytes(call, 16), callKey: asBytes(callKey, 32) }
    }
    case 'call-left': {
      const [call] = asArray(body, 1)
      return { type: kind, call: asBytes(call, 16) }
    }
    case 'call-offer': {
      const [call, to, presence, sealed] = asArray(body, 4)
      return {
        type: kind,
        call: asBytes(call, 16),
        to: asBytes(to, 32),
        presence: asBytes(presence, 16),
        sealed: asBytes(sealed, { most: mostSealedBytes }),
      }
    }
    case 'call-answer': {
      const [call, to, offer, sealed] = asArray(body, 4)
      return {
        type: kind,
        call: asBytes(call, 16),
        to: asBytes(to, 32),
        offer: asBytes(offer, 32),
        sealed: asBytes(sealed, { most: mostSealedBytes }),
      }
    }
    case 'call-ended': {
      const [call, reason] = asArray(body, 2)
      const known = callEndReasons.find((each) => each === reason)
      if (!known) throw new ProtocolError('entry/body', 'an unknown reason')
      return { type: kind, call: asBytes(call, 16), reason: known }
    }
  }
}
