import { fromHex } from '../../protocol/bytes.ts'
import { isCallEvent } from '../../protocol/room/event.ts'
import { isRole } from '../../protocol/room/rights.ts'
import type { Calls, CallsOptions, LivePeer } from '../calls/calls.ts'
import type { CallLine } from '../calls/standing-call.ts'
import type { TimelineSource } from '../projection/timeline.ts'
import type { RoomChange } from './room-options.ts'
import type { Rooms } from './rooms.ts'

/** What calls need of the rooms: a pen, whoever is connected, and their names. */
export function callsIn(rooms: Rooms): Pick<CallsOptions, 'append' | 'peers' | 'history' | 'nameOf'> {
  return {
    async append(room, events) {
      const own = rooms.get(room)
      await Promise.all(events.map((event) => own.write(event)))
    },
    peers: {
      of(room, identity) {
        const devices = new Map<string, LivePeer>()
        for (const channel of rooms.get(room).channels()) {
          const { stream, presence, peer } = channel
          if (peer?.identity !== identity || devices.has(peer.device)) continue
          const send = (datagram: Uint8Array) => stream.trySend(datagram)
          const tell = (note: Uint8Array) => channel.sendNote(note)
          devices.set(peer.device, { identity, device: peer.device, presence, send, tell })
        }
        return [...devices.values()]
      },
      isMember(room, { identity, device }) {
        const { authority } = rooms.get(room).fold
        return isRole(authority.standingOf(identity)) && authority.identities.isActive(identity, fromHex(device))
      },
    },
    history: {
      linesOf: (room, call) => callLines(rooms.get(room).timeline(), call),
      unended: () =>
        rooms.all().flatMap((room) => {
          const { view, room: number } = room.timeline()
          const own = [...room.fold.logs.values()].filter(({ isOwn }) => isOwn).map(({ row }) => row)
          return view.unendedCalls(number, own).map((call) => ({ room: room.key, call }))
        }),
    },
    nameOf: (room, identity) => rooms.get(room).people.nameOf(identity),
  }
}

function callLines(source: TimelineSource, call: string): CallLine[] {
  return source.view.callEntries(source.room, call).flatMap(({ type, key, text, hidden, flaw }) => {
    const author = source.author(key)
    if (!author || hidden || flaw) return []
    return [{ type: type as CallLine['type'], identity: author.identity, device: author.device, text }]
  })
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
  if (change.type === 'note' && change.channel.peer) calls.receiveNote(room.key, change.channel.peer, change.told)
  if (change.type !== 'entries') return
  for (const { log, entry, live } of change.entries) {
    const { event, flaws } = entry
    const author = room.people.author(log.key)
    if (!author || !event || event.type === 'unknown' || !isCallEvent(event) || flaws.length > 0) continue
    if (room.fold.authority.hiddenAs(log.folded, entry.order.index, event.type)) continue
    calls.receiveEntry(room.key, { identity: author.identity, device: author.device, event, live })
  }
}
