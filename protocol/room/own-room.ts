import { fromText, toHex } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand, extract } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type EntryClass, mostBlockBytes } from '../log/entry.ts'
import { compareOrder, type OrderKey } from '../ordering.ts'
import type { RoomEvent, UnknownEvent } from './event.ts'
import { decodeGenesis, encodeGenesis, mostGenesisBytes, roomId } from './genesis.ts'
import { mostNameBytes, requireName } from './text.ts'

/** What lets one into a room. */
export interface RoomAccess {
  readonly genesis: Uint8Array
  readonly secret: Uint8Array
  /** Of an invite that one may come by. */
  readonly inviteSeed: Uint8Array
}

/** What the devices of one person tell each other. Spec: specs/own-room.md. */
export type OwnEvent =
  | ({ readonly type: 'room-known'; readonly name: string } & RoomAccess)
  | {
      readonly type: 'person-noted'
      readonly identity: Uint8Array
      readonly petname: string | null
      readonly confirmed: number | null
    }
  | { readonly type: 'room-read'; readonly room: Uint8Array; readonly depth: number; readonly time: number }
  | { readonly type: 'name-chosen'; readonly name: string }

const kinds: readonly string[] = ['room-known', 'person-noted', 'room-read', 'name-chosen'] satisfies OwnEvent['type'][]
const isOwnKind = (kind: string): kind is OwnEvent['type'] => kinds.includes(kind)

/** Whether an event is one of the own room, and not of a conversation. */
export function isOwnEvent(event: RoomEvent | OwnEvent): event is OwnEvent {
  return isOwnKind(event.type)
}

/** The own room of an identity, from the seed that its words or another device give. */
export function ownRoom(seed: Uint8Array, identity: Uint8Array, primitives: Primitives): RoomAccess {
  const key = extract(seed, primitives)
  const child = (name: string) => expand(key, inDomain('ownRoom', fromText(name)), primitives)
  const inviteSeed = child('invite')
  const genesis = encodeGenesis({
    owner: { identity, device: primitives.publicKey(child('founder')) },
    suite: 0,
    admission: 'open-link',
    history: 'all',
    invite: { key: primitives.publicKey(inviteSeed), expires: null },
    nonce: child('nonce'),
  })
  return { genesis, secret: child('secret'), inviteSeed }
}

/** The body of an event. */
export function encodeOwnEvent(event: OwnEvent): Uint8Array {
  return encodeCbor(bodyOf(event))
}

function bodyOf(event: OwnEvent): CborValue {
  switch (event.type) {
    case 'room-known':
      return [event.genesis, event.secret, event.inviteSeed, requireName(event.name)]
    case 'person-noted':
      return [event.identity, event.petname === null ? null : requireName(event.petname), event.confirmed]
    case 'room-read':
      return [event.room, event.depth, event.time]
    case 'name-chosen':
      return [requireName(event.name)]
  }
}

/** Read the body of an entry of the own room; statements are not verified. Throws `entry/body`. */
export function decodeOwnEvent(kind: string, entryClass: EntryClass, body: Uint8Array): OwnEvent | UnknownEvent {
  if (!isOwnKind(kind)) return { type: 'unknown', kind }
  try {
    if (entryClass !== 'message') throw new ProtocolError('entry/body', `${kind} in class ${entryClass}`)
    return eventOf(kind, decodeCbor(body, { bytes: mostBlockBytes }))
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'entry/body'
      ? error
      : new ProtocolError('entry/body', (error as Error).message)
  }
}

function eventOf(kind: OwnEvent['type'], body: CborValue): OwnEvent {
  switch (kind) {
    case 'room-known': {
      const [genesis, secret, inviteSeed, name] = asArray(body, 4)
      return { type: kind, ...accessFrom(genesis, secret, inviteSeed), name: nameFrom(name) }
    }
    case 'person-noted': {
      const [identity, petname, confirmed] = asArray(body, 3)
      return {
        type: kind,
        identity: asBytes(identity, 32),
        petname: petname === null ? null : nameFrom(petname),
        confirmed: confirmed === null ? null : asTime(confirmed),
      }
    }
    case 'room-read': {
      const [room, depth, time] = asArray(body, 3)
      return { type: kind, room: asBytes(room, 32), depth: asUint(depth), time: asTime(time) }
    }
    case 'name-chosen': {
      const [name] = asArray(body, 1)
      return { type: kind, name: nameFrom(name) }
    }
  }
}

const nameFrom = (value: CborValue | undefined): string => requireName(asText(value, mostNameBytes))

function accessFrom(
  genesis: CborValue | undefined,
  secret: CborValue | undefined,
  inviteSeed: CborValue | undefined,
): RoomAccess {
  const access = {
    genesis: asBytes(genesis, { most: mostGenesisBytes }),
    secret: asBytes(secret, 32),
    inviteSeed: asBytes(inviteSeed, 32),
  }
  decodeGenesis(access.genesis)
  return access
}

/** An event with its place in the own room. */
export interface PlacedOwnEvent {
  readonly order: OrderKey
  readonly event: OwnEvent
}

/** What counts of each subject. */
export type OwnSubjects = ReadonlyMap<string, PlacedOwnEvent>

const mostSubjects = 4_096

/** What an event is about: of one subject only one event counts. */
export function subjectOf(event: OwnEvent, primitives: Primitives): string {
  switch (event.type) {
    case 'room-known':
      return roomSubject(roomId(event.genesis, primitives))
    case 'person-noted':
      return `person-noted ${toHex(event.identity)}`
    case 'room-read':
      return `room-read ${toHex(event.room)}`
    case 'name-chosen':
      return 'name-chosen'
  }
}

/** The subject of a `room-known`, by the room's id. */
export function roomSubject(room: Uint8Array): string {
  return `room-known ${toHex(room)}`
}

/** The events of one log that count, in the order of the log; subjects beyond the bound are passed over. */
export function ownSubjects(events: Iterable<PlacedOwnEvent>, primitives: Primitives): OwnSubjects {
  const subjects = new Map<string, PlacedOwnEvent>()
  const counts = new Map<OwnEvent['type'], number>()
  for (const placed of events) {
    const { type } = placed.event
    const subject = subjectOf(placed.event, primitives)
    const known = subjects.get(subject)
    const count = counts.get(type) ?? 0
    if (!known && count >= mostSubjects) continue
    if (!known) counts.set(type, count + 1)
    subjects.set(subject, known ? later(known, placed) : placed)
  }
  return subjects
}

/** What counts among all logs, in whatever order they come. */
export function mergeOwnSubjects(logs: Iterable<OwnSubjects>): OwnSubjects {
  const subjects = new Map<string, PlacedOwnEvent>()
  for (const log of logs) {
    for (const [subject, placed] of log) {
      const known = subjects.get(subject)
      subjects.set(subject, known ? later(known, placed) : placed)
    }
  }
  return subjects
}

/** The last in the room's order; of what was read, the furthest. */
function later(a: PlacedOwnEvent, b: PlacedOwnEvent): PlacedOwnEvent {
  const read = a.event.type === 'room-read' && b.event.type === 'room-read' ? compareRead(a.event, b.event) : 0
  return (read || compareOrder(a.order, b.order)) < 0 ? b : a
}

type Read = Pick<Extract<OwnEvent, { type: 'room-read' }>, 'depth' | 'time'>

function compareRead(a: Read, b: Read): number {
  return a.depth - b.depth || a.time - b.time
}
