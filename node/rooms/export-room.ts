import { compareBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryKeys, entryKeys, readFrame } from '../../protocol/log/entry.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import { type BundledFork, type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'

const noKeys: EntryKeys = { header: new Uint8Array(32), body: new Uint8Array(32) }

/**
 * The bundle of a room: every log that is here whole, with the keys of its entries, signed by our device.
 *
 * A log that has not arrived to its signed end is left out: what cites it says so when the bundle is verified.
 */
export async function exportRoom(
  room: Room,
  person: Person,
  time: number,
  primitives: Primitives,
): Promise<Uint8Array> {
  const logs: { readonly key: Uint8Array; readonly log: BundledLog }[] = []
  for (const { stored } of room.logs.values()) {
    const log = await bundleLog(room, stored, primitives)
    if (log) logs.push({ key: stored.key, log })
  }
  logs.sort((a, b) => compareBytes(a.key, b.key))
  const keys = new Set(logs.map(({ key }) => toHex(key)))
  // Without the log that lets it in, nobody could tell that a later one belongs there.
  const isLetIn = ({ key }: { readonly key: Uint8Array }) => {
    const follows = room.fold.logs.get(toHex(key))?.follows ?? null
    return follows === null || keys.has(follows)
  }
  const bundle = {
    genesis: room.genesis,
    logs: logs.filter(isLetIn).map(({ log }) => log),
    exporter: { device: person.device, time },
    forks: forksOf(room),
  }
  return encodeBundle(bundle, person.deviceSeed, primitives)
}

function forksOf(room: Room): BundledFork[] {
  const logs = [...room.logs.values()].sort((a, b) => compareBytes(a.stored.key, b.stored.key))
  return logs.flatMap((log) => {
    const proof = room.forkOf(log)
    const { identity, device, generation } = log.stored.owner
    return proof ? [{ identity, device, generation, proof }] : []
  })
}

async function bundleLog(room: Room, stored: StoredLog, primitives: Primitives): Promise<BundledLog | null> {
  const head = await stored.head()
  if (!head || stored.length < head.length) return null
  const blocks: Uint8Array[] = []
  while (blocks.length < head.length) {
    blocks.push(...(await stored.read(blocks.length, Math.min(head.length, blocks.length + 1_024))))
  }
  const { identity, device, generation } = stored.owner
  const keys = blocks.map((block, index) => keysOf(room, stored.key, index, block, primitives))
  return { identity, device, generation, signature: head.signature, blocks, keys }
}

function keysOf(room: Room, log: Uint8Array, index: number, block: Uint8Array, primitives: Primitives): EntryKeys {
  try {
    const frame = readFrame(block)
    return entryKeys(classKey(room.secrets, frame.class), { room: room.id, log, index }, frame.salt, primitives)
  } catch (error) {
    // A block without a frame has no keys; the verifier will say what is wrong with it.
    if (error instanceof ProtocolError) return noKeys
    throw error
  }
}
