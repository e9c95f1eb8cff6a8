import { describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import type { Check } from '../../protocol/verification/report.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
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
  readonly waiting: readonly string[]
  /** How many entries are cited but not there. */
  readonly missing: number
}

type BundleCase = VectorCase<{ readonly bundle: string; readonly expect?: readonly string[] }, Found> & {
  readonly failures?: readonly Failure[]
}

const cases: readonly BundleCase[] = ['format', 'verifying'].flatMap((section) => [
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
        const { waiting: names, missing, ...told } = wanted
        const waiting = report.checks.filter(({ outcome }) => outcome === 'waiting')
        expect(report.ok).toBe(true)
        expect({ room: report.room, exported: report.exported, messages }).toEqual(told)
        expect(waiting.map(({ name }) => name)).toEqual(names)
        if (missing > 0) expect(waiting[0]!.text).toMatch(new RegExp(`^${missing} `))
      }
    })
  }
})
