import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { DevicesView } from '../api/views.ts'
import type { OwnIdentity } from '../rooms/own-identity.ts'
import type { Person } from '../rooms/person.ts'
import type { Rooms } from '../rooms/rooms.ts'

/** One's own devices, with what each is called, and where it has written. */
export function devicesView(own: OwnIdentity, person: Person, rooms: Rooms): DevicesView {
  const logs = rooms.everywhere().flatMap((room) => [...room.fold.logs.values()].map((log) => ({ room, log })))
  const devices = own.devices().map(({ device, number, isActive }) => {
    const theirs = logs.filter(({ log }) => log.length > 0 && equalBytes(log.stored.owner.device, device))
    const written = theirs.filter(({ room }) => !rooms.isOwn(room))
    const times = written.map(({ log }) => log.folded.cursor.time)
    // In the own room it is devices that have names.
    const named = theirs.find(({ room }) => rooms.isOwn(room))
    return {
      device: toHex(device),
      number,
      label: named?.log.folded.author?.name ?? null,
      self: equalBytes(device, person.device),
      revoked: !isActive,
      rooms: new Set(written.map(({ room }) => room)).size,
      lastWrote: times.length === 0 ? null : Math.max(...times),
    }
  })
  return { devices }
}
