import { describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import type { Check, Report } from '../../protocol/verification/report.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { expectForks, type VectorFork } from '../support/vector-forks.ts'
import { casesOf, codeOf, everyPrimitives, type VectorCase } from '../support/vectors.ts'

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
  readonly forks: readonly VectorFork[]
  readonly witnessed: Report['witnessed']
  /** How much of each log was left out. */
  readonly left: readonly { readonly log: string; readonly length: number; readonly here: number }[]
}

type ExcerptCase = VectorCase<{ readonly excerpt: string; readonly expect?: readonly string[] }, Found> & {
  readonly failures?: readonly object[]
}

const sections = ['format', 'verifying', 'order', 'authority', 'epochs', 'checkpoints']

const cases: readonly ExcerptCase[] = sections.flatMap((section) => [
  ...casesOf<ExcerptCase['input'], Found>('excerpt', section),
])

function failuresOf(checks: readonly Check[]) {
  return checks.flatMap(({ name, where, ...rest }) =>
    rest.outcome === 'failed' ? [{ check: name, code: rest.code, where: where ?? null }] : [],
  )
}

const sorted = (failures: readonly object[]) => failures.map((each) => JSON.stringify(each)).sort()

describe.each(everyPrimitives)('an excerpt, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted, error, failures } of cases) {
    test(`${id}: ${title}`, () => {
      const run = () => verifyFile(fromHex(input.excerpt), { primitives, expect: input.expect ?? [] })
      if (error && !failures) {
        expect(codeOf(run)).toBe(error)
        return
      }
      const { report, messages } = run()
      expect(report.ok).toBe(!error)
      expect(sorted(failuresOf(report.checks))).toEqual(sorted(failures ?? []))
      if (error) return
      const { waiting: names, left, standings, revoked, hidden, fallen, forks, ...whole } = wanted
      const { room, exported, read, unknown, witnessed } = report
      const waiting = report.checks.filter(({ outcome }) => outcome === 'waiting')
      expectForks(report.checks, forks)
      expect({ room, exported, messages, read, unknown, witnessed }).toEqual(whole)
      expect(Object.fromEntries(report.authors.map((each) => [each.identity, each.standing]))).toEqual(standings)
      expect(report.revoked).toBe(revoked.length)
      expect(report.hidden).toBe(hidden.length)
      expect(report.fallen.map(({ where, code }) => ({ where, code }))).toEqual(fallen)
      expect([...new Set(waiting.map(({ name }) => name))]).toEqual(names)
      const lines = waiting.filter(({ where }) => where !== undefined)
      expect(lines.map(({ where }) => where)).toEqual(left.map(({ log }) => log))
      for (const [i, { length, here }] of left.entries()) {
        expect(lines[i]!.text).toMatch(new RegExp(`^${here} of the ${length} entr`))
        expect(lines[i]!.text.endsWith('the rest was left out')).toBe(here < length)
      }
    })
  }
})
