import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Citation } from '../log/entry.ts'
import { logKey, treeHash } from '../log/hypercore.ts'
import { isClosed, type Opened } from '../log/opened.ts'
import { foldEntry } from '../room/fold-log.ts'
import { genesisIn, roomId } from '../room/genesis.ts'
import { namesOf, reportedAuthors } from './authors.ts'
import { type DecodedBundle, decodeBundle } from './bundle.ts'
import { type Awaited, foldInCausalOrder } from './causal-order.ts'
import { DisclosedEpochs } from './disclosed-epochs.ts'
import { checkDisclosure, openDisclosed } from './disclosure.ts'
import { entryId, epochsIf, Findings } from './findings.ts'
import { type FoundFork, foundForks, sayForks } from './found-forks.ts'
import { Heard, readOf } from './heard.ts'
import { notProven, type Report, type ReportedMessage } from './report.ts'
import { entriesIn, isSealed, restsOnUnread, type WalkedLog, walkLog } from './walked-log.ts'
import { sayWithheld } from './withheld.ts'

export interface VerifyOptions {
  readonly primitives: Primitives
  /** Identity ids, hex, that the reader expects among the authors and will then call confirmed. */
  readonly expect?: readonly string[]
  /** Identity ids, hex, that the reader has confirmed before: authors among them are called confirmed, and none of them has to be there. */
  readonly confirmed?: readonly string[]
  /** Called now and then with entries done and entries in all. */
  readonly onProgress?: (done: number, of: number) => void
}

export interface Verified {
  readonly report: Report
  /** In display order; those of entries with a flaw are left out. */
  readonly messages: readonly ReportedMessage[]
}

/**
 * Learn what is true of a bundle, with nothing but the bundle.
 *
 * No check stops at the first failure: the report names each, and where. Spec: specs/bundle.md#verifying.
 * Throws `bundle/format`, `bundle/version` or `encoding/…` where the bytes are no bundle at all.
 */
