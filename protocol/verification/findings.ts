import { toHex } from '../bytes.ts'
import { ProtocolError, type ProtocolErrorCode, protocolErrors } from '../errors.ts'
import type { Suite } from '../log/entry.ts'
import { compareOrder, type OrderKey } from '../ordering.ts'
import type { Author } from '../room/fold-log.ts'
import type { Check, CheckName, ReportedAuthor } from './report.ts'

/** The failures of one check: the first of them, and how many there are. */
interface Failures {
  readonly first: Failure[]
  count: number
}

interface Failure {
  readonly code: ProtocolErrorCode
  readonly where: string | undefined
  readonly text: string
}

/** A log of which more is cited than is here: up to where, and by which entry first. */
interface MissingLog {
  length: number
  first: OrderKey
}

/** What the file has of a log: so many entries, and the author that the first of them lets in. */
interface HeldLog {
  readonly length: number
  readonly author: Author | null
}

/** What a verification counted. */
interface Counts extends Rights {
  readonly logs: number
  readonly entries: number
  readonly unknown: number
  readonly unplaced: number
  readonly epochs: number
  /** What the checkpoints show, in a sentence. */
  readonly witnessed: string
}

/** How many entries are not shown, for want of a right or of revoked devices, and how many operations do not count. */
export interface Rights {
  readonly revoked: number
  readonly hidden: number
  readonly fallen: number
}

/** A line that waits for something that is not in the file. */
interface Wait {
  readonly text: string
  readonly where: string | undefined
}

/** How many failures of one check, or missing logs, are told one by one; the rest are counted. */
const mostTold = 20

/** What the checks of a verification found, until it is told as a report. */
export class Findings {
  readonly #failures = new Map<CheckName, Failures>()
  readonly #waits = new Map<CheckName, Wait[]>()
  readonly #missing = new Map<string, MissingLog>()
  readonly #forks: Check[] = []
  #authors: Check[] = []
  #missingOperations = 0

