import { compareBytes, equalBytes, toHex } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import type { EntryHeader } from './log/entry.ts'

/** Where an entry stands among all entries of its room. Depends on nothing but the entries. Spec: specs/ordering.md. */
export interface OrderKey {
  readonly depth: number
  /** The author's time, never before the author's previous entry. */
  readonly time: number
  readonly log: Uint8Array
  readonly index: number
}

export function compareOrder(a: OrderKey, b: OrderKey): number {
  return a.depth - b.depth || a.time - b.time || compareBytes(a.log, b.log) || a.index - b.index
}

/** An order key as text that sorts the same way: fixed-width hex. */
export function orderText({ depth, time, log, index }: OrderKey): string {
  const number = (value: number) => value.toString(16).padStart(14, '0')
  return number(depth) + number(time) + toHex(log) + number(index)
}

/** What the entries of one log so far say about the next one. */
export interface LogCursor {
  readonly length: number
  readonly depth: number
  readonly time: number
  /** Whether the depth is only the least that there can be: there is no key here for the last entry that could say it. */
  readonly atLeast: boolean
  /** The greatest length cited of each other log, by key in hex. `advance` writes into it: a copy for each entry would cost the square. */
  readonly cited: Map<string, number>
}

/** The cursor of a log without an entry. */
export const emptyCursor = (): LogCursor => ({ length: 0, depth: 0, time: 0, atLeast: false, cited: new Map() })

/** How much deeper than all that is known of its parents an entry may be, where one of them is missing. */
const mostBeyond = 2 ** 20

/** One entry further: the cursor behind it, and what is wrong with what its author claimed. */
export interface Step {
  readonly cursor: LogCursor
  readonly flaws: readonly ProtocolError[]
}

/**
 * The cursor after one more entry. The one that is passed in may not be used again: both have the same `cited`.
 *
 * `depthAt` answers the depth of entry `length - 1` of a cited log, or null where the reader does not have it. A depth that can be
 * computed is computed: the author's claim is only compared with it. Flaws are `ordering/…`.
 */
export function advance(
  cursor: LogCursor,
  log: Uint8Array,
  { depth, time, heads }: Pick<EntryHeader, 'depth' | 'time' | 'heads'>,
  depthAt: (log: string, length: number) => number | null,
): Step {
  const flaws: ProtocolError[] = []
  const { cited } = cursor
  let least = cursor.depth
  let complete = !cursor.atLeast
  let previous: Uint8Array | null = null
  for (const head of heads) {
    const key = toHex(head.log)
    if (equalBytes(head.log, log)) {
      flaws.push(new ProtocolError('ordering/citation-self'))
      continue
    }
    const back = head.length <= (cited.get(key) ?? 0)
    if (back || (previous && compareBytes(previous, head.log) >= 0)) {
      flaws.push(new ProtocolError('ordering/citation-order'))
    } else {
      cited.set(key, head.length)
    }
    // The first 0 blocks are nobody's entry: no depth can be missing there, or a claim would pass unchecked.
    const parent = head.length === 0 ? 0 : depthAt(key, head.length)
    if (parent === null) complete = false
    else least = Math.max(least, parent)
    previous = head.log
  }
  const right = complete ? depth === least + 1 : depth > least && depth <= least + mostBeyond
  if (!right) flaws.push(new ProtocolError('ordering/depth', `${depth}, but what it cites has ${least}`))
  return {
    cursor: {
      length: cursor.length + 1,
      depth: right ? depth : least + 1,
      time: Math.max(time, cursor.time),
      atLeast: false,
      cited,
    },
    flaws,
  }
}

/** The cursor after an entry that cannot be read: it keeps its place, and says nothing. */
export function skip(cursor: LogCursor): LogCursor {
  return { ...cursor, length: cursor.length + 1, depth: cursor.depth + 1 }
}

/** The cursor after an entry that there is no key for here: others may know that it is deeper. */
export function skipLocked(cursor: LogCursor): LogCursor {
  return { ...skip(cursor), atLeast: true }
}
