import type { TestContext } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** What a test needs that is not here: it was not run, and `npm test` says so. */
    missing?: string
  }
}

/** Go on only if what the test needs is here. */
export function needs({ task, skip }: TestContext, what: string, isHere: boolean): void {
  if (isHere) return
  task.meta.missing = what
  skip(`needs ${what}`)
}
