import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../../protocol/anchor/anchor-proof.ts'
import { decodeRlp, encodeRlpNumber, rlpNumber } from '../../../protocol/anchor/evm/rlp.ts'
import type { AnchorFinding } from '../../../protocol/anchor/finding.ts'
import { toHex } from '../../../protocol/bytes.ts'
import { ofAnvil } from '../../support/real-anchors.ts'
import { codeOf, inHex, readVectors } from '../../support/vectors.ts'

describe.each(ofAnvil)('a proof made on a real chain of Ethereum’s form, for tests, by $title,', (real) => {
  const { commitment, known, trust } = real
  const proof = decodeAnchorProof(real.proof)

  test('shows when its message was anchored, by whom, and that on this chain nothing else has its number', () => {
    const findings = verifyAnchor(commitment, proof, trust, primitives)
    expect(inHex(findings)).toEqual(real.findings)
    expect(findings).toMatchObject([{ type: 'dated', place: { number: 2 } }])
    expect(toHex(encodeAnchorProof(proof))).toBe(toHex(real.proof))
  })

  test('shows no date to a reader who knows other blocks', () => {
    const undated = [{ type: 'undated', chain: known.chain, height: known.height, reason: 'unknown-block' }]
    for (const other of [
      { ...known, height: known.height + 1 },
      { ...known, hash: commitment },
      { ...known, chain: 'eip155:1' as const },
    ]) {
      expect(verifyAnchor(commitment, proof, { ...trust, known: [other] }, primitives)).toEqual(undated)
    }
  })

  test('shows nothing else with any one bit changed: it is refused, or says less', () => {
    let refused = 0
    for (let bit = 0; bit < real.proof.length * 8; bit++) {
      const changed = real.proof.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      let found: readonly AnchorFinding[] = []
      const code = codeOf(() => {
        found = verifyAnchor(commitment, decodeAnchorProof(changed), trust, primitives)
      })
      if (code) refused++
      expect(
        found.filter(({ type }) => type === 'dated'),
        `bit ${bit}`,
      ).toEqual([])
    }
    expect(refused).toBeGreaterThan(real.proof.length * 4)
  }, 120_000)

  test('is refused for another commitment', () => {
    expect(codeOf(() => verifyAnchor(known.hash, proof, trust, primitives))).toMatch(/^anchor\/(receipt|sequence)$/)
  })
})

describe('RLP', () => {
  test('has numbers that come back as they were', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 47 }), (value) => {
        expect(rlpNumber(decodeRlp(encodeRlpNumber(value)))).toBe(value)
      }),
    )
  })
})

test('the contract that is committed is the one whose address the vectors compute', () => {
  const { bytecode } = JSON.parse(readFileSync('contracts/ParleyAnchors.json', 'utf8')) as { bytecode: string }
  const [first] = readVectors('evm.json').cases
  expect((first!.input as { bytecode: string }).bytecode).toBe(bytecode)
})
