import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 60_000
const pauseMs = 25

/** Wait until `look` answers something, and answer that. What it throws last is why the wait fails. */
export async function until<T>(look: () => T | Promise<T>, what = 'what was waited for'): Promise<NonNullable<T>> {
  const deadline = performance.now() + patienceMs
  let reason: unknown = null
  while (performance.now() < deadline) {
    try {
      const found = await look()
      if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>
      reason = null
    } catch (error) {
      reason = error
    }
    await sleep(pauseMs)
  }
  throw new Error(`${what} did not come about`, { cause: reason })
}
