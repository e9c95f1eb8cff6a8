import { describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import {
  advance,
  compareOrder,
  type LogCursor,
  type OrderKey,
  orderText,
  skip,
  skipLocked,
} from '../../protocol/ordering.ts'
import { casesOf, inHex } from '../support/vectors.ts'

type Cursor = Omit<LogCursor, 'cited'> & { readonly cited: Readonly<Record<string, number>> }

interface Given {
  readonly cursor: Cursor
  /** None where the entry was not opened. */
  readonly log?: string
  /** Whether that was for want of a key. */
  readonly locked?: boolean
  readonly depths: Readonly<Record<string, readonly number[]>>
  readonly entry: {
    readonly time: number
    readonly depth: number
    readonly heads: readonly { readonly log: string; readonly length: number; readonly treeHash: string }[]
  }
}

const cursorOf = (cursor: Cursor): LogCursor => ({ ...cursor, cited: new Map(Object.entries(cursor.cited)) })
const shown = (cursor: LogCursor): Cursor => ({ ...cursor, cited: Object.fromEntries(cursor.cited) })

function step({ cursor, log, locked, depths, entry }: Given) {
  if (log === undefined) return { cursor: (locked ? skipLocked : skip)(cursorOf(cursor)), flaws: [] }
  const heads = entry.heads.map((head) => ({
    log: fromHex(head.log),
    length: head.length,
    treeHash: fromHex(head.treeHash),
  }))
  const depthAt = (key: string, length: number) => depths[key]?.[length - 1] ?? null
  return advance(cursorOf(cursor), fromHex(log), { ...entry, heads }, depthAt)
}

describe('the cursor of a log', () => {
  for (const { id, title, input, expect: wanted, steps, error } of casesOf<
    Given,
    { cursor: Cursor },
    { cursor: Cursor }
  >('ordering', 'verifying')) {
    test(`${id}: ${title}`, () => {
      const { cursor, flaws } = step(input)
      expect(flaws.map(({ code }) => code)).toEqual(error ? [error] : [])
      expect(shown(cursor)).toEqual((error ? steps : wanted).cursor)
    })
  }
})

describe('the order of entries', () => {
  type Keys = { readonly entries: readonly (Omit<OrderKey, 'log'> & { readonly log: string })[] }
  for (const { id, title, input, expect: wanted } of casesOf<Keys, Keys>('ordering', 'format')) {
    test(`${id}: ${title}`, () => {
      const keys = input.entries.map((key) => ({ ...key, log: fromHex(key.log) }))
      expect([...keys].sort(compareOrder).map(inHex)).toEqual(wanted.entries)
      const byText = [...keys].sort((a, b) => (orderText(a) < orderText(b) ? -1 : 1))
      expect(byText.map(inHex)).toEqual(wanted.entries)
    })
  }
})
