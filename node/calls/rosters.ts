import { toHex } from '../../protocol/bytes.ts'
import type { CallPeer } from '../../protocol/call/call.ts'
import type { SeenStay } from '../../protocol/call/group.ts'
import { noteEntry, type Roster, type Stay, staysIn } from '../../protocol/call/roster.ts'
import type { CallHistory } from './call-history.ts'
import type { CallEntry, LivePeer } from './calls.ts'

/** A group call in which somebody is now. */
export interface CallOn {
  readonly room: string
  readonly call: string
  /** By the clock of who started it, Unix ms. */
  readonly since: number
  /** First those who came first. */
  readonly stays: readonly Stay[]
}

/** Who is in the group calls of each room. Ids and keys are hex. */
export interface Rosters {
  note(room: string, entry: CallEntry): void
  /** Read the logs of a room anew, as soon as they are asked for. */
  reread(room: string): void
  /** All who have come to a call and not left, and whether they still are there; without those whose node has been started again. */
  seen(room: string, call: string): readonly SeenStay[]
  on(room: string): readonly CallOn[]
  /** Null if nobody is in it, as far as is seen from here. */
  find(call: string): CallOn | null
}

interface Surroundings {
  readonly self: CallPeer
  /** What this run gives others to seal to. */
  readonly callKey: string
  readonly history: Pick<CallHistory, 'rooms' | 'comings' | 'beginOf'>
  findPeer(room: string, identity: string, device: string): LivePeer | null
}

/** Spec: specs/group-call.md#stays. */
export function makeRosters({ self, callKey, history, findPeer }: Surroundings): Rosters {
  const rosters = new Map<string, Roster>()

  function ofRoom(room: string): Roster {
    const known = rosters.get(room) ?? history.comings(room).reduce<Roster>(noteEntry, new Map())
    rosters.set(room, known)
    return known
  }

  /** The call key of the run of a device's node that is there now; null if none is. */
  function keyOf(room: string, { identity, device }: Stay): string | null {
    if (device === self.device) return callKey
    const presence = findPeer(room, identity, device)?.presence
    return presence ? toHex(presence.callKey) : null
  }

  const isThere = (room: string, stay: Stay): boolean => keyOf(room, stay) === stay.callKey
  const isOver = (room: string, stay: Stay): boolean => ![null, stay.callKey].includes(keyOf(room, stay))

  function on(room: string): readonly CallOn[] {
    const there = [...ofRoom(room).values()].flatMap(({ stay }) => (stay && isThere(room, stay) ? [stay] : []))
    return [...new Set(there.map(({ call }) => call))].map((call) => ({
      room,
      call,
      since: history.beginOf(room, call) ?? 0,
      stays: staysIn(ofRoom(room), call).filter((stay) => isThere(room, stay)),
    }))
  }

  return {
    note(room, { identity, device, event, order }) {
      if (event.type !== 'call-joined' && event.type !== 'call-left') return
      const call = toHex(event.call)
      const stay =
        event.type === 'call-joined' ? { call, identity, device, callKey: toHex(event.callKey), order } : null
      rosters.set(room, noteEntry(ofRoom(room), { device, order, stay }))
    },
    reread: (room) => void rosters.delete(room),
    seen: (room, call) =>
      staysIn(ofRoom(room), call)
        .filter((stay) => !isOver(room, stay))
        .map((stay) => ({ stay, connected: isThere(room, stay) })),
    on,
    find: (call) =>
      history
        .rooms()
        .flatMap(on)
        .find((each) => each.call === call) ?? null,
  }
}
