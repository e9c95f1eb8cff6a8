import { compareBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openEntry } from '../../protocol/log/entry.ts'
import type { SignedHead } from '../../protocol/log/hypercore.ts'
import { rootIndices, siblingIndices } from '../../protocol/log/inclusion.ts'
import { type ExcerptedEntry, type ExcerptedLog, encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { Problem } from '../api/problems.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { keysOf } from './entry-keys.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'

/** Which entries of a log are taken: the chosen messages, and operations. */
interface Taken {
  readonly messages: ReadonlySet<number>
  readonly operations: Set<number>
}

/**
 * Chosen messages of a room, each with its keys and the way to a head that its device signed, and what says who their authors and we are to the room.
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
  for (const [stored, entries] of takenWith(room, chosen)) {
    logs.push({ key: stored.key, log: await excerptLog(room, stored, entries, primitives) })
  }
  logs.sort((a, b) => compareBytes(a.key, b.key))
  const excerpt = {
    genesis: room.genesis,
    logs: logs.map(({ log }) => log),
    exporter: { device: person.device, time },
  }
  return encodeExcerpt(excerpt, person.deviceSeed, primitives)
}

/** The chosen messages, and the operations that say what their authors and we are: who signs the excerpt is to be seen in the room. */
function takenWith(room: Room, chosen: ReadonlyMap<StoredLog, Set<number>>): Map<StoredLog, Taken> {
  const own = room.logs.get(toHex(room.ownLog))!.stored
  const authors = [own, ...chosen.keys()]
  const taken = new Map<StoredLog, Taken>(
    authors.map((stored) => [stored, { messages: chosen.get(stored) ?? new Set(), operations: new Set() }]),
  )
  const people = new Set(authors.map(({ owner }) => toHex(owner.identity)))
  for (const { log, index } of room.fold.authority.proving(people)) {
    const { stored } = room.logs.get(log)!
    const known = taken.get(stored)
    if (known) known.operations.add(index)
    else taken.set(stored, { messages: new Set(), operations: new Set([index]) })
  }
  return taken
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
  { messages, operations }: Taken,
  primitives: Primitives,
): Promise<ExcerptedLog> {
  const head = await stored.head()
  if (!head) throw new Problem('no-such-message')
  const { identity, device, generation } = stored.owner
  const entries: ExcerptedEntry[] = []
  const indices = new Set([0, ...messages, ...operations])
  for (const index of [...indices].sort((a, b) => a - b)) {
    const entry = await excerptEntry(room, stored, head, index, primitives)
    if (messages.has(index) && !isMessage(room, stored.key, entry, primitives)) throw new Problem('no-such-message')
    entries.push(entry)
  }
  const roots = await stored.treeNodes(rootIndices(head.length))
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
  return { index, block: block!, keys, path: await stored.treeNodes(siblingIndices(index, head.length)) }
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
