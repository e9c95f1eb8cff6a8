import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromText, toHex, uint64 } from '../../protocol/bytes.ts'
import { asText, type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { codeOf, inHex } from '../support/vectors.ts'

const limits = { bytes: 100_000 }

const anyText = fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('\uFEFF'))
const anyNumber = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 70_000 }), fc.nat({ max: 300 }))
const { value: anyNesting } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    anyNumber,
    anyText,
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 5 }),
  ),
}))

const itemsIn = (value: CborValue): number =>
  Array.isArray(value) ? value.reduce((sum: number, each) => sum + itemsIn(each), 1) : 1
const anyValue = anyNesting.filter((value) => itemsIn(value) <= 64)

/** RFC 8949, 4.2.1, item by item. `widen`: the number of the item whose head gets more bytes than it needs. */
function slowEncode(value: CborValue, widen = -1): Uint8Array {
  let item = 0
  const head = (major: number, argument: number) => {
    const widths = [0, 1, 2, 4, 8]
    const needed = argument < 24 ? 0 : widths.findIndex((width) => width > 0 && argument < 256 ** width)
    const at = item++ === widen ? Math.min(needed + 1, 4) : needed
    const info = at === 0 ? argument : 23 + at
    return concat(Uint8Array.of((major << 5) | info), uint64(argument).subarray(8 - widths[at]!))
  }
  const encode = (each: CborValue): Uint8Array => {
    if (typeof each === 'number') return head(0, each)
    if (each instanceof Uint8Array) return concat(head(2, each.length), each)
    if (typeof each === 'string') return concat(head(3, fromText(each).length), fromText(each))
    if (each === null || typeof each === 'boolean') return Uint8Array.of(each === null ? 0xf6 : each ? 0xf5 : 0xf4)
    return concat(head(4, each.length), ...each.map(encode))
  }
  return encode(value)
}

describe('an encoding', () => {
  test('is what the RFC says, and comes back as the value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value)
        expect(toHex(bytes)).toBe(toHex(slowEncode(value)))
        expect(inHex(decodeCbor(bytes, limits))).toEqual(inHex(value))
      }),
      { numRuns: 1_000 },
    )
  })

  test('is refused with any head longer than it needs to be', () => {
    fc.assert(
      fc.property(anyValue, fc.nat({ max: 40 }), (value, widen) => {
        const bytes = slowEncode(value, widen)
        fc.pre(bytes.length !== slowEncode(value).length)
        expect(codeOf(() => decodeCbor(bytes, limits))).toBe('encoding/not-canonical')
      }),
      { numRuns: 1_000 },
    )
  })

  test('is refused when a byte is missing, or follows', () => {
    fc.assert(
      fc.property(anyValue, fc.integer({ min: 0, max: 255 }), (value, byte) => {
        const bytes = encodeCbor(value)
        expect(codeOf(() => decodeCbor(bytes.subarray(0, -1), limits))).toMatch(/^encoding\//)
        expect(codeOf(() => decodeCbor(concat(bytes, Uint8Array.of(byte)), limits))).toMatch(/^encoding\//)
      }),
    )
  })
})

describe('a decoder', () => {
  test('accepts of any bytes only those it would have written, and fails only with a code', () => {
    const bytesOrNearly = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(anyValue, fc.nat(), fc.nat({ max: 255 }))
        .map(([value, at, byte]) => encodeCbor(value).map((each, i, all) => (i === at % all.length ? byte : each))),
    )
    fc.assert(
      fc.property(bytesOrNearly, (bytes) => {
        let value: CborValue
        try {
          value = decodeCbor(bytes, limits)
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError', code: expect.stringMatching(/^encoding\//) })
          return
        }
        expect(toHex(encodeCbor(value))).toBe(toHex(bytes))
      }),
      { numRuns: 5_000 },
    )
  })

  test('is done at once with a length that is not there, and with arrays in arrays without end', () => {
    const deep = new Uint8Array(100_000).fill(0x81)
    expect(codeOf(() => decodeCbor(deep, limits))).toBe('encoding/too-deep')
    const wide = Uint8Array.of(0x9b, 0, 0x1f, 255, 255, 255, 255, 255, 255)
    expect(codeOf(() => decodeCbor(wide, limits))).toBe('encoding/malformed')
  })

  test('takes one item for every eight bytes, and 64 more, and builds nothing of a file with more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 9 }), (items, size) => {
        const value = Array.from({ length: items }, () => new Uint8Array(size))
        const bytes = encodeCbor(value)
        const allowed = items + 1 <= Math.floor(bytes.length / 8) + 64
        expect(codeOf(() => decodeCbor(bytes, limits))).toBe(allowed ? undefined : 'encoding/too-large')
      }),
    )
    const bomb = new Uint8Array(8 * 2 ** 20).fill(0x80)
    const before = process.memoryUsage().heapUsed
    expect(codeOf(() => decodeCbor(bomb, { bytes: 2 ** 30 }))).toBe('encoding/too-large')
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 2 ** 20)
  })

  test('counts text in the bytes of UTF-8', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const length = fromText(text).length
        expect(asText(text, length)).toBe(text)
        if (length > 0) expect(codeOf(() => asText(text, length - 1))).toBe('encoding/unexpected-type')
      }),
    )
  })
})
