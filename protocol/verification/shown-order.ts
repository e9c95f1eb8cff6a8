import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { ProtocolErrorCode } from '../errors.ts'
import type { Citation } from '../log/entry.ts'
import { type LogRoots, treeHash } from '../log/hypercore.ts'
import type { OrderKey } from '../ordering.ts'
import { entryId, type Findings } from './findings.ts'

/** The head of a log of which entries are shown. */
interface ShownHead {
  readonly length: number
  readonly roots: LogRoots | null
}

interface ShownEntry {
  readonly at: OrderKey
  readonly heads: readonly Citation[]
}

/** What some entries of a room claim of their order, as far as they can be held against each other. Spec: specs/excerpt.md#order. */
export class ShownOrder {
  readonly #heads: ReadonlyMap<string, ShownHead>
  readonly #entries = new Map<string, ShownEntry[]>()
  #links = 0

  constructor(heads: ReadonlyMap<string, ShownHead>) {
    this.#heads = heads
  }

  /** How many times an entry that is shown cites another that is shown. Known after `check`. */
  get links(): number {
    return this.#links
  }

  /** Take in the next shown entry of a log. */
  add(log: string, at: OrderKey, heads: readonly Citation[]): void {
    const entries = this.#entries.get(log)
    if (entries) entries.push({ at, heads })
    else this.#entries.set(log, [{ at, heads }])
  }

  /** Say where claims contradict each other, or a head that is here. */
  check(findings: Findings, primitives: Primitives): void {
    for (const entries of this.#entries.values()) {
      const cited = new Map<string, number>()
      for (const [i, entry] of entries.entries()) {
        const where = entryId(entry.at)
        for (const code of this.#flaws(entry, entries[i - 1], cited, primitives))
          findings.fail('causality', code, where)
      }
    }
  }

  #flaws(
    { at, heads }: ShownEntry,
    before: ShownEntry | undefined,
    cited: Map<string, number>,
    primitives: Primitives,
  ) {
    const flaws: ProtocolErrorCode[] = []
    // Each entry is deeper than the one before it in its log, also where that is not shown.
    let least = before ? before.at.depth + (at.index - before.at.index - 1) : at.index
    let previous: Uint8Array | null = null
    for (const { log, length, treeHash: hash } of heads) {
      const key = toHex(log)
      if (equalBytes(log, at.log)) {
        flaws.push('ordering/citation-self')
        continue
      }
      if (length <= (cited.get(key) ?? 0) || (previous && compareBytes(previous, log) >= 0))
        flaws.push('ordering/citation-order')
      else cited.set(key, length)
      previous = log
      const shown = this.#lastBefore(key, length)
      if (shown) {
        this.#links++
        least = Math.max(least, shown.at.depth + (length - 1 - shown.at.index))
      } else least = Math.max(least, length)
      const head = this.#heads.get(key)
      if (head?.roots && head.length === length && !equalBytes(treeHash(head.roots, primitives), hash)) {
        flaws.push('ordering/citation')
      }
    }
    if (at.depth <= least) flaws.push('ordering/depth')
    return flaws
  }

  /** The last entry shown of the first `length` ones of a log. */
  #lastBefore(log: string, length: number): ShownEntry | undefined {
    return this.#entries.get(log)?.findLast(({ at }) => at.index < length)
  }
}
