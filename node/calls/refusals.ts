/**
 * Why something about calls was refused: what others wrote into their logs, what a page described, what came to a tunnel from this
 * computer, and what came from other nodes. Nothing is kept of whom it came from.
 */
export const refusalReasons = [
  /** Seen before. */
  'offer-replayed',
  /** Names what was given on a connection that is over. */
  'offer-expired',
  /** By a device that is not connected. */
  'offer-absent',
  /** More than one device may ring, or than are opened at once. */
  'offer-flood',
  /** Does not open, is not what it says outside, or breaks a rule inside. */
  'offer-unreadable',
  /** By a device that was not called, or to another offer. */
  'answer-foreign',
  'answer-unreadable',
  /** An SDP of the own page that says what none may. */
  'description',
  /** The connection has shown another certificate than the one that was signed. */
  'certificate',
  /** Not from this computer. */
  'packet-foreign',
  /** From a program here that does not know the call's password. */
  'packet-stranger',
  'packet-oversized',
  /** From a device that is in no call with us, or of another call. */
  'frame-foreign',
  'frame-oversized',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** What was refused since this node was started, counted. */
export interface Refusals {
  count(reason: RefusalReason): void
  /** Only what there was, in the order of `refusalReasons`. */
  counts(): readonly { readonly reason: RefusalReason; readonly times: number }[]
}

export function makeRefusals(): Refusals {
  const counted = new Map<RefusalReason, number>()
  return {
    count(reason) {
      counted.set(reason, (counted.get(reason) ?? 0) + 1)
    },
    counts: () =>
      refusalReasons.flatMap((reason) => {
        const times = counted.get(reason)
        return times ? [{ reason, times }] : []
      }),
  }
}