  /** Say that checks of these names are made: one that finds nothing has passed. */
  begin(...names: readonly CheckName[]): void {
    for (const name of names) if (!this.#failures.has(name)) this.#failures.set(name, { first: [], count: 0 })
  }

  /** Whether a check of this name is made. */
  has(name: CheckName): boolean {
    return this.#failures.has(name)
  }

  fail(name: CheckName, code: ProtocolErrorCode, where?: string, detail?: string): void {
    this.begin(name)
    const failures = this.#failures.get(name)!
    failures.count++
    // One more than is told: the line that counts the rest has the code of the first of them.
    if (failures.first.length > mostTold) return
    const text = detail ? `${protocolErrors[code]} (${detail})` : protocolErrors[code]
    failures.first.push({ code, where, text })
  }

  /** Answers whether the check went through. */
  attempt(name: CheckName, where: string | undefined, check: () => void): boolean {
    try {
      check()
      return true
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.fail(name, error.code, where)
      return false
    }
  }

  /** A check can neither pass nor fail, for what it would need was withheld. */
  wait(name: CheckName, text: string, where?: string): void {
    this.begin(name)
    const waits = this.#waits.get(name)
    if (waits) waits.push({ text, where })
    else this.#waits.set(name, [{ text, where }])
  }

  /** It is proven that an author has written two histories of a log, which agree on no more than `length` entries. */
  fork(log: string, author: string, name: string, length: number): void {
    const who = name === '' ? author : `${name} (${author})`
    const text = `${who} has signed two histories of this log: others may have been told something else after ${count(length, 'entry', 'entries')}`
    this.#forks.push({ name: 'forks', outcome: 'found', where: log, text })
  }

  /** A flaw of one entry goes to the check that its code belongs to. */
  flaw(error: ProtocolError, where: string): void {
    const detail = error.message.slice(protocolErrors[error.code].length + 2)
    this.fail(checkOf(error.code), error.code, where, detail || undefined)
  }

  /** A log is cited up to a length that is not here, by the entry that stands at `by`. */
  missing(log: string, length: number, by: OrderKey): void {
    const missing = this.#missing.get(log)
    if (!missing) this.#missing.set(log, { length, first: by })
    else {
      missing.length = Math.max(length, missing.length)
      if (compareOrder(by, missing.first) < 0) missing.first = by
    }
  }

  /** So many operations are named that are not here. */
  missingOperations(missing: number): void {
    this.#missingOperations = missing
  }

  /** `sealed`: identities whose logs are here, but sealed: whether they are authors is not known. */
  authors(authors: readonly ReportedAuthor[], expect: readonly string[], sealed: readonly string[] = []): void {
    const unknown = expect.filter((id) => !authors.some(({ identity }) => identity === id) && !sealed.includes(id))
    for (const id of unknown) this.fail('authors', 'bundle/expected', undefined, id)
    const unconfirmed = authors.filter(({ confirmed }) => !confirmed).length
    if (unknown.length > 0) return
    const waiting = (text: string): Check => ({ name: 'authors', outcome: 'waiting', text })
    if (unconfirmed > 0) {
      const of = `${unconfirmed} of ${count(authors.length, 'author')}`
      this.#authors = [waiting(`${of} unconfirmed: compare the ids with the people themselves`)]
    } else if (authors.length > 0 || sealed.length === 0) {
      const text = `all ${count(authors.length, 'author')} are whom you expected or have confirmed`
      this.#authors = [{ name: 'authors', outcome: 'passed', text }]
    }
    if (sealed.length > 0) {
      const text = `whether ${count(sealed.length, 'identity', 'identities')} whose logs are sealed wrote them is not disclosed`
      this.#authors = [...this.#authors, waiting(text)]
    }
  }

  /** The lines of the report of a bundle: failures and missing logs one by one, and one line for each check that passed. */
  checks(counts: Counts, held: ReadonlyMap<string, HeldLog>): Check[] {
    const lines = this.#lines({
      export: 'the file is as the device that exported it signed it',
      signatures: `${count(counts.logs, 'log')} whole and signed by their devices`,
      inclusion: '',
      entries: `${count(counts.entries, 'entry', 'entries')} open, each at its place${unknownText(counts.unknown)}`,
      epochs: `${count(counts.epochs, 'epoch')}: numbers and steps follow each other, and each is sealed to the devices of the room and to no other`,
      membership: `${count(counts.logs, 'log')} of known authors${rightsText(counts)}`,
      causality: `${count(counts.entries, 'entry', 'entries')} follow what they cite`,
      forks: 'nobody is known to have written two histories of a log',
      checkpoints: counts.witnessed,
      completeness: '',
      authors: '',
    })
    return [...lines, ...this.#completeness(counts.unplaced, held), ...this.#authors]
  }

  /** The lines of the report of an excerpt; \`passed\` says what each check has shown. */
  excerptChecks(passed: Readonly<Record<CheckName, string>>): Check[] {
    return [...this.#lines(passed), ...this.#authors]
  }

  #lines(passed: Readonly<Record<CheckName, string>>): Check[] {
    const lines: Check[] = []
    for (const [name, { first, count: all }] of this.#failures) {
      for (const { code, where, text } of first.slice(0, mostTold)) {
        lines.push({ name, outcome: 'failed', code, text, ...(where ? { where } : {}) })
      }
      const rest = first[mostTold]
      if (rest) lines.push({ name, outcome: 'failed', code: rest.code, text: `and ${all - mostTold} more` })
      const waits = this.#waitingLines(name)
      const found = name === 'forks' ? this.#foundForks() : []
      if (all + waits.length + found.length === 0 && passed[name] !== '')
        lines.push({ name, outcome: 'passed', text: passed[name] })
      lines.push(...found, ...waits)
    }
    return lines
  }

