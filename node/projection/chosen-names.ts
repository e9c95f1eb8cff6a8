import { toHex } from '../../protocol/bytes.ts'
import { compareOrder, type OrderKey } from '../../protocol/ordering.ts'
import type { FoldingLog } from './folding-log.ts'

/** What each author of a room calls themselves, by identity: in the log of theirs that ends last, as `nameIn` says. Spec: specs/room.md#folding. */
export function chosenNames(
  logs: Iterable<FoldingLog>,
  nameIn: (log: FoldingLog) => string,
): ReadonlyMap<string, string> {
  const last = new Map<string, { readonly log: FoldingLog; readonly end: OrderKey }>()
  for (const log of logs) {
    const { author, cursor, key } = log.folded
    if (!author) continue
    const identity = toHex(author.owner.identity)
    const end = { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 }
    const before = last.get(identity)
    if (!before || compareOrder(before.end, end) < 0) last.set(identity, { log, end })
  }
  return new Map([...last].map(([identity, { log }]) => [identity, nameIn(log)]))
}
