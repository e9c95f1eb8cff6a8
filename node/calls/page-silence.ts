/** Whether the page of a call is still there, by what its browser sends. */
export interface PageSilence {
  /** Told how many packets a call's browser has sent so far; answers whether there were none for too long. `time`: Unix ms. */
  isTooLong(call: string, sent: number, time: number): boolean
  /** The page has said something of this call: over a direct path its packets do not come by here. */
  hear(call: string, time: number): void
}

/** A browser in a call makes an ICE check every few seconds, also when muted: silence means that the page is gone. */
const mostMs = 30_000
/** Where no look was taken for so long, the node itself was asleep, and the page may have been so too. */
const sleepMs = 5_000

export function makePageSilence(): PageSilence {
  let last = { call: '', sent: 0, heardAt: 0, lookedAt: 0 }
  return {
    isTooLong(call, sent, time) {
      const isNew = last.call !== call || last.sent !== sent || time - last.lookedAt > sleepMs
      last = isNew ? { call, sent, heardAt: time, lookedAt: time } : { ...last, lookedAt: time }
      return time - last.heardAt >= mostMs
    },
    hear(call, time) {
      if (last.call === call) last = { ...last, heardAt: time }
    },
  }
}
