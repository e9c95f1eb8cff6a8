import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CallNote, decodeCallNote, encodeCallNote, reactionPictures } from '../../../protocol/call/note.ts'
import { type CborValue, encodeCbor } from '../../../protocol/encoding.ts'
import { anyCandidate } from './any-candidate.ts'

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
  fc.record({ type: fc.constant('candidates' as const), candidates: fc.array(anyCandidate, { maxLength: 8 }) }),
)
const fieldsOf = (note: CallNote): [number, ...CborValue[]] => {
  if (note.type === 'reaction') return [1, note.emoji]
  if (note.type === 'status') return [0, ...Object.values(note.status)]
  return [2, note.candidates.map(({ address, port, priority }) => [address, port, priority])]
}
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
      fc.property(anyCall, anyNote, fc.integer({ min: 3, max: 1_000 }), (call, note, kind) => {
        const [own, ...fields] = fieldsOf(note)
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

  test('is refused with more candidates than there may be, or one that may not be told', () => {
    const of = (candidates: CborValue) => encodeCbor([new Uint8Array(16), [2, candidates]])
    const good = ['10.0.0.7', 40_000, 2_122_260_223]
    expect(() => decodeCallNote(of(Array(9).fill(good)))).toThrow(hasCode('encoding/unexpected-type'))
    for (const bad of [
      ['127.0.0.1', 40_000, 2_122_260_223],
      ['10.0.0.7', 53, 2_122_260_223],
      ['10.0.0.7', 40_000, 16_777_215],
    ]) {
      expect(() => decodeCallNote(of([good, bad]))).toThrow(hasCode('call/field'))
    }
  })

  test('is refused by its size before anything of it is read', () => {
    expect(() => decodeCallNote(new Uint8Array(1_025))).toThrow(hasCode('encoding/too-large'))
  })
})
