import { describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import type { Check, Report } from '../../protocol/verification/report.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { expectForks, type VectorFork } from '../support/vector-forks.ts'
import { casesOf, codeOf, everyPrimitives, type VectorCase } from '../support/vectors.ts'

interface Failure {
  readonly check: string
  readonly code: string
  readonly where: string | null
}

interface Found {
  readonly room: { readonly id: string; readonly name: string }
  readonly exported: { readonly device: string; readonly time: number }
  readonly messages: readonly object[]
  readonly read: { readonly whole: number; readonly header: number; readonly none: number }
  readonly unknown: number
  readonly standings: Readonly<Record<string, string>>
  readonly revoked: readonly string[]
  readonly hidden: readonly string[]
  readonly fallen: readonly { readonly where: string; readonly code: string }[]
  readonly waiting: readonly string[]
  /** Logs of which more is cited than is there, in the order in which they are told. */
  readonly missing: readonly {
    readonly log: string
    readonly cited: number
    readonly here: number
    readonly admitted: boolean
    readonly where: string
  }[]
  readonly forks: readonly VectorFork[]
  readonly witnessed: Report['witnessed']
  /** Logs that a checkpoint covers beyond what is here of them. */
  readonly unseen: readonly { readonly log: string; readonly length: number }[]
}

type BundleCase = VectorCase<{ readonly bundle: string; readonly expect?: readonly string[] }, Found> & {
  readonly failures?: readonly Failure[]
}

const sections = ['format', 'verifying', 'disclosure', 'epochs', 'checkpoints', 'witnessed']

const cases: readonly BundleCase[] = sections.flatMap((section) => [
  ...casesOf<BundleCase['input'], Found>('bundle', section),
])

function failuresOf(checks: readonly Check[]): Failure[] {
  return checks.flatMap(({ name, where, ...rest }) =>
    rest.outcome === 'failed' ? [{ check: name, code: rest.code, where: where ?? null }] : [],
  )
}

const sorted = (failures: readonly Failure[]) => failures.map((each) => JSON.stringify(each)).sort()

describe.each(everyPrimitives)('a bundle, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted, error, failures } of cases) {
    test(`${id}: ${title}`, () => {
      const run = () => verifyBundle(fromHex(input.bundle), { primitives, expect: input.expect ?? [] })
      if (error && !failures) {
        expect(codeOf(run)).toBe(error)
        return
      }
      const { report, messages } = run()
      if (failures) {
        expect(report.ok).toBe(false)
        expect(sorted(failuresOf(report.checks))).toEqual(sorted(failures))
      } else {
        const { waiting: names, missing, standings, revoked, hidden, fallen, forks, unseen, ...whole } = wanted
        const waiting = report.checks.filter(({ outcome }) => outcome === 'waiting')
        expect(report.ok).toBe(true)
        expectForks(report.checks, forks)
        const { room, exported, read, unknown, witnessed } = report
        expect({ room, exported, messages, read, unknown, witnessed }).toEqual(whole)
        expect(Object.fromEntries(report.authors.map((each) => [each.identity, each.standing]))).toEqual(standings)
        expect(report.revoked).toBe(revoked.length)
        expect(report.hidden).toBe(hidden.length)
        expect(report.fallen.map(({ where, code }) => ({ where, code }))).toEqual(fallen)
        expect([...new Set(waiting.map(({ name }) => name))]).toEqual(names)
        const [ofLogs, lines] = [false, true].map((isEntry) =>
          waiting.filter(({ where }) => where?.includes('/') === isEntry),
        ) as [Check[], Check[]]
        expect(ofLogs.map(({ name, where }) => [name, where])).toEqual(unseen.map(({ log }) => ['completeness', log]))
        for (const [i, { length }] of unseen.entries()) expect(ofLogs[i]!.text).toContain(`up to length ${length},`)
        expect(lines.map(({ where }) => where)).toEqual(missing.map(({ where }) => where))
        for (const [i, { log, cited, here, admitted }] of missing.entries()) {
          expect(lines[i]!.text).toContain(`log ${log} is cited up to length ${cited}, and ${here || 'nothing'}`)
          expect(lines[i]!.text.endsWith(`${cited - here} missing`)).toBe(admitted)
        }
        const known = report.checks.find(({ name }) => name === 'entries')!.text
        expect(/, (\d+) of (a kind|kinds) that this version does not know$/.exec(known)?.[1] ?? '0').toBe(
          `${wanted.unknown}`,
        )
        const unplaced = messages.filter(({ placed }) => !placed).length
        const told = waiting.filter(({ text }) => text.startsWith('the place of '))
        expect(told.map(({ text }) => Number.parseInt(text.slice('the place of '.length), 10))).toEqual(
          unplaced > 0 ? [unplaced] : [],
        )
      }
    })
  }
})
