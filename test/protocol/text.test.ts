import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent, encodeEvent } from '../../protocol/room/event.ts'
import { requireName, tidyName } from '../../protocol/room/text.ts'
import { codeOf } from '../support/vectors.ts'

const awkward = [...'\u200B\u200D\u0301\u00A0\u2028\u202E\uFEFF\u3000\t\n a é', 'A\u030A', '\u{E0041}', '😀', '\uD800']
const anyWords = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.array(fc.constantFrom(...awkward), { maxLength: 100 }).map((parts) => parts.join('')),
)

describe('a name made tidy', () => {
  test('stays as it is when it is made tidy again, and may be written unless nothing is left', () => {
    fc.assert(
      fc.property(anyWords, (words) => {
        const name = tidyName(words)
        expect(tidyName(name)).toBe(name)
        if (name === '') expect(codeOf(() => requireName(name))).toBe('room/text')
        else expect(requireName(name)).toBe(name)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is one line of at most 64 characters that hides nothing', () => {
    fc.assert(
      fc.property(anyWords, (words) => {
        const name = tidyName(words)
        expect(name).not.toMatch(/\p{Cc}|[\u2028\u2029\u202A-\u202E\u2066-\u2069\u200B-\u200F]| {2}|^ | $/u)
        expect([...name].length).toBeLessThanOrEqual(64)
        expect(name.normalize('NFC')).toBe(name)
      }),
    )
  })
})

test('a text comes back as it was written, but for a byte order mark at its start', () => {
  fc.assert(
    fc.property(anyWords, (text) => {
      fc.pre(text.trim() !== '')
      const event = decodeEvent('message-sent', 'message', encodeEvent({ type: 'message-sent', text }))
      expect(event).toEqual({ type: 'message-sent', text: text.replace(/^\uFEFF+/, '').toWellFormed() })
    }),
    { numRuns: 1_000 },
  )
})
