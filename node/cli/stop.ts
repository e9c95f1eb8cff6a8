import closeWithGrace from 'close-with-grace'
import { failureFrom } from './failure.ts'
import type { Output } from './output.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Close what runs when the person or the system asks for it, then end the process. A second Ctrl-C does not wait. */
export function closeWhenStopped(close: () => Promise<void>, output: Output): void {
  const grace = closeWithGrace({ delay: 15_000, logger: false, skip: [...signals] }, async ({ err }) => {
    if (err) output.failure(failureFrom(err))
    await close()
  })
  let asked = 0
  for (const signal of signals) {
    process.on(signal, () => {
      const now = performance.now()
      if (asked === 0) {
        asked = now
        grace.close()
      } else if (now - asked > 1_000) {
        // Not earlier: one Ctrl-C under npm arrives twice, from the terminal and from npm.
        process.exit(1)
      }
    })
  }
}
