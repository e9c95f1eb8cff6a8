/** Milliseconds of a clock that all processes of this machine share. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** How long work takes, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const began = sharedMs()
  await work()
  return sharedMs() - began
}

/** What this process has used so far. */
export interface Usage {
  /** Milliseconds of processor time, over all threads. */
  readonly cpuMs: number
  /** The most memory it ever held, in MiB. */
  readonly rssMiB: number
}

export function usage(): Usage {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return { cpuMs: (userCPUTime + systemCPUTime) / 1_000, rssMiB: maxRSS / 1_024 }
}
