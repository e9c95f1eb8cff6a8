import { ProtocolError, type ProtocolErrorCode, protocolErrors } from '../errors.ts'
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

/** How many failures of one check are told one by one; the rest are counted. */
const mostTold = 20

/** What the checks of a verification found, until it is told as a report. */
export class Findings {
  readonly #failures = new Map<CheckName, Failures>()
  readonly #missing = new Map<string, number>()
  #authors: Check[] = []

  /** Say that checks of these names are made: one that finds nothing has passed. */
  begin(...names: readonly CheckName[]): void {
    for (const name of names) if (!this.#failures.has(name)) this.#failures.set(name, { first: [], count: 0 })
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

  attempt(name: CheckName, where: string, check: () => void): void {
    try {
      check()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.fail(name, error.code, where)
    }
  }

  /** A flaw of one entry goes to the check that its code belongs to. */
  flaw(error: ProtocolError, where: string): void {
    const detail = error.message.slice(protocolErrors[error.code].length + 2)
    this.fail(checkOf(error.code), error.code, where, detail || undefined)
  }

  /** `count` entries of a log are cited but not there. */
  missing(log: string, count: number): void {
    this.#missing.set(log, Math.max(count, this.#missing.get(log) ?? 0))
  }

  authors(authors: readonly ReportedAuthor[], expect: readonly string[]): void {
    const unknown = expect.filter((id) => !authors.some(({ identity }) => identity === id))
    for (const id of unknown) this.fail('authors', 'bundle/expected', undefined, id)
    const unconfirmed = authors.filter(({ confirmed }) => !confirmed).length
    if (unknown.length > 0) return
    this.#authors = [
      unconfirmed === 0
        ? { name: 'authors', outcome: 'passed', text: `all ${count(authors.length, 'author')} are whom you expected` }
        : {
            name: 'authors',
            outcome: 'waiting',
            text: `${unconfirmed} of ${count(authors.length, 'author')} unconfirmed: compare the ids with the people themselves`,
          },
    ]
  }

  /** The lines of the report: failures one by one, and one line for each check that passed. */
  checks(counts: { readonly logs: number; readonly entries: number; readonly messages: number }): Check[] {
    const passed: Record<CheckName, string> = {
      export: 'the file is as the device that exported it signed it',
      signatures: `${count(counts.logs, 'log')} whole and signed by their devices`,
      entries: `${count(counts.entries, 'entry', 'entries')} open, each at its place`,
      membership: `${count(counts.logs, 'log')} let in to the room`,
      causality: `${count(counts.entries, 'entry', 'entries')} follow what they cite`,
      completeness: 'every entry that is cited is here',
      authors: '',
    }
    const lines: Check[] = []
    for (const [name, { first, count: all }] of this.#failures) {
      for (const { code, where, text } of first.slice(0, mostTold)) {
        lines.push({ name, outcome: 'failed', code, text, ...(where ? { where } : {}) })
      }
      const rest = first[mostTold]
      if (rest) lines.push({ name, outcome: 'failed', code: rest.code, text: `and ${all - mostTold} more` })
      if (all === 0 && name !== 'completeness') lines.push({ name, outcome: 'passed', text: passed[name] })
    }
    return [...lines, this.#completeness(passed.completeness), ...this.#authors]
  }

  #completeness(passed: string): Check {
    const entries = [...this.#missing.values()].reduce((sum, each) => sum + each, 0)
    if (entries === 0) return { name: 'completeness', outcome: 'passed', text: passed }
    const text = `${count(entries, 'entry', 'entries')} of ${count(this.#missing.size, 'log')} cited but not in this file`
    return { name: 'completeness', outcome: 'waiting', text }
  }
}

function checkOf(code: ProtocolErrorCode): CheckName {
  if (code.startsWith('ordering/')) return 'causality'
  return code.startsWith('room/') || code.startsWith('identity/') ? 'membership' : 'entries'
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
