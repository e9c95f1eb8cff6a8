import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { isClosed } from '../../protocol/log/opened.ts'
import { compareOrder, orderText } from '../../protocol/ordering.ts'
import { emptyLog, type FoldedEntry, type FoldedLog, foldEntry } from '../../protocol/room/fold-log.ts'
import { anyHistory, anyHonestHistory, deliver, type History, type HistoryEntry } from '../support/history.ts'
import { remembering } from '../support/remembering.ts'

const primitives = remembering(sodiumPrimitives)

interface Folded {
  readonly logs: readonly FoldedLog[]
  /** By log and index. */
  readonly entries: ReadonlyMap<string, FoldedEntry>
}

const idOf = ({ log, index }: Pick<HistoryEntry, 'log' | 'index'>) => `${log}/${index}`

function fold({ conversation, writers }: History, delivered: readonly HistoryEntry[]): Folded {
  const logs = writers.map(({ key, owner }) => emptyLog(key, owner.generation))
  const depths = new Map<string, (number | null)[]>(writers.map(({ id }) => [id, []]))
  const depthAt = (id: string, length: number) => depths.get(id)?.[length - 1] ?? null
  const entries = new Map<string, FoldedEntry>()
  for (const each of delivered) {
    const { genesis } = conversation
    const step = foldEntry(logs[each.log]!, each.opened, { genesis, depthAt, isAdmitted: () => false, primitives })
    logs[each.log] = step.log
    depths.get(writers[each.log]!.id)!.push(step.entry.read === 'locked' ? null : step.entry.order.depth)
    entries.set(idOf(each), step.entry)
  }
  return { logs, entries }
}

/** What people see: every entry in order, with what it says and what is wrong with it. */
const shown = ({ entries }: Folded) =>
  [...entries.values()]
    .sort((a, b) => compareOrder(a.order, b.order))
    .map(({ order, time, event, flaws }) => ({ order, time, event, flaws: flaws.map(({ code }) => code) }))

const anyDelivery = fc.tuple(anyHistory, fc.array(fc.nat(), { maxLength: 24 }))

describe('entries that arrive in any order', () => {
  test('are folded to the same logs and the same order', () => {
    fc.assert(
      fc.property(anyDelivery, ([history, choices]) => {
        const one = fold(history, history.entries)
        const other = fold(history, deliver(history.entries, choices))
        expect(other.logs).toEqual(one.logs)
        expect(shown(other)).toEqual(shown(one))
      }),
      { numRuns: 500 },
    )
  }, 60_000)

  test('have one order, in which each comes after all that it follows', () => {
    fc.assert(
      fc.property(anyDelivery, ([history, choices]) => {
        const { entries } = fold(history, deliver(history.entries, choices))
        const order = [...entries].sort(([, a], [, b]) => compareOrder(a.order, b.order)).map(([id]) => id)
        for (const { log, index, cites } of history.entries) {
          const at = order.indexOf(idOf({ log, index }))
          const unreadable = entries.get(idOf({ log, index }))!.flaws.some(({ code }) => code === 'entry/sealed')
          const heard = unreadable ? [] : cites.map(({ log: of, length }) => idOf({ log: of, index: length - 1 }))
          const before = index > 0 ? [idOf({ log, index: index - 1 })] : []
          for (const each of [...heard, ...before]) expect(order.indexOf(each)).toBeLessThan(at)
        }
        const texts = [...entries.values()].map(({ order: key }) => orderText(key))
        expect(new Set(texts).size).toBe(entries.size)
        const byText = [...entries].sort(([, a], [, b]) => (orderText(a.order) < orderText(b.order) ? -1 : 1))
        expect(byText.map(([id]) => id)).toEqual(order)
      }),
      { numRuns: 500 },
    )
  })

  test('are never deeper than there are entries, whatever their authors claim', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const { order } of fold(history, history.entries).entries.values()) {
          expect(order.depth).toBeLessThanOrEqual(history.entries.length)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('an entry that there is no key for', () => {
  const anyLocked = fc.tuple(anyHonestHistory, fc.array(fc.nat(), { maxLength: 24 }), fc.array(fc.boolean()))

  test('is no flaw, and changes the place of no other', () => {
    fc.assert(
      fc.property(anyLocked, ([history, choices, locks]) => {
        const isLocked = (index: number, at: number) => index > 0 && locks[at] === true
        const entries = history.entries.map((entry, at) => {
          if (isLocked(entry.index, at) && !isClosed(entry.opened)) {
            return { ...entry, opened: { frame: entry.opened.frame, flaw: null } }
          }
          return entry
        })
        const whole = fold(history, history.entries).entries
        for (const [id, entry] of fold(history, deliver(entries, choices)).entries) {
          const at = history.entries.findIndex((each) => idOf(each) === id)
          const isRead = !isLocked(history.entries[at]!.index, at)
          expect(entry.flaws).toEqual([])
          expect(entry.read).toBe(isRead ? 'whole' : 'locked')
          if (isRead) expect(entry).toEqual(whole.get(id))
          else expect(entry.order.depth).toBeLessThanOrEqual(whole.get(id)!.order.depth)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a log', () => {
  test('has an author exactly if its first entry lets it in', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { logs, entries } = fold(history, history.entries)
        logs.forEach(({ author, key }, log) => {
          const first = entries.get(`${log}/0`)
          const lets = first?.event?.type === 'joined' || first?.event?.type === 'room-created'
          expect(author !== null).toBe(lets)
          if (author) expect(author.owner.identity).toEqual(history.writers[log]!.owner.identity)
          expect(key).toEqual(history.writers[log]!.key)
        })
      }),
    )
  })

  test('says nothing where an entry has a flaw, and goes on behind it', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { logs, entries } = fold(history, history.entries)
        logs.forEach(({ cursor }, log) => {
          expect(cursor.length).toBe(history.entries.filter((entry) => entry.log === log).length)
        })
        for (const entry of history.entries) {
          const { event, flaws } = entries.get(idOf(entry))!
          if (event === null) expect(flaws.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})
