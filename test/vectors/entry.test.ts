import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  type EntryClass,
  type EntryHeader,
  entryKeys,
  frameBytes,
  openEntry,
  readFrame,
  sealEntry,
} from '../../protocol/log/entry.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

interface Place {
  readonly room: string
  readonly log: string
  readonly index: number
}

interface Written extends Place {
  readonly classKey: string
  readonly salt: string
  readonly class: EntryClass
  readonly header: Omit<EntryHeader, 'heads'> & { heads: { log: string; length: number; treeHash: string }[] }
  readonly body: string
}

interface Steps {
  readonly headerKey: string
  readonly bodyKey: string
  readonly commitment: string
  readonly frame: string
  readonly sealedHeader: string
}

const placeOf = ({ room, log, index }: Place) => ({ room: fromHex(room), log: fromHex(log), index })

function headerOf({ kind, time, depth, heads }: Written['header']): EntryHeader {
  const cited = heads.map(({ log, length, treeHash }) => ({ log: fromHex(log), length, treeHash: fromHex(treeHash) }))
  return { kind, time, depth, heads: cited }
}

describe.each(everyPrimitives)('an entry, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of casesOf<Written, { block: string }, Steps>(
    'entry',
    'format',
  )) {
    test(`${id}: ${title}`, () => {
      const place = placeOf(input)
      const [classKey, salt, body] = [fromHex(input.classKey), fromHex(input.salt), fromHex(input.body)]
      const keys = entryKeys(classKey, place, salt, primitives)
      expect(inHex(keys)).toEqual({ header: steps.headerKey, body: steps.bodyKey })

      const entry = { class: input.class, header: headerOf(input.header), body }
      const block = sealEntry(place, entry, { classKey, salt }, primitives)
      expect(toHex(block.subarray(0, frameBytes))).toBe(steps.frame)
      expect(toHex(readFrame(block).commitment)).toBe(steps.commitment)
      expect(readFrame(block).headerLength).toBe(steps.sealedHeader.length / 2)
      expect(toHex(block)).toBe(wanted.block)

      const { header, body: opened } = openEntry(block, place, keys, primitives)
      expect(inHex(header)).toEqual(input.header)
      expect(toHex(opened)).toBe(input.body)
    })
  }

  const refused = casesOf<Place & { keys: [string, string]; block: string; length?: number }, never>(
    'entry',
    'verifying',
  )
  for (const { id, title, input, error } of refused) {
    test(`${id}: ${title}`, () => {
      const block = input.length === undefined ? fromHex(input.block) : new Uint8Array(input.length)
      const [header, body] = input.keys.map(fromHex)
      expect(codeOf(() => openEntry(block, placeOf(input), { header: header!, body: body! }, primitives))).toBe(error)
    })
  }
})
