import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../../protocol/anchor/anchor-proof.ts'
import { decodeRlp, encodeRlpNumber, rlpNumber } from '../../../protocol/anchor/evm/rlp.ts'
import type { AnchorFinding } from '../../../protocol/anchor/finding.ts'
import type { AnchorTrust } from '../../../protocol/anchor/trust.ts'
import { fromHex, toHex } from '../../../protocol/bytes.ts'
import { codeOf, inHex, readVectors } from '../../support/vectors.ts'
import { ethereum } from './real-proofs.ts'

const none = { bitcoin: 0n, litecoin: 0n }

describe.each(Object.entries(ethereum))(
  'a proof made on a real chain of Ethereum’s form, for tests, by a %s,',
  (_, real) => {
    const [commitment, bytes, block] = [real.commitment, real.proof, real.block].map(fromHex) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const known = { chain: 'eip155:31337', height: real.height, hash: block } as const
    const knowing: AnchorTrust = { known: [known], leastWork: none }
    const proof = decodeAnchorProof(bytes)
    const findings = verifyAnchor(commitment, proof, knowing, primitives)

    test('shows when its message was anchored, by whom, and that on this chain nothing else has its number', () => {
      const [finding, ...more] = findings
      expect(inHex(finding)).toEqual({
        type: 'dated',
        chain: 'eip155:31337',
        height: real.height,
        block: real.block,
        time: real.time,
        standing: { type: 'known' },
        place: { sender: real.sender, number: 2 },
      })
      expect(more).toEqual([])
      expect(toHex(encodeAnchorProof(proof))).toBe(real.proof)
    })

    test('shows no date to a reader who knows other blocks', () => {
      const undated = [{ type: 'undated', chain: 'eip155:31337', height: real.height, reason: 'unknown-block' }]
      for (const other of [
        { ...known, height: real.height + 1 },
        { ...known, hash: commitment },
        { ...known, chain: 'eip155:1' as const },
      ]) {
        expect(verifyAnchor(commitment, proof, { known: [other], leastWork: none }, primitives)).toEqual(undated)
      }
    })

    test('shows nothing else with any one bit changed: it is refused, or says less', () => {
      let refused = 0
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        let found: readonly AnchorFinding[] = []
        const code = codeOf(() => {
          found = verifyAnchor(commitment, decodeAnchorProof(changed), knowing, primitives)
        })
        if (code) refused++
        expect(
          found.filter(({ type }) => type === 'dated'),
          `bit ${bit}`,
        ).toEqual([])
      }
      expect(refused).toBeGreaterThan(bytes.length * 4)
    })

    test('is refused for another commitment', () => {
      expect(codeOf(() => verifyAnchor(block, proof, knowing, primitives))).toMatch(/^anchor\/(receipt|sequence)$/)
    })
  },
)

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
