import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyTimelineView, keepNewest, prependPage, type Timeline } from '../../web/state/timeline.ts'
import { firstUnread, rowsOf } from '../../web/state/timeline-rows.ts'
import { messageAt } from './items.ts'

const empty: Timeline = { items: [], older: false }
const idsOf = ({ items }: Timeline) => items.map(({ index }) => index)

describe('a timeline', () => {
  test('is in order, however its items arrive', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(20).keys()]), (arrivals) => {
        const timeline = arrivals.reduce<Timeline>(
          (before, n) => applyTimelineView(before, { reset: false, items: [messageAt(n)], older: false }),
          empty,
        )
        expect(idsOf(timeline)).toEqual([...arrivals].sort((a, b) => a - b))
      }),
    )
  })

  test('shows an item once, in its newest form', () => {
    const first = applyTimelineView(undefined, { reset: true, items: [messageAt(1), messageAt(2)], older: false })
    const again = applyTimelineView(first, { reset: false, items: [messageAt(1, { flaw: 'forged' })], older: false })
    expect(again.items.map(({ flaw }) => flaw)).toEqual(['forged', null])
  })

  test('moves an item whose order has changed', () => {
    const first = applyTimelineView(undefined, { reset: true, items: [messageAt(1), messageAt(2)], older: false })
    const moved = applyTimelineView(first, { reset: false, items: [messageAt(1, { order: '000003' })], older: false })
    expect(idsOf(moved)).toEqual([2, 1])
  })

  test('forgets everything at a reset', () => {
    const first = applyTimelineView(undefined, { reset: true, items: [messageAt(1)], older: true })
    expect(applyTimelineView(first, { reset: true, items: [messageAt(9)], older: false })).toEqual({
      items: [messageAt(9)],
      older: false,
    })
  })

  test('remembers that there is more before it when news arrive', () => {
    const first = applyTimelineView(undefined, { reset: true, items: [messageAt(5)], older: true })
    expect(applyTimelineView(first, { reset: false, items: [messageAt(6)], older: false }).older).toBe(true)
  })

  test('grows in front by a page, and what the live view said stays', () => {
    const live = applyTimelineView(undefined, { reset: true, items: [messageAt(5, { late: true })], older: true })
    const grown = prependPage(live, { items: [messageAt(3), messageAt(4), messageAt(5)], older: false })
    expect(idsOf(grown)).toEqual([3, 4, 5])
    expect(grown.items[2]?.late).toBe(true)
    expect(grown.older).toBe(false)
  })

  test('can let go of a long past', () => {
    const long: Timeline = { items: [1, 2, 3].map((n) => messageAt(n)), older: false }
    expect(keepNewest(long, 2)).toEqual({ items: [messageAt(2), messageAt(3)], older: true })
    expect(keepNewest(long, 3)).toBe(long)
  })
})

describe('the rows of a timeline', () => {
  const typesOf = (...args: Parameters<typeof rowsOf>) => rowsOf(...args).map(({ type }) => type)

  test('begin each day with its name', () => {
    expect(typesOf([messageAt(1), messageAt(2), messageAt(3, { minutes: 24 * 60 })], null)).toEqual([
      'day',
      'message',
      'message',
      'day',
      'message',
    ])
  })

  test('group what one author says within five minutes', () => {
    const rows = rowsOf([messageAt(1), messageAt(2, { minutes: 5 }), messageAt(3, { minutes: 11 })], null)
    const groups = rows.flatMap((row) => (row.type === 'message' ? [[row.first, row.last]] : []))
    expect(groups).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ])
  })

  test('never group two authors, even if they share a name', () => {
    const rows = rowsOf([messageAt(1), messageAt(2, { author: 'bb'.repeat(32) })], null)
    expect(rows.map((row) => row.type === 'message' && row.first)).toEqual([false, true, true])
  })

  test('mark where the unread ones begin', () => {
    const items = [messageAt(1), messageAt(2, { self: true }), messageAt(3)]
    expect(firstUnread(items, 1)).toBe(items[2]?.id)
    expect(firstUnread(items, 0)).toBeNull()
    expect(typesOf(items, firstUnread(items, 1))).toEqual(['day', 'message', 'message', 'new', 'message'])
  })

  test('have keys of their own', () => {
    const keys = rowsOf(
      [...Array(30).keys()].map((n) => messageAt(n, { minutes: n * 700 })),
      null,
    ).map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
