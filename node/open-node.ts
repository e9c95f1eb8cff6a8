import { toHex } from '../protocol/bytes.ts'
import { isCallEvent } from '../protocol/room/event.ts'
import { tidyName } from '../protocol/room/text.ts'
import type { StatusView } from './api/views.ts'
import type { Backend } from './backend.ts'
import { type Calls, openCalls } from './calls/calls.ts'
import { runCommand } from './commands/run-command.ts'
import { type NodeConfig, version } from './config.ts'
import { homeErrorOf, isDiskFull } from './home-error.ts'
import { timelinePage } from './projection/timeline-watch.ts'
import { Views } from './projection/views.ts'
import { KnownPeers } from './replication/known-peers.ts'
import { Peers } from './replication/peers.ts'
import { openSwarm } from './replication/swarm.ts'
import { exportRoom } from './rooms/export-room.ts'
import { freshVault, personOf } from './rooms/person.ts'
import type { RoomChange } from './rooms/room.ts'
import { openRoomLogs } from './rooms/room-logs.ts'
import { Rooms } from './rooms/rooms.ts'
import { sodiumPrimitives as primitives } from './sodium-primitives.ts'
import { openKeyVault } from './storage/key-vault.ts'
import { openLogStore } from './storage/log-store.ts'
import { isDamage, ViewStore } from './storage/view-store.ts'

/** A node, without its page. */
export interface Node {
  readonly backend: Backend
  close(): Promise<void>
}

const retryAfterMs = 2_000

/**
 * Open everything that a node consists of; `close` ends it in reverse.
 *
 * Throws `HomeError` for a home that cannot be used; then nothing stays open.
 */
export async function openNode(config: NodeConfig): Promise<Node> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne()
  }
  try {
    return { backend: await openParts(config, closers), close }
  } catch (error) {
    await close()
    throw homeErrorOf(error, config.home)
  }
}

async function openParts(
  { home, bootstrap, name, passphrase, log }: NodeConfig,
  closers: (() => unknown)[],
): Promise<Backend> {
  const vault = await openKeyVault(home, passphrase, () => freshVault(primitives))
  const person = personOf(vault.content, primitives)
  const store = await openLogStore(home, primitives)
  closers.push(() => store.close())
  if (name !== undefined && vault.content.name === null) {
    await vault.change((content) => ({ ...content, name: tidyName(name) }))
  }
  const view = new ViewStore(home, vault.content.viewKey)
  closers.push(() => view.close())
  const roomLogs = await openRoomLogs(home)
  const known = await KnownPeers.open(home, log)
  closers.push(() => known.close())
  let calls: Calls | null = null
  const peers = new Peers({
    primitives,
    log,
    onDatagram: (device, datagram) => calls?.receiveDatagram(device, datagram),
  })
  const swarm = await openSwarm({
    seed: Buffer.from(vault.content.networkSeed, 'hex'),
    bootstrap,
    known,
    onConnection: (stream, onTopic) => peers.addConnection(stream, onTopic),
  })
  closers.push(() => swarm.close())

  let storage: StatusView['storage'] = 'ok'
  let rooms: Rooms | null = null
  const allRooms = () => rooms?.all() ?? []
  const views = new Views({
    view,
    rooms: allRooms,
    room: (key) => rooms!.get(key),
    call: () => calls?.view() ?? { call: null },
    status: () => ({
      version,
      name: vault.content.name,
      identity: toHex(person.identity),
      device: toHex(person.device),
      network: rooms === null ? 'starting' : !swarm.online ? 'offline' : peers.count > 0 ? 'online' : 'searching',
      peers: peers.count,
      storage,
    }),
  })
  closers.push(() => views.close())
  swarm.onChange(() => views.nodeChanged())

  /** The views can be made anew from the logs at any time; what stops them is told, and tried again. */
  function onTrouble(error: unknown): void {
    log.error({ err: error }, 'the views cannot be written')
    if (isDamage(error)) view.reset()
    storage = isDamage(error) ? 'ok' : isDiskFull(error) ? 'full' : 'failing'
    views.nodeChanged()
    setTimeout(
      async () => {
        await Promise.all(allRooms().map((room) => room.fold.resume()))
        storage = 'ok'
        views.resetAll()
      },
      isDamage(error) ? 0 : retryAfterMs,
    ).unref()
  }

  function onChange(change: RoomChange): void {
    const { room } = change
    if (change.type === 'trouble') onTrouble(change.error)
    if (change.type === 'peer' && change.channel.peer) {
      const { device } = change.channel.peer
      if (change.gone) calls?.peerGone(room.key, device)
      else {
        rooms?.remember(change.channel, room)
        if (calls) change.channel.sendPresence(calls.presence(room.key, device))
      }
    }
    if (change.type === 'presence' && change.channel.peer) calls?.peerBack(room.key, change.channel.peer.device)
    if (change.type === 'entries') {
      for (const { log: written, entry, live } of change.entries) {
        const author = room.author(written.key)
        if (!author || !entry.event || entry.event.type === 'unknown' || !isCallEvent(entry.event)) continue
        if (entry.flaws.length === 0) calls?.receiveEntry(room.key, { ...author, event: entry.event, live })
      }
    }
    views.roomChanged(change)
  }

  closers.push(() => rooms?.close())
  calls = await openCalls({
    self: { identity: toHex(person.identity), device: toHex(person.device) },
    async append(room, events) {
      const own = rooms!.get(room)
      await Promise.all(events.map((event) => own.append(event)))
    },
    peers: {
      find(key, identity, device) {
        const channel = rooms
          ?.get(key)
          .channels()
          .find(({ peer }) => peer?.identity === identity && (device === undefined || peer.device === device))
        if (!channel?.peer) return null
        const { stream, presence } = channel
        return { identity, device: channel.peer.device, presence, send: (datagram) => stream.trySend(datagram) }
      },
    },
    nameOf: (room, identity) =>
      [...rooms!.get(room).fold.logs.keys()]
        .map((key) => rooms!.get(room).author(key))
        .find((author) => author?.identity === identity)?.name ?? '',
    now: Date.now,
    log,
  })
  closers.push(() => calls?.close())
  calls.onChange(() => views.callChanged())
  rooms = await Rooms.open({
    vault,
    person,
    store,
    roomLogs,
    view,
    peers,
    swarm,
    known,
    primitives,
    log,
    now: Date.now,
    onChange,
  })
  views.nodeChanged()

  const parts = { rooms, calls, view, changed: () => views.nodeChanged() }
  return {
    run: (command) => runCommand(parts, command),
    watch: (query, push) => views.watch(query, push),
    page: (room, before, limit) => timelinePage(parts.rooms.get(room), before, limit),
    exportRoom: (room) => exportRoom(parts.rooms.get(room), person, Date.now(), primitives),
  }
}
