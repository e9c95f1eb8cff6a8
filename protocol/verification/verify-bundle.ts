import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { type Citation, openEntry } from '../log/entry.ts'
import { type LogRoots, LogTree, logKey, treeHash, verifyHead } from '../log/hypercore.ts'
import { compareOrder, type OrderKey } from '../ordering.ts'
import { emptyLog, type FoldedEntry, type FoldedLog, foldEntry } from '../room/fold-log.ts'
import { roomId } from '../room/genesis.ts'
import { type BundledLog, type DecodedBundle, decodeBundle } from './bundle.ts'
import { BundleAuthority, type ResolvedAuthority } from './bundle-authority.ts'
import { type Awaited, foldInCausalOrder } from './causal-order.ts'
import { entryId, Findings } from './findings.ts'
import { notProven, type Report, type ReportedMessage } from './report.ts'

export interface VerifyOptions {
  readonly primitives: Primitives
  /** Identity ids, hex, that the reader expects among the authors and will then call confirmed. */
  readonly expect?: readonly string[]
  /** Called now and then with entries done and entries in all. */
  readonly onProgress?: (done: number, of: number) => void
}

export interface VerifiedBundle {
  readonly report: Report
  /** In display order; those of entries with a flaw are left out. */
  readonly messages: readonly ReportedMessage[]
}

interface WalkedLog {
  readonly bundled: BundledLog
  readonly id: string
  readonly length: number
  /** The peaks after each entry: `snapshots[n]` stands for the first n blocks. */
  readonly snapshots: readonly LogRoots[]
  readonly depths: number[]
  folded: FoldedLog
  next: ReturnType<typeof open> | null
  /** Whether everything was here that its entries so far cite. */
  isPlaced: boolean
}

/** What the entries of a bundle say to people. */
interface Heard {
  roomName: string
  /** How many are of a kind of a later version. */
  unknown: number
  /** Where each stands, and of which type it is. */
  readonly said: { readonly order: OrderKey; readonly type: string }[]
  /** Messages without a flaw. */
  readonly messages: HeardMessage[]
  readonly authority: BundleAuthority
}

interface HeardMessage {
  readonly order: OrderKey
  readonly time: number
  readonly text: string
  readonly placed: boolean
}

/**
 * Learn what is true of a bundle, with nothing but the bundle.
 *
 * No check stops at the first failure: the report names each, and where. Spec: specs/bundle.md#verifying.
 * Throws `bundle/format`, `bundle/version` or `encoding/…` where the bytes are no bundle at all.
 */
export function verifyBundle(bytes: Uint8Array, options: VerifyOptions): VerifiedBundle {
  const bundle = decodeBundle(bytes, options.primitives)
  const room = roomId(bundle.genesis, options.primitives)
  const findings = new Findings()
  const logs = bundle.logs.map((log) => walk(log, room, findings, options.primitives))
  checkExport(bundle, logs, findings)
  const heard = foldLogs(bundle, room, logs, findings, options)
  return summarize(bundle, room, logs, heard, findings, options)
}

function checkExport({ exportSigned, exporter }: DecodedBundle, logs: readonly WalkedLog[], findings: Findings): void {
  findings.begin('export')
  if (!exportSigned) findings.fail('export', 'bundle/export-signature')
  if (!logs.some(({ bundled }) => equalBytes(bundled.device, exporter.device))) {
    findings.fail('export', 'bundle/exporter', toHex(exporter.device))
  }
  logs.forEach(({ folded, id }, i) => {
    const previous = logs[i - 1]
    if (previous && compareBytes(previous.folded.key, folded.key) >= 0) findings.fail('export', 'bundle/order', id)
  })
}

