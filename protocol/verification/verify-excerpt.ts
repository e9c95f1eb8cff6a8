import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Suite } from '../log/entry.ts'
import type { LogRoots } from '../log/hypercore.ts'
import { isClosed } from '../log/opened.ts'
import { foldEntry } from '../room/fold-log.ts'
import { genesisIn, roomId } from '../room/genesis.ts'
import { namesOf, reportedAuthors } from './authors.ts'
import { type CoveredLog, coverageOf } from './covered-logs.ts'
import type { ResolvedAuthority } from './disclosed-authority.ts'
import { checkDisclosure, openDisclosed } from './disclosure.ts'
import { type DecodedExcerpt, decodeExcerpt } from './excerpt.ts'
import { count, entryId, epochsIf, Findings, type Rights, rightsText } from './findings.ts'
import { type FoundFork, foundForks, sayForks } from './found-forks.ts'
import { Heard, readOf } from './heard.ts'
import { notProvenByExcerpt, type ReportedAuthor } from './report.ts'
import { ShownEpochs } from './shown-epochs.ts'
import { comparedLog, type ShownLog, showLog } from './shown-log.ts'
import { ShownOrder } from './shown-order.ts'
import type { Verified, VerifyOptions } from './verify-bundle.ts'
import { sayLocked } from './withheld.ts'
import { countWitnessed, sayWitnessed, Witnesses } from './witnesses.ts'

/** What all logs of an excerpt have in common. */
interface ShownRoom {
  readonly room: Uint8Array
  readonly genesis: Uint8Array
  readonly suite: Suite
  readonly isAdmitted: (log: string) => boolean
  readonly rootsAt: (log: string, length: number) => LogRoots | undefined
}

/**
 * Learn what is true of an excerpt, with nothing but the excerpt.
 *
 * No check stops at the first failure. Spec: specs/excerpt.md#verifying.
 * Throws `bundle/format`, `bundle/version` or `encoding/…` where the bytes are no excerpt at all.
 */
export function verifyExcerpt(bytes: Uint8Array, options: VerifyOptions): Verified {
  const excerpt = decodeExcerpt(bytes, options.primitives)
  const room = roomId(excerpt.genesis, options.primitives)
  const findings = new Findings()
  const suite = genesisIn(excerpt.genesis)?.suite ?? 0
  findings.begin('signatures', 'export', 'inclusion', 'entries', ...epochsIf(suite), 'membership', 'causality')
  const logs = excerpt.logs.map((log) => showLog(log, room, findings, options.primitives))
  checkExport(excerpt, logs, findings)
  const order = new ShownOrder(
    new Map(logs.map(({ id, excerpted, roots }) => [id, { length: excerpted.length, roots }])),
  )
  const heard = new Heard(excerpt.genesis, options.primitives)
  const forks = foundForks(excerpt.forks, room, findings, options.primitives)
  const compared = { room, logs: logs.map((log) => comparedLog(log, options.primitives)) }
  const { covered } = coverageOf(excerpt.checkpoints, compared, findings, options.primitives)
  // A later log of a device is let in by its first one.
  const byId = new Map(logs.map((log) => [log.id, log]))
  const isAdmitted = (id: string) => byId.get(id)?.folded.author != null
  const shown = { room, genesis: excerpt.genesis, suite, isAdmitted, rootsAt: rootsIn(logs) }
  for (const log of [...logs].sort((a, b) => a.excerpted.generation - b.excerpted.generation)) {
    fold(log, shown, order, heard, findings, options)
  }
  order.check(findings, options.primitives)
  return summarize(excerpt, room, logs, heard, forks, covered, order, findings, options)
}

/** The peaks over a log's first blocks are here for the length of its head alone. */
function rootsIn(logs: readonly ShownLog[]): ShownRoom['rootsAt'] {
  const byId = new Map(logs.map((log) => [log.id, log]))
  return (id, length) => {
    const log = byId.get(id)
    return log?.excerpted.length === length ? (log.roots ?? undefined) : undefined
  }
}

