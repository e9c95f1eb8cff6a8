import { toHex } from '../protocol/bytes.ts'
import { tidyName } from '../protocol/room/text.ts'
import { AnchorQueue } from './anchors/anchor-queue.ts'
import { Chains } from './anchors/chains.ts'
import type { StatusView } from './api/views.ts'
import type { Backend } from './backend.ts'
import { openCalls } from './calls/calls.ts'
import { runCommand } from './commands/run-command.ts'
import { type NodeConfig, version } from './config.ts'
import { OwnDevices } from './devices/own-devices.ts'
import { Pairing } from './devices/pairing.ts'
import { homeErrorOf, isDiskFull } from './home-error.ts'
import { anchorsView } from './projection/anchors-view.ts'
import { devicesView } from './projection/devices-view.ts'
import { timelinePage } from './projection/timeline-watch.ts'
import { Views } from './projection/views.ts'
import { KnownPeers } from './replication/known-peers.ts'
import { Peers } from './replication/peers.ts'
import { openSwarm } from './replication/swarm.ts'
import { callsIn, tellCalls } from './rooms/calls-in-rooms.ts'
import { Contacts } from './rooms/contacts.ts'
import { excerptRoom } from './rooms/excerpt-room.ts'
import { exportRoom } from './rooms/export-room.ts'
import { openForks } from './rooms/forks.ts'
import { OwnIdentity } from './rooms/own-identity.ts'
import { freshVault, isRevoked, personIn } from './rooms/person.ts'
import { openRoomLogs } from './rooms/room-logs.ts'
import type { RoomChange } from './rooms/room-options.ts'
import { Rooms } from './rooms/rooms.ts'
import { sodiumPrimitives as primitives } from './sodium-primitives.ts'
import { AnchorStore } from './storage/anchor-store.ts'
import { CheckpointStore } from './storage/checkpoint-store.ts'
import { isDamage } from './storage/damage.ts'
import { FreeSpace } from './storage/free-space.ts'
import { KeyStore } from './storage/key-store.ts'
import { type KeyVault, openKeyVault, type VaultRoom } from './storage/key-vault.ts'
import { type LogStore, openLogStore } from './storage/log-store.ts'
import { ViewStore } from './storage/view-store.ts'

/** A node, without its page. */
export interface Node {
  readonly backend: Backend
  close(): Promise<void>
}

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

