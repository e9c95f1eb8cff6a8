/** Whether one more may happen now. */
export type TokenBucket = () => boolean

/** Allow `burst` at once and `perSecond` in the long run. */
export function makeTokenBucket(burst: number, perSecond: number, now: () => number): TokenBucket {
  let tokens = burst
  let filled = now()

  return () => {
    const time = now()
    // A clock that was set back gives nothing and takes nothing.
    tokens = Math.min(burst, tokens + (Math.max(0, time - filled) / 1_000) * perSecond)
    filled = time
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