export function verifyBundle(bytes: Uint8Array, options: VerifyOptions): Verified {
  const bundle = decodeBundle(bytes, options.primitives)
  const room = roomId(bundle.genesis, options.primitives)
  const findings = new Findings()
  const logs = bundle.logs.map((log) => walkLog(log, room, findings, options.primitives))
  checkExport(bundle, logs, findings)
  const forks = foundForks(bundle.forks, room, findings, options.primitives)
  const gathered = foldLogs(bundle, room, logs, findings, options)
  sayWithheld(gathered.heard, logs, findings)
  return summarize(bundle, room, logs, gathered, forks, findings, options)
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

/** What the fold of a file gathers. `epochs`: null in a room of suite 0. */
interface Gathered {
  readonly heard: Heard
  readonly epochs: DisclosedEpochs | null
}

/** Fold every log, no entry before those it cites. */
function foldLogs(
  { genesis }: DecodedBundle,
  room: Uint8Array,
  logs: readonly WalkedLog[],
  findings: Findings,
  { primitives, onProgress }: VerifyOptions,
): Gathered {
  const byId = new Map(logs.map((log) => [log.id, log]))
  const depthAt = (id: string, length: number) => byId.get(id)?.depths[length - 1] ?? null
  const heard = new Heard(genesis, primitives)
  const beginning = genesisIn(genesis)
  const suite = beginning?.suite ?? 0
  const epochs = beginning && suite === 1 ? new DisclosedEpochs(beginning) : null
  const rootsAt = (id: string, length: number) => byId.get(id)?.snapshots[length]
  const open = logs.filter((log) => !isSealed(log))
  const of = entriesIn(open)
  // That a sealed log was let in is not known: membership waits for it, and so for what follows it.
  const isAdmitted = (id: string) => {
    const log = byId.get(id)
    return log !== undefined && (isSealed(log) || log.folded.author !== null)
  }
  const context = { genesis, depthAt, isAdmitted, primitives }
  let done = 0
  findings.begin('entries', ...epochsIf(suite), 'membership', 'causality', 'completeness')
  foldInCausalOrder(open, {
    awaited(log) {
      const index = log.folded.cursor.length
      const place = { room, log: log.folded.key, index, suite }
      log.next = openDisclosed(log.bundled.blocks[index]!, place, log.bundled.keys[index] ?? null, primitives)
      return [...firstLogOf(log, room, byId, primitives), ...awaitedBy(log.next, byId)]
    },
    fold(log) {
      const opened = log.next!
      const missing = checkCitations(log, opened, byId, findings, primitives)
      const { log: folded, entry } = foldEntry(log.folded, opened, context)
      const where = entryId(entry.order)
      log.folded = folded
      log.depths.push(entry.read === 'locked' ? null : folded.cursor.depth)
      log.next = null
      if (missing.length > 0 || restsOnUnread(opened, byId)) log.isPlaced = false
      for (const { log: cited, length } of missing) findings.missing(toHex(cited), length, entry.order)
      const { blocks, keys, generation } = log.bundled
      checkDisclosure(keys[entry.order.index] ?? null, opened, where, findings)
      const wrong = heard.authority.note(entry, folded.author, blocks[entry.order.index]!, rootsAt)
      for (const flaw of [...entry.flaws, ...wrong]) findings.flaw(flaw, where)
      epochs?.note(entry, opened, folded)
      heard.hear(entry, opened, { generation, isPlaced: log.isPlaced })
      done++
      if (done % 1_000 === 0) onProgress?.(done, of)
    },
  })
  epochs?.check(heard.authority.operations, findings)
  onProgress?.(of, of)
  return { heard, epochs }
}

/** Whether a later log of a device may be let in is known once its first log has begun. */
function firstLogOf(
  { bundled, folded }: WalkedLog,
  room: Uint8Array,
  logs: ReadonlyMap<string, WalkedLog>,
  primitives: Primitives,
): readonly Awaited<WalkedLog>[] {
  if (bundled.generation === 0 || folded.cursor.length > 0) return []
  const log = logs.get(toHex(logKey({ ...bundled, room, generation: 0 }, primitives)))
  return log && log.length > 0 && !isSealed(log) ? [{ log, length: 1 }] : []
}

/** The cited entries that the bundle has, and that are folded. */
function awaitedBy(next: Opened, logs: ReadonlyMap<string, WalkedLog>): readonly Awaited<WalkedLog>[] {
  if (isClosed(next)) return []
  return next.header.heads.flatMap(({ log: key, length }) => {
    const log = logs.get(toHex(key))
    return log && !isSealed(log) && length <= log.length ? [{ log, length }] : []
  })
}

/** Compare what an entry cites with what is here. Answers the citations of which it is not. */
function checkCitations(
  log: WalkedLog,
  opened: Opened,
  logs: ReadonlyMap<string, WalkedLog>,
  findings: Findings,
  primitives: Primitives,
): readonly Citation[] {
  if (isClosed(opened)) return []
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
  { heard, epochs }: Gathered,
  forks: readonly FoundFork[],
  findings: Findings,
  { expect = [], confirmed = [] }: VerifyOptions,
): Verified {
  const authority = heard.authority.resolve()
  const names = namesOf(logs, authority)
  const held = new Map(logs.map((log) => [log.id, { length: log.length, author: log.folded.author }]))
  const authorOf = new Map(logs.map(({ id, folded }) => [id, folded.author]))
  const messages = heard.messages(authorOf, names, authority)
  const authors = reportedAuthors(names, messages, [...expect, ...confirmed], authority)
  const hidden = heard.hidden(authorOf, authority)
  sayForks(forks, names, findings)
  const sealed = logs.filter(isSealed)
  findings.authors(authors, expect, [...new Set(sealed.map(({ bundled }) => toHex(bundled.identity)))])
  const unplaced = messages.filter(({ placed }) => !placed).length
  const withheld = messages.filter(({ text }) => text === null).length
  const counts = {
    logs: logs.length,
    entries: entriesIn(logs),
    unknown: heard.unknown,
    unplaced,
    hidden,
    fallen: authority.fallen.length,
    epochs: epochs?.count ?? 0,
  }
  findings.missingOperations(authority.missing)
  const checks = findings.checks(counts, held)
  return {
    messages,
    report: {
      kind: 'bundle',
      ok: checks.every(({ outcome }) => outcome !== 'failed'),
      room: { id: toHex(room), name: heard.roomName },
      exported: { device: toHex(bundle.exporter.device), time: bundle.exporter.time },
      messages: messages.length,
      withheld,
      read: readOf(heard, counts.entries),
      unknown: heard.unknown,
      hidden,
      fallen: authority.fallen,
      authors,
      checks,
      notProven: notProven({ unplaced, withheld, sealed: sealed.length, locked: heard.read.locked }),
    },
  }
}
