import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { roomId } from '../room/genesis.ts'
import { namesOf, reportedAuthors } from './authors.ts'
import { type DecodedBundle, decodeBundle } from './bundle.ts'
import { BundleFold } from './bundle-fold.ts'
import { type Coverage, coverageOf, sayUnseen } from './covered-logs.ts'
import { Findings } from './findings.ts'
import { type FoundFork, foundForks, sayForks } from './found-forks.ts'
import { readOf } from './heard.ts'
import { notProven, type Report, type ReportedMessage } from './report.ts'
import { comparedLog, entriesIn, isSealed, type WalkedLog, walkLog } from './walked-log.ts'
import { sayWithheld } from './withheld.ts'
import { countWitnessed, sayWitnessed, Witnesses } from './witnesses.ts'

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
  const compared = { room, logs: logs.map((log) => comparedLog(log, options.primitives)) }
  const coverage = coverageOf(bundle.checkpoints, compared, findings, options.primitives)
  const fold = new BundleFold({ genesis: bundle.genesis, room, logs }, findings, options.primitives)
  fold.run(options.onProgress)
  sayWithheld(fold.heard, logs, findings)
  return summarize(bundle, room, logs, fold, forks, coverage, findings, options)
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

function summarize(
  bundle: DecodedBundle,
  room: Uint8Array,
  logs: readonly WalkedLog[],
  { heard, epochs }: BundleFold,
  forks: readonly FoundFork[],
  { covered, unseen }: Coverage,
  findings: Findings,
  { expect = [], confirmed = [] }: VerifyOptions,
): Verified {
  const authority = heard.authority.resolve()
  const names = namesOf(logs, authority)
  const held = new Map(logs.map((log) => [log.id, { length: log.length, author: log.folded.author }]))
  const authorOf = new Map(logs.map(({ id, folded }) => [id, folded.author]))
  const witnesses = new Witnesses(covered, logs, authority)
  const messages = heard.messages(authorOf, names, authority, witnesses)
  const authors = reportedAuthors(names, messages, [...expect, ...confirmed], authority)
  const hidden = heard.hidden(authorOf, authority)
  const revoked = heard.revoked(authorOf, authority)
  sayForks(forks, names, findings)
  sayUnseen(unseen, findings)
  const sealed = logs.filter(isSealed)
  findings.authors(authors, expect, [...new Set(sealed.map(({ bundled }) => toHex(bundled.identity)))])
  const unplaced = messages.filter(({ placed }) => !placed).length
  const withheld = messages.filter(({ text }) => text === null).length
  const counts = {
    logs: logs.length,
    entries: entriesIn(logs),
    unknown: heard.unknown,
    unplaced,
    revoked,
    hidden,
    fallen: authority.fallen.length,
    epochs: epochs?.count ?? 0,
    witnessed: sayWitnessed(witnesses, { logs: logs.length, checkpoints: bundle.checkpoints.length }, findings),
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
      revoked,
      hidden,
      fallen: authority.fallen,
      authors,
      witnessed: witnesses.logs,
      checks,
      notProven: notProven(
        { unplaced, withheld, sealed: sealed.length, locked: heard.read.locked },
        countWitnessed(messages, witnesses),
      ),
    },
  }
}
