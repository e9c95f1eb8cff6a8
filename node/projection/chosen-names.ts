import { toHex } from '../../protocol/bytes.ts'
import { compareOrder, type OrderKey } from '../../protocol/ordering.ts'
import type { FoldingLog } from './folding-log.ts'

/** What each author of a room calls themselves, by identity: in the log of theirs that ends last. Spec: specs/room.md#folding. */
export function chosenNames(logs: Iterable<FoldingLog>): ReadonlyMap<string, string> {
  const last = new Map<string, { readonly name: string; readonly end: OrderKey }>()
  for (const { folded } of logs) {
    const { author, cursor, key } = folded
    if (!author) continue
    const identity = toHex(author.owner.identity)
    const end = { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 }
    const before = last.get(identity)
    if (!before || compareOrder(before.end, end) < 0) last.set(identity, { name: author.name, end })
  }
  return new Map([...last].map(([identity, { name }]) => [identity, name]))
}
