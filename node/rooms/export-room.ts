import { compareBytes, equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { RoomKeys } from '../../protocol/epoch/room-keys.ts'
import { type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
import { type Disclosure, disclosedBy, type KeyChoice } from '../../protocol/verification/disclosure.ts'
import type { ProvenFork } from '../../protocol/verification/envelope.ts'
import type { RoomLog } from '../replication/room-channel.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { keysOf } from './entry-keys.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'

/**
 * The bundle of a room: every log that is here whole, with the chosen keys of its entries, signed by our device.
 *
 * A checkpoint is made first, and may take a few seconds to be witnessed. A log that has not arrived to its signed end is left out: what cites it says so when the bundle is verified.
 */
export async function exportRoom(
  room: Room,
  person: Person,
  { choice, time }: { readonly choice: KeyChoice; readonly time: number },
  primitives: Primitives,
): Promise<Uint8Array> {
  await room.checkpoints.renew()
  const logs: { readonly key: Uint8Array; readonly log: BundledLog }[] = []
  for (const { stored } of room.logs.values()) {
    const log = await bundleLog(room, stored, choice, primitives)
    if (log) logs.push({ key: stored.key, log })
  }
  logs.sort((a, b) => compareBytes(a.key, b.key))
  const keys = new Set(logs.map(({ key }) => toHex(key)))
  // Without the log that lets it in, nobody could tell that a later one belongs there.
  const isLetIn = ({ key }: { readonly key: Uint8Array }) => {
    const follows = room.fold.logs.get(toHex(key))?.follows ?? null
    return follows === null || keys.has(follows)
  }
  const shown = logs.filter(isLetIn)
  const lengths = new Map(shown.map(({ key, log }) => [toHex(key), log.blocks.length]))
  const bundle = {
    genesis: room.genesis,
    logs: shown.map(({ log }) => log),
    exporter: { device: person.device, time },
    forks: forksOf(room, [...room.logs.values()]),
    checkpoints: room.checkpoints.shown({
      has: ({ log, length }) => length <= (lengths.get(toHex(log)) ?? 0),
      names: (device) => shown.some(({ log }) => equalBytes(log.device, device)),
    }),
  }
  return encodeBundle(bundle, person.deviceSeed, primitives)
}

/** The proofs of forks that we have for these logs, in their order. */
export function forksOf(room: Room, logs: readonly RoomLog[]): ProvenFork[] {
  return [...logs]
    .sort((a, b) => compareBytes(a.stored.key, b.stored.key))
    .flatMap((log) => {
      const proof = room.forkOf(log)
      const { identity, device, generation } = log.stored.owner
      return proof ? [{ identity, device, generation, proof }] : []
    })
}

async function bundleLog(
  room: Room,
  stored: StoredLog,
  choice: KeyChoice,
  primitives: Primitives,
): Promise<BundledLog | null> {
  const head = await stored.head()
  if (!head || stored.length < head.length) return null
  const blocks: Uint8Array[] = []
  while (blocks.length < head.length) {
    blocks.push(...(await stored.read(blocks.length, Math.min(head.length, blocks.length + 1_024))))
  }
  const { identity, device, generation } = stored.owner
  const keys = disclosed(room, stored.key, blocks, choice, primitives)
  return { identity, device, generation, signature: head.signature, blocks, keys }
}

function disclosed(
  room: Room,
  log: Uint8Array,
  blocks: readonly Uint8Array[],
  choice: KeyChoice,
  primitives: Primitives,
): (Disclosure | null)[] {
  if (choice === 'none') return []
  const { id, suite } = room
  let reading: EpochKeys | null = null
  // Each epoch is walked once, in the order of the log: from its beginning it would be up to 256 steps for each entry.
  const inOrder: RoomKeys = {
    classKey: (entryClass) => room.keys.classKey(entryClass),
    epoch: (of, number) => (reading?.number === number ? reading : room.keys.epoch(of, number)),
  }
  return blocks.map((block, index) => {
    const { keys, entryClass, epoch } = keysOf({ id, suite, keys: inOrder }, log, index, block, primitives)
    reading = epoch ?? reading
    // What lets a log in is open, also where it turns out to be nothing of the kind.
    if (!keys || index === 0 || entryClass === null) return keys
    return disclosedBy(choice, keys, entryClass, primitives)
  })
}
