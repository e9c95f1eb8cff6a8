import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

type Run = () => unknown

const tests: { readonly title: string; readonly run: Run }[] = []
const around: string[] = []

/** As much of Vitest as the tests of the vectors need. What is missing here fails the build of the page, or the test. */
export const expect = chai.expect

export function describe(title: string, body: Run): void {
  around.push(title)
  body()
  around.pop()
}

describe.each =
  (rows: readonly unknown[]) =>
  (title: string, body: (...row: unknown[]) => unknown): void => {
    for (const each of rows) {
      const row: readonly unknown[] = Array.isArray(each) ? each : [each]
      describe(title.replace('%s', String(row[0])), () => body(...row))
    }
  }

export function test(title: string, run: Run): void {
  tests.push({ title: [...around, title].join(' › '), run })
}

export interface Outcome {
  readonly run: number
  /** Title and reason. */
  readonly failed: readonly string[]
}

export async function runAll(): Promise<Outcome> {
  const failed: string[] = []
  for (const { title, run } of tests) {
    try {
      await run()
    } catch (error) {
      failed.push(`${title}: ${(error as Error).message}`)
    }
  }
  return { run: tests.length, failed }
}
