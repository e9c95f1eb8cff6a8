import { randomBytes } from 'node:crypto'

/** What a live peer of a room has told us, or we it: how to call. */
export interface Presence {
  /** Made anew for each connection, 16 bytes: an offer that does not name it was not meant for now. */
  readonly presence: Uint8Array
  /** X25519. */
  readonly callKey: Uint8Array
}

/** The presence ids that we gave, by room and device. */
export interface Announcements {
  announce(room: string, device: string): Presence
  /** Whether an offer of this device may name it. */
  wasGiven(room: string, device: string, presence: Uint8Array): boolean
}

// Two nodes that dial each other at once have two connections for a moment, and do not close the same one first.
const mostPerPeer = 2

export function makeAnnouncements(callKey: Uint8Array): Announcements {
  const given = new Map<string, readonly Buffer[]>()
  return {
    announce(room, device) {
      const presence = randomBytes(16)
      const name = `${room}/${device}`
      given.set(name, [presence, ...(given.get(name) ?? [])].slice(0, mostPerPeer))
      return { presence: new Uint8Array(presence), callKey }
    },
    wasGiven(room, device, presence) {
      return (given.get(`${room}/${device}`) ?? []).some((each) => each.equals(presence))
    },
  }
}