/** Hash a log from its first block to its head, and check the head's signature. */
function walk(bundled: BundledLog, room: Uint8Array, findings: Findings, primitives: Primitives): WalkedLog {
  const key = logKey({ ...bundled, room }, primitives)
  const tree = new LogTree(primitives)
  const snapshots: LogRoots[] = [tree.roots]
  for (const block of bundled.blocks) {
    tree.append(block)
    snapshots.push(tree.roots)
  }
  const id = toHex(key)
  findings.begin('signatures')
  if (tree.length === 0) findings.fail('membership', 'room/not-admitted', id, 'an empty log')
  const head = { length: tree.length, treeHash: tree.treeHash(), signature: bundled.signature }
  findings.attempt('signatures', id, () => verifyHead(key, bundled.device, head, primitives))
  return { bundled, id, length: tree.length, snapshots, depths: [], folded: emptyLog(key), next: null, isPlaced: true }
}

/** Fold every log, no entry before those it cites. Answers what people hear. */
function foldLogs(
  { genesis }: DecodedBundle,
  room: Uint8Array,
  logs: readonly WalkedLog[],
  findings: Findings,
  { primitives, onProgress }: VerifyOptions,
): Heard {
  const byId = new Map(logs.map((log) => [log.id, log]))
  const depthAt = (id: string, length: number) => byId.get(id)?.depths[length - 1] ?? null
  const authority = new BundleAuthority(genesis, primitives)
  const heard: Heard = { roomName: '', unknown: 0, said: [], messages: [], authority }
  const rootsAt = (id: string, length: number) => byId.get(id)?.snapshots[length]
  const of = entriesIn(logs)
  let done = 0
  findings.begin('entries', 'membership', 'causality', 'completeness')
  foldInCausalOrder(logs, {
    awaited(log) {
      log.next = open(log, room, primitives)
      return awaitedBy(log.next, byId)
    },
    fold(log) {
      const opened = log.next!
      const missing = checkCitations(log, opened, byId, findings, primitives)
      const { log: folded, entry } = foldEntry(log.folded, opened, { genesis, depthAt, primitives })
      log.folded = folded
      log.depths.push(folded.cursor.depth)
      log.next = null
      if (missing.length > 0) log.isPlaced = false
      for (const { log: cited, length } of missing) findings.missing(toHex(cited), length, entry.order)
      for (const flaw of entry.flaws) findings.flaw(flaw, entryId(entry.order))
      const block = log.bundled.blocks[entry.order.index]!
      const wrong = authority.note(entry, folded.author, block, rootsAt)
      for (const flaw of wrong) findings.flaw(flaw, entryId(entry.order))
      hear(heard, log, entry)
      done++
      if (done % 1_000 === 0) onProgress?.(done, of)
    },
  })
  onProgress?.(of, of)
  return heard
}

const entriesIn = (logs: readonly WalkedLog[]): number => logs.reduce((sum, { length }) => sum + length, 0)

function hear(heard: Heard, log: WalkedLog, { event, flaws, order, time }: FoldedEntry): void {
  // Only the owner can have made the room, and only their first log says what it is called.
  if (event?.type === 'room-created' && log.bundled.generation === 0) heard.roomName = event.name
  if (event?.type === 'unknown') heard.unknown++
  if (event) heard.said.push({ order, type: event.type })
  if (event?.type === 'message-sent' && flaws.length === 0) {
    heard.messages.push({ order, time, text: event.text, placed: log.isPlaced })
  }
}

