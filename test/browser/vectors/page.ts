/// <reference types="vite/types/importMeta.d.ts" />
import { type Outcome, runAll } from './vitest.ts'

declare global {
  interface Window {
    outcome: Promise<Outcome>
  }
}

// All but those that need a disk or Python.
const files = import.meta.glob(['../../vectors/*.test.ts', '!**/coverage.test.ts', '!**/reference*.test.ts'], {
  eager: true,
})

if (Object.keys(files).length === 0) throw new Error('no tests of vectors are here')
window.outcome = runAll()
