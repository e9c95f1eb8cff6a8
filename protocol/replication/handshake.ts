import { equalBytes, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import type { RoomSecrets } from '../room/room-secrets.ts'

export type Role = 'initiator' | 'responder'

const roles: Record<Role, Uint8Array> = { initiator: Uint8Array.of(0), responder: Uint8Array.of(1) }
const dayMs = 86_400_000

/** The topics under which a room's nodes look for each other at a time: today's, and around midnight UTC the next one's. */
export function roomTopics({ discovery }: RoomSecrets, time: number, primitives: Primitives): Uint8Array[] {
  const day = (shift: number) => Math.floor((time + shift) / dayMs)
  const days = [...new Set([day(-dayMs / 12), day(dayMs / 12)])]
  return days.map((each) => expand(discovery, inDomain('topic', uint64(each)), primitives))
}

/** The name of a room on one connection: random to everybody who does not know the room, and another one on each connection. */
export function channelId({ admission }: RoomSecrets, connection: Uint8Array, primitives: Primitives): Uint8Array {
  return expand(admission, inDomain('channel', connection), primitives)
}

/** What one side sends to prove that it knows the room. `connection`: the Noise handshake hash. Spec: specs/replication.md. */
export function proveRoom(
  { admission }: RoomSecrets,
  connection: Uint8Array,
  role: Role,
  primitives: Primitives,
): Uint8Array {
  return expand(admission, inDomain('admission', connection, roles[role]), primitives)
}

/** Throws `handshake/proof` unless the other side, in its role, knows the room. */
export function checkRoomProof(
  secrets: RoomSecrets,
  connection: Uint8Array,
  role: Role,
  proof: Uint8Array,
  primitives: Primitives,
): void {
  // Both are one-time values of this connection: how long the comparison takes tells nothing of the secret.
  if (!equalBytes(proveRoom(secrets, connection, role, primitives), proof)) throw new ProtocolError('handshake/proof')
}

/** What a device signs to show that this connection is its own. */
export function deviceProof(room: Uint8Array, connection: Uint8Array, role: Role): Uint8Array {
  return inDomain('handshake', room, connection, roles[role])
}

/** Throws `handshake/device` unless the device of the other side, in its role, signed this connection. */
export function checkDeviceProof(
  room: Uint8Array,
  connection: Uint8Array,
  role: Role,
  { device, signature }: { readonly device: Uint8Array; readonly signature: Uint8Array },
  primitives: Primitives,
): void {
  if (!primitives.verify(signature, deviceProof(room, connection, role), device)) {
    throw new ProtocolError('handshake/device')
  }
}
