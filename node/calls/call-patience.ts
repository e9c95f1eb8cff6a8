/** How often one device may do something that costs us work. */
export interface CallPatience {
  /** Count it for this device; false if there was too much of it lately. `time`: Unix ms. */
  allows(device: string, time: number): boolean
}

/** So many times within so many ms. */
export function makePatience({ times, within }: { readonly times: number; readonly within: number }): CallPatience {
  const done = new Map<string, readonly number[]>()
  return {
    allows(device, time) {
      const lately = (done.get(device) ?? []).filter((at) => at > time - within)
      if (lately.length >= times) return false
      done.set(device, [...lately, time])
      return true
    },
  }
}
