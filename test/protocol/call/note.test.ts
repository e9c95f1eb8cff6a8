import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CallNote, decodeCallNote, encodeCallNote, reactionPictures } from '../../../protocol/call/note.ts'
import { encodeCbor } from '../../../protocol/encoding.ts'

const anyCall = fc.uint8Array({ minLength: 16, maxLength: 16 })
const anyNote: fc.Arbitrary<CallNote> = fc.oneof(
  fc.record({
    type: fc.constant('status' as const),
    status: fc.record({
      muted: fc.boolean(),
      cameraOff: fc.boolean(),
      sharing: fc.boolean(),
      hand: fc.integer({ min: 0, max: 65_535 }),
    }),
  }),
  fc.record({ type: fc.constant('reaction' as const), emoji: fc.nat(reactionPictures.length - 1) }),
)
const hasCode = (code: string) => expect.objectContaining({ code })

describe('a note of a call', () => {
  test('is the same after a trip through bytes', () => {
    fc.assert(
      fc.property(anyCall, anyNote, (call, note) => {
        expect(decodeCallNote(encodeCallNote({ call, note }))).toEqual({ call, note })
      }),
    )
  })

  test('is refused with a field more or less, and with every other number for its kind', () => {
    fc.assert(
      fc.property(anyCall, anyNote, fc.integer({ min: 2, max: 1_000 }), (call, note, kind) => {
        const fields = note.type === 'reaction' ? [note.emoji] : Object.values(note.status)
        const own = note.type === 'reaction' ? 1 : 0
        for (const wrong of [
          [own, ...fields, 0],
          [own, ...fields.slice(1)],
          [kind, ...fields],
        ]) {
          expect(() => decodeCallNote(encodeCbor([call, wrong]))).toThrow(hasCode('encoding/unexpected-type'))
        }
      }),
    )
  })

  test('is refused by its size before anything of it is read', () => {
    expect(() => decodeCallNote(new Uint8Array(1_025))).toThrow(hasCode('encoding/too-large'))
  })
})