function open(log: WalkedLog, room: Uint8Array, primitives: Primitives) {
  const index = log.folded.cursor.length
  try {
    const place = { room, log: log.folded.key, index }
    return openEntry(log.bundled.blocks[index]!, place, log.bundled.keys[index]!, primitives)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

/** The cited entries that the bundle has. */
function awaitedBy(
  next: NonNullable<WalkedLog['next']>,
  logs: ReadonlyMap<string, WalkedLog>,
): readonly Awaited<WalkedLog>[] {
  if (next instanceof ProtocolError) return []
  return next.header.heads.flatMap(({ log: key, length }) => {
    const log = logs.get(toHex(key))
    return log && length <= log.length ? [{ log, length }] : []
  })
}

/** Compare what an entry cites with what is here. Answers the citations of which it is not. */
function checkCitations(
  log: WalkedLog,
  opened: NonNullable<WalkedLog['next']>,
  logs: ReadonlyMap<string, WalkedLog>,
  findings: Findings,
  primitives: Primitives,
): readonly Citation[] {
  if (opened instanceof ProtocolError) return []
  const where = entryId({ log: log.folded.key, index: log.folded.cursor.length })
  for (const head of opened.header.heads) {
    const roots = logs.get(toHex(head.log))?.snapshots[head.length]
    if (roots && !equalBytes(treeHash(roots, primitives), head.treeHash)) {
      findings.fail('causality', 'ordering/citation', where, `of log ${toHex(head.log)} at length ${head.length}`)
    }
  }
  return opened.header.heads.filter(({ log: cited, length }) => length > (logs.get(toHex(cited))?.length ?? 0))
}

function summarize(
  bundle: DecodedBundle,
  room: Uint8Array,
  logs: readonly WalkedLog[],
  heard: Heard,
  findings: Findings,
  { expect = [] }: VerifyOptions,
): VerifiedBundle {
  const authority = heard.authority.resolve()
  const names = namesOf(logs, authority)
  const held = new Map(logs.map((log) => [log.id, { length: log.length, author: log.folded.author }]))
  const messages = [...heard.messages]
    .sort((a, b) => compareOrder(a.order, b.order))
    .flatMap(({ order, time, text, placed }): ReportedMessage[] => {
      const by = held.get(toHex(order.log))!.author
      if (!by || authority.isHidden(by, order, 'message-sent')) return []
      const author = toHex(by.owner.identity)
      return [{ id: entryId(order), author, name: names.get(author)!, text, time, placed }]
    })
  const authors = reportedAuthors(names, messages, expect, authority)
  const hidden = heard.said.filter(({ order, type }) => {
    const by = held.get(toHex(order.log))!.author
    return by !== null && authority.isHidden(by, order, type)
  }).length
  findings.authors(authors, expect)
  const unplaced = messages.filter(({ placed }) => !placed).length
  const counts = {
    logs: logs.length,
    entries: entriesIn(logs),
    unknown: heard.unknown,
    unplaced,
    hidden,
    fallen: authority.fallen.length,
  }
  findings.missingOperations(authority.missing)
  const checks = findings.checks(counts, held)
  return {
    messages,
    report: {
      ok: checks.every(({ outcome }) => outcome !== 'failed'),
      room: { id: toHex(room), name: heard.roomName },
      exported: { device: toHex(bundle.exporter.device), time: bundle.exporter.time },
      messages: messages.length,
      unknown: heard.unknown,
      hidden,
      fallen: authority.fallen,
      authors,
      checks,
      notProven: notProven(unplaced),
    },
  }
}

/** What each author calls themselves: in the log of theirs that ends last, if they have several. */
function namesOf(logs: readonly WalkedLog[], authority: ResolvedAuthority): Map<string, string> {
  const ends = logs.flatMap(({ folded: { author, cursor, key } }) =>
    author
      ? [
          {
            author,
            name: authority.nameOf(author, key),
            order: { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 },
          },
        ]
      : [],
  )
  ends.sort((a, b) => compareOrder(a.order, b.order))
  return new Map(ends.map(({ author, name }) => [toHex(author.owner.identity), name]))
}

function reportedAuthors(
  names: ReadonlyMap<string, string>,
  messages: readonly ReportedMessage[],
  expect: readonly string[],
  authority: ResolvedAuthority,
) {
  const counts = new Map<string, number>()
  for (const { author } of messages) counts.set(author, (counts.get(author) ?? 0) + 1)
  return [...names].map(([identity, name]) => ({
    identity,
    name,
    messages: counts.get(identity) ?? 0,
    confirmed: expect.includes(identity),
    standing: authority.standingOf(identity),
  }))
}
