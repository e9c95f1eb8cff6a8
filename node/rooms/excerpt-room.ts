import { compareBytes, equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openEntry } from '../../protocol/log/entry.ts'
import type { SignedHead } from '../../protocol/log/hypercore.ts'
import { type ProofNode, rootIndices, siblingIndices } from '../../protocol/log/inclusion.ts'
import { type ExcerptedEntry, type ExcerptedLog, encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { Problem } from '../api/problems.ts'
import type { RoomLog } from '../replication/room-channel.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { keysOf } from './entry-keys.ts'
import { forksOf } from './export-room.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'

/**
 * Chosen messages of a room, each with its keys and the way to a head that its device signed, and what lets in their authors and us.
 *
 * `ids` as the timeline has them. Throws the problem `no-such-message`.
 */
export async function excerptRoom(
  room: Room,
  person: Person,
  { ids, time }: { readonly ids: readonly string[]; readonly time: number },
  primitives: Primitives,
): Promise<Uint8Array> {
  const chosen = chosenIn(room, ids)
  const logs: { readonly key: Uint8Array; readonly log: ExcerptedLog }[] = []
  const shown = shownLogs(room, chosen, person)
  for (const { stored } of shown) {
    logs.push({ key: stored.key, log: await excerptLog(room, stored, chosen.get(stored) ?? new Set(), primitives) })
  }
  logs.sort((a, b) => compareBytes(a.key, b.key))
  const excerpt = {
    genesis: room.genesis,
    logs: logs.map(({ log }) => log),
    exporter: { device: person.device, time },
    forks: forksOf(room, shown),
  }
  return encodeExcerpt(excerpt, person.deviceSeed, primitives)
}

/** The logs with a chosen message, those that let them in, and ours: its first entry shows that who signs the excerpt is in the room. */
function shownLogs(room: Room, chosen: ReadonlyMap<StoredLog, unknown>, { device }: Person): RoomLog[] {
  const isOurs = ({ owner }: StoredLog) => owner.generation === 0 && equalBytes(owner.device, device)
  const needed = [...room.logs.values()].filter(({ stored }) => chosen.has(stored) || isOurs(stored))
  const first = needed.flatMap(({ stored }) => room.fold.logs.get(toHex(stored.key))?.follows ?? [])
  return [...room.logs].filter(([key, log]) => needed.includes(log) || first.includes(key)).map(([, log]) => log)
}

function chosenIn(room: Room, ids: readonly string[]): Map<StoredLog, Set<number>> {
  const chosen = new Map<StoredLog, Set<number>>()
  for (const id of ids) {
    const [log = '', index = ''] = id.split('/')
    const stored = room.logs.get(log)?.stored
    // The first entry of a log is no message, and comes along anyway.
    if (!stored || Number(index) === 0) throw new Problem('no-such-message')
    const indices = chosen.get(stored)
    if (indices) indices.add(Number(index))
    else chosen.set(stored, new Set([Number(index)]))
  }
  return chosen
}

async function excerptLog(
  room: Room,
  stored: StoredLog,
  indices: ReadonlySet<number>,
  primitives: Primitives,
): Promise<ExcerptedLog> {
  const head = await stored.head()
  if (!head) throw new Problem('no-such-message')
  const { identity, device, generation } = stored.owner
  const entries: ExcerptedEntry[] = []
  for (const index of [0, ...[...indices].sort((a, b) => a - b)]) {
    const entry = await excerptEntry(room, stored, head, index, primitives)
    if (index > 0 && !isMessage(room, stored.key, entry, primitives)) throw new Problem('no-such-message')
    entries.push(entry)
  }
  const roots = await nodesAt(stored, rootIndices(head.length))
  return { identity, device, generation, length: head.length, signature: head.signature, roots, entries }
}

async function excerptEntry(
  room: Room,
  stored: StoredLog,
  head: SignedHead,
  index: number,
  primitives: Primitives,
): Promise<ExcerptedEntry> {
  if (index >= Math.min(head.length, stored.length)) throw new Problem('no-such-message')
  const [block] = await stored.read(index, index + 1)
  const { keys } = keysOf(room, stored.key, index, block!, primitives)
  return { index, block: block!, keys, path: await nodesAt(stored, siblingIndices(index, head.length)) }
}

/** Those over blocks that are here are here, too. */
async function nodesAt(stored: StoredLog, indices: readonly number[]): Promise<ProofNode[]> {
  const nodes = await stored.treeNodes(indices)
  if (!nodes) throw new Problem('no-such-message')
  return nodes.map(({ size, hash }) => ({ size, hash }))
}

function isMessage(
  room: Room,
  log: Uint8Array,
  { index, block, keys }: ExcerptedEntry,
  primitives: Primitives,
): boolean {
  try {
    if (!('body' in keys)) return false
    return openEntry(block, { room: room.id, log, index }, keys, primitives).header.kind === 'message-sent'
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