async function openParts(config: NodeConfig, closers: (() => unknown)[]): Promise<Backend> {
  const { home, bootstrap, name, passphrase, log, now = Date.now } = config
  const opened = <T extends { close(): unknown }>(part: T): T => {
    closers.push(() => part.close())
    return part
  }
  // The logs come first: they are open in one process at a time, and whoever has them may make and change the vault.
  const store = opened(await openLogStore(home, primitives))
  const space = opened(await FreeSpace.open(home))
  const vault = await openKeyVault(home, passphrase, () => freshVault(primitives))
  await noteDoubt(store, vault)
  const person = personIn(vault, primitives)
  if (name !== undefined && vault.content.name === null) {
    await vault.change((content) => ({ ...content, name: tidyName(name) }))
  }
  const contacts = new Contacts(vault)
  const keyStore = opened(new KeyStore(home, Buffer.from(vault.content.keyStoreKey, 'hex')))
  const checkpoints = opened(new CheckpointStore(home, primitives))
  const anchors = opened(new AnchorStore(home, primitives))
  const chains = new Chains(vault)
  const view = opened(new ViewStore(home, vault.content.viewKey))
  const roomLogs = await openRoomLogs(home, log)
  const forks = await openForks(home, log)
  const known = opened(await KnownPeers.open(home, log))
  const peers = new Peers({
    primitives,
    log,
    onDatagram: (device, datagram) => calls.receiveDatagram(device, datagram),
  })
  const swarm = opened(
    await openSwarm({
      seed: Buffer.from(vault.content.networkSeed, 'hex'),
      bootstrap,
      known,
      onConnection: (stream, onTopic) => peers.addConnection(stream, onTopic),
    }),
  )

  let devices: OwnDevices | null = null
  let storage: StatusView['storage'] = 'ok'
  const views = opened(
    new Views({
      view,
      rooms: () => rooms.all(),
      room: (key) => rooms.get(key),
      call: () => calls.view(),
      groupCall: () => ({ call: calls.group.view() }),
      groupCalls: (room) => calls.group.onIn(room),
      pairing: () => pairing.view(),
      contacts,
      anchors,
      anchored: () => anchorsView(chains, anchors, rooms.all()),
      invites: () => rooms.invites,
      devices: () => devicesView(own, person, rooms),
      onTrouble,
      status: () => ({
        version,
        name: vault.content.name,
        identity: toHex(person.identity),
        device: toHex(person.device),
        revoked: isRevoked(person),
        wordsKept: vault.content.words !== null,
        network: swarm.state === 'online' && peers.count === 0 ? 'searching' : swarm.state,
        peers: peers.count,
        storage: space.isLow ? 'full' : storage,
        refused: [...calls.refused()],
      }),
    }),
  )
  swarm.onChange(() => views.nodeChanged())

  const shared = {
    vault,
    contacts,
    person,
    store,
    keyStore,
    checkpoints,
    space,
    roomLogs,
    forks,
    view,
    peers,
    swarm,
    known,
    primitives,
    log,
    now,
  }
  const rooms = opened(new Rooms({ ...shared, onChange }))
  const own = opened(
    new OwnIdentity({
      vault,
      person,
      primitives,
      log,
      rooms: () => rooms.everywhere(),
      isOwn: (room) => rooms.isOwn(room),
      onChange: () => views.nodeChanged(),
    }),
  )
  const self = {
    get identity() {
      return toHex(person.identity)
    },
    get device() {
      return toHex(person.device)
    },
  }
  const queue = opened(
    new AnchorQueue({
      store: anchors,
      primitives,
      log,
      now,
      ways: () => chains.ways,
      checkpoints: () => rooms.all().flatMap(({ checkpoints: { newest } }) => (newest ? [newest.signed] : [])),
      onChange: () => views.anchorsChanged(),
    }),
  )
  const isDirect = (identity: string) => contacts.isDirect(identity)
  const calls = opened(await openCalls({ self, ...callsIn(rooms, primitives), isDirect, now, log }))
  calls.onChange(() => views.callChanged())
  await rooms.openStored()
  devices = opened(new OwnDevices({ rooms, vault, contacts, view, primitives, log, onChange: () => views.resetAll() }))
  if (vault.content.name !== null) await devices.open()
  const onJoined = async () => {
    await devices.open()
    views.nodeChanged()
  }
  const pairing = opened(
    new Pairing({
      swarm,
      vault,
      person,
      primitives,
      log,
      now,
      onChange: () => views.pairingChanged(),
      onJoined,
      onAdded: () => views.nodeChanged(),
    }),
  )
  for (const room of rooms.everywhere()) own.heard(room)
  // What others send would fill the disk to the last byte.
  peers.setAway(space.isLow)
  space.onChange(() => {
    peers.setAway(space.isLow)
    views.nodeChanged()
    if (!space.isLow) rooms.dialKnown()
  })

  function onChange(change: RoomChange): void {
    if (change.type === 'trouble') onTrouble(change.error)
    if (change.type === 'recovered') onRecovered()
    if (change.type === 'statements') own.shown(change.statements)
    // While rooms are still opened, not all can be told yet.
    if ((change.type === 'authority' || change.type === 'changed') && rooms.everywhere().includes(change.room)) {
      own.heard(change.room)
    }
    if (change.type === 'peer' && !change.gone) rooms.remember(change.channel, change.room)
    if (rooms.isOwn(change.room)) {
      devices?.changed()
      return
    }
    tellCalls(calls, change)
    views.roomChanged(change)
  }

  /** The views can be made anew from the logs at any time. */
  function onTrouble(error: unknown): void {
    log.error({ err: error }, 'what is shown cannot be written or read')
    storage = isDiskFull(error) ? 'full' : 'failing'
    if (isDamage(error)) beginViewsAnew()
    views.nodeChanged()
  }

  function beginViewsAnew(): void {
    try {
      view.reset()
    } catch (error) {
      log.error({ err: error }, 'the views cannot be begun anew yet')
    }
    for (const room of rooms.all()) void room.fold.pump()
  }

  /** What one asks for is read again from views that were begun anew. */
  function reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!isDamage(error)) throw error
      onTrouble(error)
      return read()
    }
  }

  function onRecovered(): void {
    storage = 'ok'
    views.resetAll()
  }

  const parts = {
    rooms,
    devices,
    pairing,
    calls,
    vault,
    contacts,
    person,
    own,
    primitives,
    view,
    chains,
    anchors,
    queue,
    now,
    changed: () => views.nodeChanged(),
    anchorsChanged: () => views.anchorsChanged(),
    renamed: () => views.resetAll(),
  }
  return {
    run: (command) => runCommand(parts, command),
    watch: (query, push) => reading(() => views.watch(query, push)),
    page: (room, before, limit) => reading(() => timelinePage(rooms.get(room), before, limit)),
    exportRoom: (room, choice) => exportRoom(rooms.get(room), person, { choice, time: now() }, primitives),
    excerptRoom: (room, ids) => excerptRoom(rooms.get(room), person, { ids, time: now() }, primitives),
  }
}

/** Keep with each room why it is not known how its own log ends, as long as the logs themselves tell. */
async function noteDoubt({ doubt, begin }: LogStore, vault: KeyVault): Promise<void> {
  const inDoubt = ({ own, ...room }: VaultRoom): VaultRoom => {
    const worse = own?.doubt === 'copied' ? own.doubt : doubt
    return own ? { ...room, own: { ...own, doubt: worse } } : room
  }
  if (doubt)
    await vault.change((content) => ({
      ...content,
      rooms: content.rooms.map(inDoubt),
      ownRoom: inDoubt(content.ownRoom),
    }))
  await begin()
}
