import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CallAnswer,
  type CallOffer,
  decodeAnswer,
  decodeOffer,
  encodeAnswer,
  encodeOffer,
  offerHash,
  requireBetween,
  sealContext,
} from '../../../protocol/call/signal.ts'
import { noblePrimitives } from '../../../protocol/crypto/noble.ts'
import { anyDescription } from './any-description.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyParty = fc.record({ identity: bytes(32), device: bytes(32) })
const between = { call: bytes(16), caller: anyParty, callee: anyParty }
const anyOffer: fc.Arbitrary<CallOffer> = fc.record({
  ...between,
  description: anyDescription.map((description) => ({ ...description, setup: 'actpass' as const })),
})
const anyAnswer: fc.Arbitrary<CallAnswer> = fc.record({
  ...between,
  description: anyDescription.map((description) => ({ ...description, setup: 'active' as const })),
  offer: bytes(32),
})
const hasCode = (code: string) => expect.objectContaining({ code })

describe('an offer and an answer', () => {
  test('are the same after a trip through bytes', () => {
    fc.assert(
      fc.property(anyOffer, (offer) => void expect(decodeOffer(encodeOffer(offer))).toEqual(offer)),
      { numRuns: 40 },
    )
    fc.assert(
      fc.property(anyAnswer, (answer) => void expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer)),
      {
        numRuns: 40,
      },
    )
  })

  test('are never taken for each other', () => {
    fc.assert(
      fc.property(anyOffer, anyAnswer, (offer, answer) => {
        expect(() => decodeAnswer(encodeOffer(offer))).toThrow()
        expect(() => decodeOffer(encodeAnswer(answer))).toThrow()
        expect(() => encodeOffer({ ...offer, description: answer.description })).toThrow(hasCode('call/role'))
        expect(() => encodeAnswer({ ...answer, description: offer.description })).toThrow(hasCode('call/role'))
      }),
      { numRuns: 40 },
    )
  })

  test('belong to one call between two devices', () => {
    fc.assert(
      fc.property(anyOffer, anyOffer, (offer, other) => {
        requireBetween(offer, offer)
        for (const change of [{ call: other.call }, { caller: other.caller }, { callee: other.callee }]) {
          expect(() => requireBetween({ ...offer, ...change }, offer)).toThrow(hasCode('call/signal'))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('have another name once anything in them changes', () => {
    fc.assert(
      fc.property(anyOffer, bytes(32), (offer, fingerprint) => {
        const changed = { ...offer, description: { ...offer.description, fingerprint } }
        expect(offerHash(encodeOffer(offer), noblePrimitives)).toHaveLength(32)
        expect(offerHash(encodeOffer(changed), noblePrimitives)).not.toEqual(
          offerHash(encodeOffer(offer), noblePrimitives),
        )
      }),
      { numRuns: 40 },
    )
  })
})

test('a sealed signal is bound to its room, call, author, recipient, and to what it answers', () => {
  const context = {
    type: 'offer',
    room: new Uint8Array(32).fill(1),
    call: new Uint8Array(16).fill(2),
    from: new Uint8Array(32).fill(3),
    to: new Uint8Array(32).fill(4),
    answers: new Uint8Array(16).fill(5),
  } as const
  const { aad } = sealContext(context)
  for (const field of ['room', 'call', 'from', 'to', 'answers'] as const) {
    expect(sealContext({ ...context, [field]: context[field].map((byte) => byte ^ 1) }).aad).not.toEqual(aad)
  }
  expect(sealContext({ ...context, type: 'answer' }).info).not.toEqual(sealContext(context).info)
})