function checkExport({ exportSigned, exporter }: DecodedExcerpt, logs: readonly ShownLog[], findings: Findings): void {
  if (!exportSigned) findings.fail('export', 'bundle/export-signature')
  if (!logs.some(({ excerpted }) => equalBytes(excerpted.device, exporter.device))) {
    findings.fail('export', 'bundle/exporter', toHex(exporter.device))
  }
  for (const [i, { folded, id }] of logs.entries()) {
    const previous = logs[i - 1]
    if (previous && compareBytes(previous.folded.key, folded.key) >= 0) findings.fail('export', 'bundle/order', id)
  }
}

/** Fold what is shown of a log. What its entries say of their order is gathered, for it needs the other logs. */
function fold(
  log: ShownLog,
  { room, genesis, suite, isAdmitted, rootsAt }: ShownRoom,
  order: ShownOrder,
  heard: Heard,
  findings: Findings,
  { primitives }: VerifyOptions,
): void {
  const context = { genesis, depthAt: () => null, isAdmitted, primitives }
  let time = 0
  const epochs = new ShownEpochs(log.excerpted.generation)
  for (const shown of log.excerpted.entries) {
    const opened = openDisclosed(
      shown.block,
      { room, log: log.folded.key, index: shown.index, suite },
      shown.keys,
      primitives,
    )
    const where = entryId({ log: log.folded.key, index: shown.index })
    const before = { ...log.folded, cursor: { ...log.folded.cursor, length: shown.index, cited: new Map() } }
    const { log: folded, entry } = foldEntry(before, opened, context)
    log.folded = folded
    checkDisclosure(shown.keys, opened, where, findings)
    // What a fold finds of the order and of epochs it finds by the entries before, which are not here.
    const whole = entry.flaws.filter(({ code }) => !/^(ordering|epoch)\//.test(code))
    const flaws = [...whole, ...epochs.add(opened, shown.index)]
    const wrong = heard.authority.note(entry, folded.author, shown.block, rootsAt)
    for (const flaw of [...flaws, ...wrong]) findings.flaw(flaw, where)
    const of = { generation: log.excerpted.generation, isPlaced: false }
    if (isClosed(opened)) {
      heard.hear(entry, opened, of)
      continue
    }
    time = Math.max(time, opened.header.time)
    const at = { depth: opened.header.depth, time, log: log.folded.key, index: shown.index }
    order.add(log.id, at, opened.header.heads)
    const said = { ...entry, order: at, time: opened.header.time, flaws }
    heard.hear(said, opened, of)
  }
}

function summarize(
  excerpt: DecodedExcerpt,
  room: Uint8Array,
  logs: readonly ShownLog[],
  heard: Heard,
  forks: readonly FoundFork[],
  covered: readonly CoveredLog[],
  order: ShownOrder,
  findings: Findings,
  { expect = [], confirmed = [] }: VerifyOptions,
): Verified {
  const authority = heard.authority.resolve()
  const names = namesOf(logs, authority)
  const authorOf = new Map(logs.map(({ id, folded }) => [id, folded.author]))
  const witnesses = new Witnesses(covered, logs, authority)
  const messages = heard.messages(authorOf, names, authority, witnesses)
  const authors = reportedAuthors(names, messages, [...expect, ...confirmed], authority)
  const hidden = heard.hidden(authorOf, authority)
  const revoked = heard.revoked(authorOf, authority)
  const withheld = messages.filter(({ text }) => text === null).length
  sayLeftOut(logs, order, withheld, findings)
  sayLocked(heard.read.locked, findings)
  sayUnproven({ withheldAuthority: heard.withheldAuthority, revoked, hidden }, authors, authority, findings)
  sayForks(forks, names, findings)
  findings.authors(authors, expect)
  const witnessed = sayWitnessed(witnesses, { logs: logs.length, checkpoints: excerpt.checkpoints.length }, findings)
  const rights = { revoked, hidden, fallen: authority.fallen.length }
  const checks = findings.excerptChecks({ ...passed(logs, rights), checkpoints: witnessed })
  return {
    messages,
    report: {
      kind: 'excerpt',
      ok: checks.every(({ outcome }) => outcome !== 'failed'),
      room: { id: toHex(room), name: heard.roomName },
      exported: { device: toHex(excerpt.exporter.device), time: excerpt.exporter.time },
      messages: messages.length,
      withheld,
      read: readOf(heard, entriesIn(logs)),
      unknown: heard.unknown,
      revoked,
      hidden,
      fallen: authority.fallen,
      authors,
      witnessed: witnesses.logs,
      checks,
      notProven: notProvenByExcerpt({ withheld, locked: heard.read.locked }, countWitnessed(messages, witnesses)),
    },
  }
}

const entriesIn = (logs: readonly ShownLog[]) => logs.reduce((sum, { excerpted }) => sum + excerpted.entries.length, 0)

function passed(logs: readonly ShownLog[], rights: Rights) {
  const entries = count(entriesIn(logs), 'entry', 'entries')
  return {
    export: 'the file is as the device that exported it signed it',
    signatures: `the heads of ${count(logs.length, 'log')} signed by their devices`,
    inclusion: `${entries} stand in these logs where they are said to stand, unchanged`,
    entries: `${entries} open, each at its place`,
    membership: `${count(logs.length, 'log')} let in to the room${rightsText(rights)}`,
    epochs: '',
    causality: '',
    forks: 'the file has no proof that one of their authors signed two histories',
    completeness: '',
    authors: '',
  }
}

/** What an excerpt leaves out is no fault of it, and is never known to be nothing. */
function sayLeftOut(logs: readonly ShownLog[], order: ShownOrder, withheld: number, findings: Findings): void {
  if (withheld > 0) findings.wait('entries', `what ${count(withheld, 'message')} say is not disclosed`)
  for (const { id, excerpted } of logs) {
    const here = excerpted.entries.length
    const text = `${here} of the ${count(excerpted.length, 'entry', 'entries')} of this log ${here === 1 ? 'is' : 'are'} here`
    findings.wait('completeness', here < excerpted.length ? `${text}: the rest was left out` : text, id)
  }
  findings.wait(
    'completeness',
    'whoever else wrote in the room, and what came later, was left out: nothing here says how much',
  )
  if (findings.has('epochs')) {
    findings.wait(
      'epochs',
      'epochs and steps stand in their order; whether one was left out or used twice, and to whom each was sealed, rests on what was left out',
    )
  }
  const links = count(order.links, 'citation')
  findings.wait(
    'causality',
    `entries of one log stand in their order, and ${links} lead from one entry here to another; otherwise the order between authors is as they claim, for what it rests on was left out`,
  )
}

/** Who may what is known as far as the operations are here that it comes out of. */
function sayUnproven(
  { withheldAuthority, revoked, hidden }: Pick<Heard, 'withheldAuthority'> & Omit<Rights, 'fallen'>,
  authors: readonly ReportedAuthor[],
  { missing }: ResolvedAuthority,
  findings: Findings,
): void {
  if (withheldAuthority > 0) {
    const entries = count(withheldAuthority, 'entry', 'entries')
    findings.wait('membership', `what ${entries} say about who may what in the room is not disclosed`)
  }
  if (missing > 0) {
    const operations = count(missing, 'operation')
    findings.wait(
      'membership',
      `${operations} that others name ${missing === 1 ? 'was' : 'were'} left out: who may what could come out otherwise`,
    )
  }
  if (revoked > 0) {
    const entries = count(revoked, 'entry', 'entries')
    findings.wait(
      'membership',
      `${entries} of revoked devices not shown: what says that they count may have been left out`,
    )
  }
  if (hidden > 0) {
    const entries = count(hidden, 'entry', 'entries')
    findings.wait(
      'membership',
      `${entries} not shown, for want of the right to write: what gave it may have been left out`,
    )
  }
  const strangers = authors.filter(({ standing }) => standing === 'none').length
  if (strangers > 0)
    findings.wait('membership', `nothing here lets in ${count(strangers, 'author')}: what does may have been left out`)
}
