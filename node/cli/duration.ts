import { usage } from './failure.ts'

const milliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** A span of time as people type it: 30m, 12h, 7d, 4w. In milliseconds. Throws `Failure`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text) ?? []
  if (!count || !unit) throw usage(`A span of time is written 30m, 12h, 7d or 4w, not “${text}”.`)
  return Number(count) * milliseconds[unit as keyof typeof milliseconds]
}
