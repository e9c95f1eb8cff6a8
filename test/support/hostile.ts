import { randomBytes } from 'node:crypto'
import { encodeIntroduction, encodeLogs } from '../../node/replication/messages.ts'
import { freshVault, personOf } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { openLogStore } from '../../node/storage/log-store.ts'
import type { StoredLog } from '../../node/storage/stored-log.ts'
import { type EntryHeader, sealEntry } from '../../protocol/log/entry.ts'
import { channelId, deviceProof, proveRoom } from '../../protocol/replication/handshake.ts'
import { type Admission, signAdmission } from '../../protocol/room/admission.ts'
import { encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeLink } from '../../protocol/room/link.ts'
import { classKey, roomSecrets } from '../../protocol/room/room-secrets.ts'
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
  /** Dial the node that made the link, go through the handshake and offer the own log. */
  meet(stranger: Stranger): Promise<StrangerChannel>
  /** Say what the newest head of the own log is. */
  announce(channel: StrangerChannel): Promise<void>
  close(): Promise<void>
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
  return {
    admission,
    log,
    entry(index, event, { body, ...header } = {}) {
      const entryClass = event.type === 'message-sent' ? 'message' : 'authority'
      return sealEntry(
        { room, log: log.key, index },
        {
          class: entryClass,
          header: { kind: event.type, time: Date.now(), depth: index + 1, heads: [], ...header },
          body: body ?? encodeEvent(event),
        },
        { classKey: classKey(secrets, entryClass), salt: randomBytes(16) },
        primitives,
      )
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
