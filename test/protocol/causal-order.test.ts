import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { compareBytes } from '../../protocol/bytes.ts'
import { advance, emptyCursor } from '../../protocol/ordering.ts'
import { encodeBundle } from '../../protocol/verification/bundle.ts'
import { type Awaited, foldInCausalOrder } from '../../protocol/verification/causal-order.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { Conversation, makePerson, seedOf } from '../support/conversation.ts'

interface Cites {
  readonly log: number
  readonly length: number
}

/** For each log, and each of its entries, what it waits for. */
type Logs = readonly (readonly (readonly Cites[])[])[]

/** Every entry in the order in which it was folded, with which of those it waits for had been. */
type Folded = readonly { readonly id: string; readonly met: readonly boolean[] }[]

/** As the document says it: round by round, over all logs. */
function slowFold(logs: Logs): Folded {
  const folded: { id: string; met: boolean[] }[] = []
  const lengths = logs.map(() => 0)
  const metOf = (log: number) => logs[log]![lengths[log]!]!.map((cited) => cited.length <= lengths[cited.log]!)
  let forced = false
  while (lengths.some((length, log) => length < logs[log]!.length)) {
    const before = folded.length
    for (const log of logs.keys()) {
      while (lengths[log]! < logs[log]!.length) {
        const met = metOf(log)
        if (!forced && met.includes(false)) break
        forced = false
        folded.push({ id: `${log}/${lengths[log]!++}`, met })
      }
    }
    forced = folded.length === before
  }
  return folded
}

function fastFold(logs: Logs, looked: { citations: number; entries: number }): Folded {
  const folded: { id: string; met: boolean[] }[] = []
  const lengths = logs.map(() => 0)
  const lines = logs.map((entries, log) => ({ log, length: entries.length }))
  const next = (log: number) => logs[log]![lengths[log]!]!
  const counted = ({ log, length }: Cites): Awaited<(typeof lines)[number]> => ({
    log: lines[log]!,
    get length() {
      looked.citations++
      return length
    },
  })
  foldInCausalOrder(lines, {
    awaited({ log }) {
      looked.entries++
      return next(log).map(counted)
    },
    fold({ log }) {
      const met = next(log).map((cited) => cited.length <= lengths[cited.log]!)
      folded.push({ id: `${log}/${lengths[log]!++}`, met })
    },
  })
  return folded
}

const byId = (folded: Folded) => [...folded].sort((a, b) => (a.id < b.id ? -1 : 1))

describe('causal order', () => {
  test('is that of rounds over all logs, rings of logs that wait for each other included', () => {
    const anyLogs = fc
      .array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 5 })
      .chain((lengths) =>
        fc.tuple(
          ...lengths.map((length) =>
            fc.array(
              fc.array(fc.record({ log: fc.nat({ max: lengths.length - 1 }), length: fc.nat({ max: 4 }) }), {
                maxLength: 3,
              }),
              { minLength: length, maxLength: length },
            ),
          ),
        ),
      )
      .map((logs): Logs => {
        const isThere = ({ log, length }: Cites) => length <= logs[log]!.length
        return logs.map((entries) => entries.map((cites) => cites.filter(isThere)))
      })
    fc.assert(
      fc.property(anyLogs, (logs) => {
        expect(byId(fastFold(logs, { citations: 0, entries: 0 }))).toEqual(byId(slowFold(logs)))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    [
      'each of which cites the one behind it',
      (log: number, all: number) => (log + 1 < all ? [{ log: log + 1, length: 2 }] : []),
    ],
    ['in a ring', (log: number, all: number) => [{ log: (log + 1) % all, length: 2 }]],
    [
      'all of which wait for the last',
      (log: number, all: number) => (log + 1 < all ? [{ log: all - 1, length: 2 }] : []),
    ],
  ])('looks at each entry and each citation a fixed number of times, in logs %s', (_, cites) => {
    const work = (all: number) => {
      const looked = { citations: 0, entries: 0 }
      const folded = fastFold(
        Array.from({ length: all }, (_each, log) => [cites(log, all), []]),
        looked,
      )
      expect(folded).toHaveLength(2 * all)
      expect(looked.entries).toBe(2 * all)
      return looked.citations
    }
    expect(work(100)).toBeLessThanOrEqual(200)
    expect(work(10_000)).toBeLessThanOrEqual(20_000)
  })
})

/** A map that counts what is read from it and written to it, copies included. */
class CountingMap extends Map<string, number> {
  touched = 0
  override get(key: string) {
    this.touched++
    return super.get(key)
  }
  override set(key: string, value: number) {
    this.touched++
    return super.set(key, value)
  }
  override *[Symbol.iterator](): MapIterator<[string, number]> {
    for (const each of super.entries()) {
      this.touched++
      yield each
    }
  }
}

describe('the cursor of a log', () => {
  const own = seedOf('own log')
  const treeHash = new Uint8Array(32)
  const logs = Array.from({ length: 64 * 200 }, (_, i) => seedOf(`log ${i}`)).sort(compareBytes)

  test('takes the same work for each citation, however many logs were cited before', () => {
    const cited = new CountingMap()
    let cursor: ReturnType<typeof emptyCursor> = { ...emptyCursor(), cited }
    for (let entry = 0; entry < 200; entry++) {
      const heads = logs.slice(64 * entry, 64 * (entry + 1)).map((log) => ({ log, length: 1, treeHash }))
      const step = advance(cursor, own, { depth: entry + 1, time: 0, heads }, () => null)
      expect(step.flaws).toEqual([])
      cursor = step.cursor
    }
    expect(cursor.cited).toBe(cited)
    expect(cited.size).toBe(logs.length)
    expect(cited.touched).toBeLessThanOrEqual(2 * logs.length)
  })

  test('keeps no citation that has a flaw', () => {
    const [first, second] = logs as [Uint8Array, Uint8Array]
    const heads = [second, first, own].map((log) => ({ log, length: 1, treeHash }))
    heads.push({ log: logs[2]!, length: 0, treeHash })
    const { cursor, flaws } = advance(emptyCursor(), own, { depth: 1, time: 0, heads }, () => null)
    expect(flaws.map(({ code }) => code)).toEqual([
      'ordering/citation-order',
      'ordering/citation-self',
      'ordering/citation-order',
    ])
    expect(cursor.cited.size).toBe(1)
  })
})

test('a report tells twenty failures of a check, and counts the rest', () => {
  const ada = makePerson('Ada')
  const room = new Conversation(ada)
  const writer = room.writer(ada).createRoom('Kitchen')
  for (let i = 0; i < 30; i++) writer.write({ type: 'message-sent', text: 'Hm.' }, [], { depth: 500 })
  const { report } = verifyBundle(encodeBundle(room.bundle(ada), ada.deviceSeed, primitives), { primitives })
  const told = report.checks.filter(({ name }) => name === 'causality')
  expect(told).toHaveLength(21)
  expect(told.at(-1)).toEqual({ name: 'causality', outcome: 'failed', code: 'ordering/depth', text: 'and 10 more' })
})
