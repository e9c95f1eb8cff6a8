import { compareBytes } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryKeys, entryKeys, readFrame } from '../../protocol/log/entry.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import { type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
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
  const bundle = {
    genesis: room.genesis,
    logs: logs.map(({ log }) => log),
    exporter: { device: person.device, time },
    forks: [],
  }
  return encodeBundle(bundle, person.deviceSeed, primitives)
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
