import { toHex } from '../../protocol/bytes.ts'
import { compareOrder, type OrderKey } from '../../protocol/ordering.ts'
import type { FoldingLog } from './folding-log.ts'

/**
 * What each author of a room calls themselves, by identity: in the log of theirs that ends last, as `nameIn` says. Logs of devices that speak
 * for them come before others. `capOf`: how many entries of a log count; null: all. Spec: specs/room.md#folding.
 */
export function chosenNames(
  logs: Iterable<FoldingLog>,
  nameIn: (log: FoldingLog) => string,
  capOf: (log: FoldingLog) => number | null,
): ReadonlyMap<string, string> {
  const last = new Map<string, { readonly log: FoldingLog; readonly weight: number; readonly end: OrderKey }>()
  for (const log of logs) {
    const { author, cursor, key } = log.folded
    if (!author) continue
    const identity = toHex(author.owner.identity)
    const end = { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 }
    const weight = 2 - (capOf(log) === null ? 0 : capOf(log)! > 0 ? 1 : 2)
    const before = last.get(identity)
    const isLess = before && (before.weight - weight || compareOrder(before.end, end)) < 0
    if (!before || isLess) last.set(identity, { log, weight, end })
  }
  return new Map([...last].map(([identity, { log }]) => [identity, nameIn(log)]))
}
