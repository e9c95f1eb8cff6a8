/** How often one device may ring: each call that is refused makes us write an entry. */
export interface CallPatience {
  /** Count an offer of this device; false if there were too many lately. `time`: Unix ms. */
  allows(device: string, time: number): boolean
}

const mostOffers = 10
const windowMs = 60_000

export function makePatience(): CallPatience {
  const offers = new Map<string, readonly number[]>()
  return {
    allows(device, time) {
      const lately = (offers.get(device) ?? []).filter((at) => at > time - windowMs)
      if (lately.length >= mostOffers) return false
      offers.set(device, [...lately, time])
      return true
    },
  }
}
