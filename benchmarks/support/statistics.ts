/** The value below which this share of all values lies; `share` from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The middle one of several measurements, by one of their numbers. */
export function medianBy<T>(all: readonly T[], key: (one: T) => number): T {
  return [...all].sort((a, b) => key(a) - key(b))[Math.ceil(all.length / 2) - 1]!
}
