import { describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import { callEmoji } from '../../protocol/call/emoji.ts'
import { casesOf, everyPrimitives } from '../support/vectors.ts'

interface Talk {
  readonly call: string
  readonly own: string
  readonly other: string
}

const cases = casesOf<Talk, { words: string[] }>('call', 'emoji')

describe.each(everyPrimitives)('the emoji of a call, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted } of cases) {
    test(`${id}: ${title}`, () => {
      const talk = { call: fromHex(input.call), own: fromHex(input.own), other: fromHex(input.other) }
      expect(callEmoji(talk, primitives).map(({ word }) => word)).toEqual(wanted.words)
    })
  }
})
