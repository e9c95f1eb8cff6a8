import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Keyring } from '../../node/epochs/keyring.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { KeyStore } from '../../node/storage/key-store.ts'
import type { VaultContent } from '../../node/storage/key-vault.ts'
import type { EpochEvent } from '../../protocol/epoch/event.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import { type EntryKeys, type EntryPlace, type Frame, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { decodeEvent, isEpochEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import { roomSecrets } from '../../protocol/room/room-secrets.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import type { TestPerson } from './nodes.ts'

/** An entry as it lies in a log, whoever can read it. */
export interface SealedEntry {
  readonly place: EntryPlace
  readonly block: Uint8Array
  readonly frame: Frame
}

/** All that a person has of a room, sealed. */
export async function sealedIn(room: string, person: TestPerson): Promise<SealedEntry[]> {
  return sealedOf(await person.backend.exportRoom(room, 'none'))
}

/** All that is in a bundle, sealed. */
export function sealedOf(bytes: Uint8Array): SealedEntry[] {
  const { genesis, logs } = decodeBundle(bytes, primitives)
  const { suite } = decodeGenesis(genesis)
  return logs.flatMap((log) => {
    const owner = { ...log, room: roomId(genesis, primitives) }
    const key = logKey(owner, primitives)
    return log.blocks.map((block, index) => {
      const place = { room: owner.room, log: key, index, suite }
      return { place, block, frame: readFrame(block, suite) }
    })
  })
}

/** Everything that is said about epochs in a file: its keys are in every file. */
export function epochEventsIn(bytes: Uint8Array): EpochEvent[] {
  const { genesis, logs } = decodeBundle(bytes, primitives)
  const { suite } = decodeGenesis(genesis)
  return logs.flatMap((log) => {
    const owner = { ...log, room: roomId(genesis, primitives) }
    const key = logKey(owner, primitives)
    return log.blocks.flatMap((block, index) => {
      if (readFrame(block, suite).class !== 'epoch') return []
      const place = { room: owner.room, log: key, index, suite }
      const { header, frame, body } = openEntry(block, place, log.keys[index] as EntryKeys, primitives)
      const event = decodeEvent(header.kind, frame.class, body)
      return isEpochEvent(event) ? [event] : []
    })
  })
}

export const messagesOf = (entries: readonly SealedEntry[]) => entries.filter(({ frame }) => frame.class === 'message')

/** How far each of these entries opens with everything that a stopped node has kept: its vault and its key store. */
export async function openedFrom(
  home: string,
  entries: readonly SealedEntry[],
): Promise<('whole' | 'header' | null)[]> {
  const { content } = JSON.parse(await readFile(join(home, 'vault.json'), 'utf8')) as { content: VaultContent }
  const store = new KeyStore(home, Buffer.from(content.keyStoreKey, 'hex'))
  try {
    const rooms = content.rooms.map(({ genesis, secret }) => {
      const id = roomId(Buffer.from(genesis, 'hex'), primitives)
      return new Keyring(id, roomSecrets(Buffer.from(secret, 'hex'), primitives), store)
    })
    return entries.map(({ place, block }) => {
      const keyring = rooms.find(({ room }) => Buffer.compare(room, place.room) === 0)!
      const found = openInRoom(block, place, keyring, primitives)
      return found && (found.keys ? 'whole' : 'header')
    })
  } finally {
    store.close()
  }
}
