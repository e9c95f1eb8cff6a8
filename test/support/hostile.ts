import { randomBytes } from 'node:crypto'
import { hpke } from '../../node/hpke.ts'
import { encodeIntroduction, encodeLogs } from '../../node/replication/messages.ts'
import { freshVault, personOf } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { openLogStore } from '../../node/storage/log-store.ts'
import type { StoredLog } from '../../node/storage/stored-log.ts'
import { compareBytes } from '../../protocol/bytes.ts'
import type { Recipient } from '../../protocol/epoch/box.ts'
import { startChain } from '../../protocol/epoch/chain.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { type RoomKeys, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { startEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import { type Citation, type EntryHeader, type EntryKeys, openEntry } from '../../protocol/log/entry.ts'
import { LogTree, logKey } from '../../protocol/log/hypercore.ts'
import { channelId, deviceProof, proveRoom } from '../../protocol/replication/handshake.ts'
import { type Admission, signAdmission } from '../../protocol/room/admission.ts'
import { classOf, decodeEvent, encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import { decodeLink } from '../../protocol/room/link.ts'
import { classKey, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import type { TestPerson } from './nodes.ts'
import type { Stranger, StrangerChannel } from './stranger.ts'
import { until } from './until.ts'

/** A member who has been let in, and writes whatever bytes it likes. */
export interface Hostile {
  readonly admission: Admission
  readonly log: StoredLog
  /** An entry for this place in the own log, right but for what `wrong` says. */
  entry(index: number, event: RoomEvent, wrong?: Partial<EntryHeader> & { body?: Uint8Array }): Uint8Array
  /** Who this is, with the device's signature over what shows that a connection is its own. */
  introduction(signed: Uint8Array): Uint8Array
  /** The start of the epoch that its messages are sealed in, for this place, by what is known of the room. */
  begin(index: number, known: KnownRoom): Promise<Uint8Array>
  /** Dial the node that made the link, go through the handshake and offer the own log. */
  meet(stranger: Stranger): Promise<StrangerChannel>
  /** Say what the newest head of the own log is. */
  announce(channel: StrangerChannel): Promise<void>
  close(): Promise<void>
}

/** What somebody knows of a room: who can be sealed to, and where its logs end. */
export interface KnownRoom {
  readonly readers: readonly Recipient[]
  readonly heads: readonly Citation[]
  readonly depth: number
}

export async function knownTo(person: TestPerson, room: string): Promise<KnownRoom> {
  const { genesis, logs } = decodeBundle(await person.backend.exportRoom(room, 'all'), primitives)
  const readers: Recipient[] = []
  const heads: Citation[] = []
  let depth = 0
  for (const log of logs) {
    const owner = { ...log, room: roomId(genesis, primitives) }
    const key = logKey(owner, primitives)
    for (const [index, block] of log.blocks.entries()) {
      const place = { room: owner.room, log: key, index, suite: decodeGenesis(genesis).suite }
      const { header, frame, body } = openEntry(block, place, log.keys[index] as EntryKeys, primitives)
      const event = decodeEvent(header.kind, frame.class, body)
      if (event.type === 'prekey-announced') readers.push({ device: log.device, prekey: event })
      depth = Math.max(depth, header.depth)
    }
    heads.push({ log: key, length: log.blocks.length, treeHash: treeOf(log.blocks).treeHash() })
  }
  return { readers, heads: heads.sort((a, b) => compareBytes(a.log, b.log)), depth }
}

function treeOf(blocks: readonly Uint8Array[]): LogTree {
  const tree = new LogTree(primitives)
  for (const block of blocks) tree.append(block)
  return tree
}

/** The same `device` in two folders is one device that was copied. */
export async function openHostile(home: string, link: string, device = freshVault(primitives)): Promise<Hostile> {
  const { genesis, secret, inviteSeed, hints } = decodeLink(link, primitives)
  const secrets = roomSecrets(secret, primitives)
  const person = personOf(device, primitives)
  const room = roomId(genesis, primitives)
  const owner = { room, identity: person.identity, device: person.device, generation: 0 }
  const admission = {
    identity: person.statements,
    device: person.device,
    generation: 0,
    invite: primitives.publicKey(inviteSeed),
    signature: signAdmission(owner, inviteSeed, primitives),
  }
  const store = await openLogStore(home, primitives)
  const log = await store.openOwnLog(owner, person.deviceSeed)
  const introduction = (signed: Uint8Array) =>
    encodeIntroduction({ admission, signature: primitives.sign(signed, person.deviceSeed), port: 0 })
  const announce = async (channel: StrangerChannel) => {
    const head = await log.head()
    for (const message of encodeLogs([{ admission, head: head && { fork: 0, ...head } }])) channel.send(2, message)
  }
  // A device that was copied has the same ones in both places.
  const secretOf = (part: number) => primitives.sha256(Buffer.from([...person.deviceSeed, part]))
  const epoch = { header: secretOf(0), history: secretOf(1), ephemeral: secretOf(2) }
  const row: EpochKeys = {
    ...{ log: log.key, number: 1, shareable: true, learned: 0, header: epoch.header, ephemeral: null },
    history: startChain({ step: 0, key: epoch.history }, true),
  }
  const roomKeys: RoomKeys = { classKey: (entryClass) => classKey(secrets, entryClass), epoch: () => row }
  let step = 0
  let deeper = 0
  const entry: Hostile['entry'] = (index, event, { body, ...header } = {}) => {
    const entryClass = classOf(event.type)
    const position = { number: 1, history: entryClass === 'message' ? step++ : step, ephemeral: 0 }
    const said = { kind: event.type, time: Date.now(), depth: index + 1 + deeper, heads: [], ...header }
    return sealInRoom(
      { room, log: log.key, index, suite: decodeGenesis(genesis).suite },
      { class: entryClass, header: said, body: body ?? encodeEvent(event) },
      { roomKeys, position, salt: randomBytes(16) },
      primitives,
    )!.block
  }
  return {
    admission,
    log,
    entry,
    async begin(index, { readers, heads, depth }) {
      const place = { room, log: log.key, number: 1 }
      const how = { reason: 'begun', shareable: true } as const
      deeper = Math.max(0, depth - index)
      return entry(index, await startEpoch(place, epoch, readers, how, hpke, primitives), { heads })
    },
    introduction,
    async meet(stranger) {
      const connection = await stranger.dial(hints[0]!.key)
      const { handshakeHash } = connection.stream
      const channel = connection.openRoom(channelId(secrets, handshakeHash, primitives))
      channel.send(0, proveRoom(secrets, handshakeHash, 'initiator', primitives))
      channel.send(1, introduction(deviceProof(room, handshakeHash, 'initiator')))
      log.replicate(connection.mux)
      await until(() => channel.received.some(([type]) => type === 1), 'the introduction of the other side')
      await announce(channel)
      await until(() => channel.received.some(([type]) => type === 2), 'the heads of the other side')
      return channel
    },
    announce,
    async close() {
      await log.close()
      await store.close()
    },
  }
}
