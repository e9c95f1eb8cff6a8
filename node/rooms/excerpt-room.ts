import { compareBytes, equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openEntry } from '../../protocol/log/entry.ts'
import type { SignedHead } from '../../protocol/log/hypercore.ts'
import { type ProofNode, rootIndices, siblingIndices } from '../../protocol/log/inclusion.ts'
import { type ExcerptedEntry, type ExcerptedLog, encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { Problem } from '../api/problems.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { keysOf } from './entry-keys.ts'
import { forksOf } from './export-room.ts'
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
 * A checkpoint is made first, and may take a few seconds to be witnessed. `ids` as the timeline has them. Throws the problem `no-such-message`.
 */
export async function excerptRoom(
  room: Room,
  person: Person,
  { ids, time }: { readonly ids: readonly string[]; readonly time: number },
  primitives: Primitives,
): Promise<Uint8Array> {
  const chosen = chosenIn(room, ids)
  await room.checkpoints.renew()
  const logs: { readonly key: Uint8Array; readonly log: ExcerptedLog }[] = []
  const taken = takenWith(room, chosen, person)
  const shown = [...room.logs.values()].filter(({ stored }) => taken.has(stored))
  for (const [stored, entries] of taken) {
    logs.push({ key: stored.key, log: await excerptLog(room, stored, entries, primitives) })
  }
  logs.sort((a, b) => compareBytes(a.key, b.key))
  const lengths = new Map(logs.map(({ key, log }) => [toHex(key), log.length]))
  const excerpt = {
    genesis: room.genesis,
    logs: logs.map(({ log }) => log),
    exporter: { device: person.device, time },
    forks: forksOf(room, shown),
    checkpoints: room.checkpoints.shown({
      has: ({ log, length }) => length === lengths.get(toHex(log)),
      names: (device) => logs.some(({ log }) => equalBytes(log.device, device)),
    }),
  }
  return encodeExcerpt(excerpt, person.deviceSeed, primitives)
}

/** The chosen messages, the operations that say what their authors and we are, and the first logs of devices, which let in later ones. */
function takenWith(room: Room, chosen: ReadonlyMap<StoredLog, Set<number>>, person: Person): Map<StoredLog, Taken> {
  const stored = [...room.logs.values()].map((log) => log.stored)
  // Our own first entry shows that who signs the excerpt is in the room.
  const isOurs = ({ owner }: StoredLog) => owner.generation === 0 && equalBytes(owner.device, person.device)
  const authors = stored.filter((each) => chosen.has(each) || isOurs(each))
  const people = new Set(authors.map(({ owner }) => toHex(owner.identity)))
  const operations = new Map<string, Set<number>>()
  for (const { log, index } of room.fold.authority.proving(people)) {
    operations.set(log, (operations.get(log) ?? new Set()).add(index))
  }
  const needed = stored.filter((each) => authors.includes(each) || operations.has(toHex(each.key)))
  const first = new Set(needed.flatMap(({ key }) => room.fold.logs.get(toHex(key))?.follows ?? []))
  const shown = stored.filter((each) => needed.includes(each) || first.has(toHex(each.key)))
  return new Map(
    shown.map((each) => [
      each,
      { messages: chosen.get(each) ?? new Set(), operations: operations.get(toHex(each.key)) ?? new Set() },
    ]),
  )
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
    if (!keys || !('body' in keys)) return false
    return (
      openEntry(block, { room: room.id, log, index, suite: room.suite }, keys, primitives).header.kind ===
      'message-sent'
    )
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
