/** An entry is waited for as a length: that of its log once it is folded. */
export interface Awaited<Log> {
  readonly log: Log
  readonly length: number
}

interface Folding<Log> {
  /** What the next entry of each log waits for; asked once for each entry. May name what is folded already. */
  awaited(log: Log): Iterable<Awaited<Log>>
  /** Fold the next entry of a log. */
  fold(log: Log): void
}

/** The next entry of a line, as long as something that it cites was not folded. */
interface Waiting<Log> {
  readonly line: Line<Log>
  unmet: number
}

interface Line<Log> {
  readonly log: Log
  readonly length: number
  folded: number
  next: Waiting<Log> | null
  /** Who waits for this log to have a length. */
  readonly waiters: Map<number, Waiting<Log>[]>
}

/**
 * Fold every entry of some logs, none before those it waits for.
 *
 * Where logs wait for each other in a ring, the next entry of the first log that is left is folded, and all goes on. Each entry is
 * looked at once, and once more for each that it waits for, so the work grows with the entries and their citations alone.
 * Spec: specs/bundle.md#verifying.
 */
export function foldInCausalOrder<Log extends { readonly length: number }>(
  logs: readonly Log[],
  { awaited, fold }: Folding<Log>,
): void {
  const lines = logs.map((log): Line<Log> => ({ log, length: log.length, folded: 0, next: null, waiters: new Map() }))
  const lineOf = new Map(lines.map((line) => [line.log, line]))
  let ready = [...lines]

  const nextOf = (line: Line<Log>): Waiting<Log> => {
    const next: Waiting<Log> = { line, unmet: 0 }
    for (const { log, length } of awaited(line.log)) {
      const cited = lineOf.get(log)!
      if (length <= cited.folded) continue
      next.unmet++
      const waiters = cited.waiters.get(length)
      if (waiters) waiters.push(next)
      else cited.waiters.set(length, [next])
    }
    return next
  }
  const foldNext = (line: Line<Log>): void => {
    line.next = null
    fold(line.log)
    line.folded++
    for (const waiting of line.waiters.get(line.folded) ?? []) {
      waiting.unmet--
      // An entry of a ring that was folded all the same is waited with no longer.
      if (waiting.unmet === 0 && waiting.line.next === waiting) ready.push(waiting.line)
    }
    line.waiters.delete(line.folded)
  }

  let first = 0
  while (first < lines.length) {
    // Grows while it is gone through.
    for (const line of ready) {
      while (line.folded < line.length) {
        line.next ??= nextOf(line)
        if (line.next.unmet > 0) break
        foldNext(line)
      }
    }
    while (first < lines.length && lines[first]!.folded === lines[first]!.length) first++
    const left = lines[first]
    ready = left ? [left] : []
    if (left) foldNext(left)
  }
}
