/** For how long a count of packets has not grown. */
export interface Silence {
  /** Told how far a call's packets are counted; answers for how many ms they have stood there. `time`: Unix ms, so that sleep counts. */
  of(call: string, count: number, time: number): number
}

export function makeSilence(): Silence {
  let last = { call: '', count: 0, since: 0 }
  return {
    of(call, count, time) {
      if (last.call !== call || last.count !== count) last = { call, count, since: time }
      return time - last.since
    },
  }
}
