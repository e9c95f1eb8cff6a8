import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { type Domain, domains, inDomain } from '../../protocol/crypto/domains.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { casesOf, codeOf, inHex } from '../support/vectors.ts'

type Plain = number | string | boolean | null | { readonly bytes: string } | readonly Plain[]

function cborOf(plain: Plain): CborValue {
  if (typeof plain !== 'object' || plain === null) return plain
  return 'bytes' in plain ? fromHex(plain.bytes) : plain.map(cborOf)
}

describe('an encoding', () => {
  for (const { id, title, input, expect: wanted } of casesOf<{ value: Plain }, { bytes: string }>(
    'encoding',
    'format',
  )) {
    test(`${id}: ${title}`, () => {
      expect(toHex(encodeCbor(cborOf(input.value)))).toBe(wanted.bytes)
      expect(inHex(decodeCbor(fromHex(wanted.bytes), { bytes: 1000 }))).toEqual(inHex(cborOf(input.value)))
    })
  }
})

describe('a decoder refuses', () => {
  for (const { id, title, input, error } of casesOf<{ bytes: string; most?: number }, never>('encoding', 'verifying')) {
    test(`${id}: ${title}`, () => {
      expect(codeOf(() => decodeCbor(fromHex(input.bytes), { bytes: input.most ?? 1000 }))).toBe(error)
    })
  }
})

describe('a domain', () => {
  const cases = casesOf<{ domain: Domain; parts: string[] }, { bytes: string }>('encoding', 'domains')

  for (const { id, title, input, expect: wanted } of cases) {
    test(`${id}: ${title}`, () => {
      expect(toHex(inDomain(input.domain, ...input.parts.map(fromHex)))).toBe(wanted.bytes)
    })
  }

  test('has a case', () => {
    expect(cases.map(({ input }) => input.domain)).toEqual(Object.keys(domains))
  })
})
