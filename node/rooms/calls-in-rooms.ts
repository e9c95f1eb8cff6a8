import { fromHex } from '../../protocol/bytes.ts'
import type { RosterEntry } from '../../protocol/call/roster.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { orderText } from '../../protocol/ordering.ts'
import { isCallEvent } from '../../protocol/room/event.ts'
import { isRole } from '../../protocol/room/rights.ts'
import type { Calls, CallsOptions, LivePeer } from '../calls/calls.ts'
import type { CallLine } from '../calls/standing-call.ts'
import { mediaKeysOf } from '../epochs/media-keys.ts'
import type { TimelineSource } from '../projection/timeline.ts'
import type { RoomChange } from './room-options.ts'
import type { Rooms } from './rooms.ts'

/** What calls need of the rooms: a pen, whoever is connected, their names, and the keys that follow from what they write. */
export function callsIn(
  rooms: Rooms,
  primitives: Primitives,
): Pick<CallsOptions, 'append' | 'peers' | 'history' | 'mediaKeys' | 'nameOf'> {
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
      rooms: () => rooms.all().map(({ key }) => key),
      linesOf: (room, call) => callLines(rooms.get(room).timeline(), call),
      comings: (room) => comings(rooms.get(room).timeline()),
      beginOf(room, call) {
        const { view, room: number } = rooms.get(room).timeline()
        return view.callEntries(number, call)[0]?.stamp ?? null
      },
      unended: () =>
        rooms.all().flatMap((room) => {
          const { view, room: number } = room.timeline()
          const own = [...room.fold.logs.values()].filter(({ isOwn }) => isOwn).map(({ row }) => row)
          return view.unendedCalls(number, own).map((call) => ({ room: room.key, call }))
        }),
    },
    mediaKeys: {
      of: (room, session) => mediaKeysOf(rooms.get(room).epochs, session, primitives),
      renew: (room) => rooms.get(room).renewEpoch(),
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

function comings(source: TimelineSource): RosterEntry[] {
  return source.view.comings(source.room).flatMap(({ type, key, depth, time, index, call, text }) => {
    const author = source.author(key)
    if (!author || call === null) return []
    const { identity, device } = author
    const order = orderText({ depth, time, log: fromHex(key), index })
    return [{ device, order, stay: type === 'call-joined' ? { call, identity, device, callKey: text, order } : null }]
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
  // What counts of what was read before may be other entries now.
  if (change.type === 'authority' || change.type === 'reopened') calls.group.reread(room.key)
  if (change.type !== 'entries') return
  for (const { log, entry, live } of change.entries) {
    const { event, flaws } = entry
    const author = room.people.author(log.key)
    if (!author || !event || event.type === 'unknown' || !isCallEvent(event) || flaws.length > 0) continue
    if (room.fold.authority.hiddenAs(log.folded, entry.order.index, event.type)) continue
    const { identity, device } = author
    calls.receiveEntry(room.key, { identity, device, event, live, order: orderText(entry.order) })
  }
}
