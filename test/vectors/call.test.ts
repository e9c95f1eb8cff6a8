import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { callEmoji } from '../../protocol/call/emoji.ts'
import { type CallNote, decodeCallNote, encodeCallNote } from '../../protocol/call/note.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

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

type Fields =
  | readonly [0, boolean, boolean, boolean, number]
  | readonly [1, number]
  | readonly [2, readonly (readonly [string, number, number])[]]

function noteOf(fields: Fields): CallNote {
  if (fields[0] === 1) return { type: 'reaction', emoji: fields[1] }
  if (fields[0] === 2) {
    const candidates = fields[1].map(([address, port, priority]) => ({ address, port, priority }))
    return { type: 'candidates', candidates }
  }
  const [, muted, cameraOff, sharing, hand] = fields
  return { type: 'status', status: { muted, cameraOff, sharing, hand } }
}

describe('the notes of a call', () => {
  for (const { id, title, input, expect: wanted, error } of casesOf<
    { call: string; note: Fields; bytes: string },
    { bytes: string }
  >('call', 'notes')) {
    test(`${id}: ${title}`, () => {
      if (error) {
        expect(codeOf(() => decodeCallNote(fromHex(input.bytes)))).toBe(error)
        return
      }
      const [call, note] = [fromHex(input.call), noteOf(input.note)]
      expect(toHex(encodeCallNote({ call, note }))).toBe(wanted.bytes)
      expect(decodeCallNote(fromHex(wanted.bytes))).toEqual({ call, note })
    })
  }
})
