import { expect } from 'vitest'
import type { Check } from '../../protocol/verification/report.ts'

/** A fork of which a file has a proof, as the vectors tell it. */
export interface VectorFork {
  readonly log: string
  readonly author: string
  readonly length: number
}

/** A report tells these forks and no other. */
export function expectForks(checks: readonly Check[], forks: readonly VectorFork[]): void {
  const found = checks.filter(({ name }) => name === 'forks')
  expect(found.map(({ outcome, where }) => [outcome, where])).toEqual(
    forks.length > 0 ? forks.map(({ log }) => ['found', log]) : [['passed', undefined]],
  )
  for (const [i, { author, length }] of forks.entries()) {
    expect(found[i]!.text).toContain(author)
    expect(found[i]!.text).toContain(`after ${length} entr`)
  }
}
