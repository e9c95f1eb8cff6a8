import { isCallEvent } from '../../protocol/room/event.ts'
import type { Calls, CallsOptions } from '../calls/calls.ts'
import type { RoomChange } from './room-options.ts'
import type { Rooms } from './rooms.ts'

/** What calls need of the rooms: a pen, whoever is connected, and their names. */
export function callsIn(rooms: Rooms): Pick<CallsOptions, 'append' | 'peers' | 'nameOf'> {
  return {
    async append(room, events) {
      const own = rooms.get(room)
      await Promise.all(events.map((event) => own.write(event)))
    },
    peers: {
      find(room, identity, device) {
        const channels = rooms.get(room).channels()
        const channel = channels.find(
          ({ peer }) => peer?.identity === identity && (device === undefined || peer.device === device),
        )
        if (!channel?.peer) return null
        const { stream, presence, peer } = channel
        return { identity, device: peer.device, presence, send: (datagram) => stream.trySend(datagram) }
      },
    },
    nameOf: (room, identity) => rooms.get(room).people.nameOf(identity),
  }
}

/** Tell the calls what happened in a room: who came and went, and what was written about calls. */
export function tellCalls(calls: Calls, change: RoomChange): void {
  const { room } = change
  if (change.type === 'peer' && change.channel.peer) {
    const { device } = change.channel.peer
    if (change.gone) calls.peerGone(room.key, device)
    else change.channel.sendPresence(calls.presence(room.key, device))
  }
  if (change.type === 'presence' && change.channel.peer) calls.peerBack(room.key, change.channel.peer.device)
  if (change.type !== 'entries') return
  for (const { log, entry, live } of change.entries) {
    const { event, flaws } = entry
    const author = room.people.author(log.key)
    if (!author || !event || event.type === 'unknown' || !isCallEvent(event) || flaws.length > 0) continue
    if (room.fold.authority.hiddenAs(log.folded, entry.order.index, event.type)) continue
    calls.receiveEntry(room.key, { identity: author.identity, device: author.device, event, live })
  }
}