  #waitingLines(name: CheckName): Check[] {
    const waits = this.#waits.get(name) ?? []
    const told = waits
      .slice(0, mostTold)
      .map(({ text, where }): Check => ({ name, outcome: 'waiting', text, ...(where ? { where } : {}) }))
    const rest = waits.length - told.length
    return rest > 0 ? [...told, { name, outcome: 'waiting', text: `and ${rest} more` }] : told
  }

  #foundForks(): Check[] {
    const told = this.#forks.slice(0, mostTold)
    const more = this.#forks.length - told.length
    return more > 0 ? [...told, { name: 'forks', outcome: 'found', text: `and ${count(more, 'more log')}` }] : told
  }

  /** Logs that are here in part come first: whoever cites logs that never were cannot push them out of sight. */
  #completeness(unplaced: number, held: ReadonlyMap<string, HeldLog>): Check[] {
    const waiting = (text: string, where?: string): Check => ({
      name: 'completeness',
      outcome: 'waiting',
      text,
      ...(where ? { where } : {}),
    })
    const isNobodys = (log: string) => (held.get(log)?.author ? 0 : 1)
    const logs = [...this.#missing].sort(([a], [b]) => isNobodys(a) - isNobodys(b) || (a < b ? -1 : 1))
    const lines = logs
      .slice(0, mostTold)
      .map(([log, { length, first }]) => waiting(missingText(log, length, held.get(log)), entryId(first)))
    if (logs.length > mostTold) lines.push(waiting(`and ${count(logs.length - mostTold, 'more log')}`))
    if (this.#missingOperations > 0) {
      lines.push(
        waiting(
          `${count(this.#missingOperations, 'operation')} that others name ${this.#missingOperations === 1 ? 'is' : 'are'} not here: who may what could come out otherwise`,
        ),
      )
    }
    if (unplaced > 0) {
      lines.push(
        waiting(
          `the place of ${count(unplaced, 'message')} in the order could not be checked: what is cited there, or before in the same log, is not here, or sealed`,
        ),
      )
    }
    if (lines.length > 0 || this.#waits.has('completeness')) return lines
    return [{ name: 'completeness', outcome: 'passed', text: 'every entry that is cited is here' }]
  }
}

/** How many entries are of kinds that this version does not know, as the end of a sentence. */
export function unknownText(unknown: number): string {
  return unknown === 0 ? '' : `, ${unknown} of ${unknown === 1 ? 'a kind' : 'kinds'} that this version does not know`
}

export function rightsText({ revoked, hidden, fallen }: Rights): string {
  const acts = fallen === 0 ? '' : `, ${count(fallen, 'operation')} that ${fallen === 1 ? 'does' : 'do'} not count`
  const entries = hidden === 0 ? '' : `, ${count(hidden, 'entry', 'entries')} without the right to write, not shown`
  const devices = revoked === 0 ? '' : `, ${count(revoked, 'entry', 'entries')} of revoked devices, not shown`
  return acts + entries + devices
}

/** The length is a claim: only of a log that is let in does it count entries. */
function missingText(log: string, length: number, held: HeldLog | undefined): string {
  const cited = `log ${log} is cited up to length ${length}`
  if (!held || held.length === 0) return `${cited}, and nothing of it is here: it may never have been`
  const here = `${cited}, and ${count(held.length, 'entry', 'entries')} of it ${held.length === 1 ? 'is' : 'are'} here`
  return held.author ? `${here}: ${length - held.length} missing` : `${here}, but nothing lets it in`
}

/** As a report names an entry. */
export function entryId({ log, index }: Pick<OrderKey, 'log' | 'index'>): string {
  return `${toHex(log)}/${index}`
}

function checkOf(code: ProtocolErrorCode): CheckName {
  if (code.startsWith('ordering/')) return 'causality'
  if (code.startsWith('epoch/')) return 'epochs'
  return /^(room|identity|authority)\//.test(code) ? 'membership' : 'entries'
}

/** A number of things, in words that fit it. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** A room of suite 0 has no epochs to be checked. */
export function epochsIf(suite: Suite): readonly CheckName[] {
  return suite === 1 ? ['epochs'] : []
}
