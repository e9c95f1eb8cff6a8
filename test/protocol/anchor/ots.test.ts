import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../../protocol/anchor/anchor-proof.ts'
import { mostHeaders, verifyHeaderRun } from '../../../protocol/anchor/blocks/header-run.ts'
import type { AnchorFinding } from '../../../protocol/anchor/finding.ts'
import type { Attestation } from '../../../protocol/anchor/ots/attestation.ts'
import type { Operation } from '../../../protocol/anchor/ots/operation.ts'
import { attestedMessages, decodeOts, encodeOts, type Timestamp } from '../../../protocol/anchor/ots/timestamp.ts'
import type { OtsEvidence } from '../../../protocol/anchor/ots/verify-ots.ts'
import type { AnchorTrust } from '../../../protocol/anchor/trust.ts'
import { fromHex, toHex } from '../../../protocol/bytes.ts'
import { codeOf, inHex } from '../../support/vectors.ts'
import { litecoin } from './real-proofs.ts'

const [commitment, bytes, block] = [litecoin.commitment, litecoin.proof, litecoin.block].map(fromHex) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const knowing: AnchorTrust = {
  known: [{ chain: 'litecoin', height: litecoin.height, hash: block }],
  leastWork: { bitcoin: 1n, litecoin: 1n },
}
const proof = decodeAnchorProof(bytes)
const evidence = proof.evidence as OtsEvidence

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 40 })
const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constantFrom('append', 'prepend'), bytes: anyBytes }),
  fc.record({ type: fc.constantFrom('reverse', 'sha1', 'ripemd160', 'sha256', 'keccak256') }),
)
const anyAttestation: fc.Arbitrary<Attestation> = fc.oneof(
  fc.record({ type: fc.constant('block'), chain: fc.constantFrom('bitcoin', 'litecoin'), height: fc.nat() }),
  fc.record({ type: fc.constant('pending'), uri: fc.stringMatching(/^[A-Za-z0-9._/:-]{0,40}$/) }),
  fc.record({ type: fc.constant('unknown'), tag: fc.constant(fromHex('0102030405060708')), payload: anyBytes }),
)
const { timestamp: anyTimestamp } = fc.letrec<{ timestamp: Timestamp }>((tie) => ({
  timestamp: fc.array(
    fc.oneof(
      { maxDepth: 4 },
      fc.record({ type: fc.constant('attestation' as const), attestation: anyAttestation }),
      fc.record({ type: fc.constant('operation' as const), operation: anyOperation, next: tie('timestamp') }),
    ),
    { minLength: 1, maxLength: 3 },
  ),
}))

describe('an OpenTimestamps file', () => {
  test('comes back as it was written, whatever tree of steps is in it', () => {
    fc.assert(
      fc.property(anyTimestamp, (timestamp) => {
        const file = { digest: commitment, timestamp }
        expect(decodeOts(encodeOts(file))).toEqual(file)
      }),
    )
  })

  test('is refused above its limits of bytes and branches', () => {
    const attestation: Attestation = {
      type: 'unknown',
      tag: fromHex('0102030405060708'),
      payload: new Uint8Array(8_000),
    }
    const branch = { type: 'attestation', attestation } as const
    const small = { ...branch, attestation: { ...attestation, payload: new Uint8Array(1) } }
    const read = (timestamp: Timestamp) => codeOf(() => decodeOts(encodeOts({ digest: commitment, timestamp })))
    expect(read(Array.from({ length: 8 }, () => branch))).toBe(undefined)
    expect(read(Array.from({ length: 9 }, () => branch))).toBe('anchor/ots')
    expect(read(Array.from({ length: 2_048 }, () => small))).toBe(undefined)
    expect(read(Array.from({ length: 2_049 }, () => small))).toBe('anchor/ots')
  })
})

describe('a proof made on a real chain of Litecoin, for tests,', () => {
  const dated = {
    type: 'dated',
    chain: 'litecoin',
    height: litecoin.height,
    block: litecoin.block,
    time: litecoin.time,
  }

  test('shows that what was anchored existed when the block was made', () => {
    const [finding, ...more] = verifyAnchor(commitment, proof, knowing, primitives)
    expect(inHex(finding)).toEqual({ ...dated, standing: { type: 'known' } })
    expect(more).toEqual([])
    expect(toHex(encodeAnchorProof(proof))).toBe(litecoin.proof)
  })

  test('counts the work on it for a reader who knows no block, and shows no date to one who asks for more', () => {
    const blocks = evidence.runs[0]!.bytes.length / 80
    const trust = (least: bigint) => ({ known: [], leastWork: { bitcoin: 0n, litecoin: least } })
    // The first header stands before the block.
    const work = BigInt(blocks - 1) * 2n
    const [enough] = verifyAnchor(commitment, proof, trust(work), primitives)
    expect(inHex(enough)).toEqual({ ...dated, standing: { type: 'work', work, follows: false } })
    const little = { type: 'undated', chain: 'litecoin', height: litecoin.height, reason: 'little-work' }
    expect(verifyAnchor(commitment, proof, trust(work + 1n), primitives)).toEqual([little])
  })

  test('shows nothing else with any one bit changed: it is refused, or says less, or says the same', () => {
    // With the header of its block alone: the work of each takes a while to check.
    const runs = [
      { chain: 'litecoin', height: litecoin.height, bytes: evidence.runs[0]!.bytes.slice(80, 160) },
    ] as const
    const short = encodeAnchorProof({ ...proof, evidence: { ...evidence, runs } })
    // Work is nothing on a chain for tests: what stands is what the reader knows.
    const trust = { ...knowing, leastWork: { bitcoin: 2n ** 64n, litecoin: 2n ** 64n } }
    const [original] = verifyAnchor(commitment, decodeAnchorProof(short), trust, primitives)
    let refused = 0
    for (let bit = 0; bit < short.length * 8; bit++) {
      const changed = short.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      let findings: readonly AnchorFinding[] = []
      const code = codeOf(() => {
        findings = verifyAnchor(commitment, decodeAnchorProof(changed), trust, primitives)
      })
      if (code) refused++
      for (const finding of findings) {
        if (finding.type === 'dated') expect(finding, `bit ${bit}`).toEqual(original)
      }
    }
    expect(refused).toBeGreaterThan(short.length * 7)
  })

  test('is refused for another commitment', () => {
    expect(codeOf(() => verifyAnchor(block, proof, knowing, primitives))).toBe('anchor/digest')
  })

  test('can be made to mean Bitcoin by nobody: its work is another', () => {
    const runs = evidence.runs.map((run) => ({ ...run, chain: 'bitcoin' as const }))
    expect(
      codeOf(() => verifyAnchor(commitment, { ...proof, evidence: { ...evidence, runs } }, knowing, primitives)),
    ).toBe('anchor/work')
  })
})

describe('a run of headers', () => {
  test('is refused where it is longer than anybody needs, before any work is checked', () => {
    const run = { chain: 'litecoin', height: 0, bytes: new Uint8Array((mostHeaders + 1) * 80) } as const
    expect(codeOf(() => verifyHeaderRun(run, primitives))).toBe('anchor/header')
  })
})

test('the steps of a real proof lead where its block is', () => {
  const [attested] = attestedMessages(evidence.file.digest, evidence.file.timestamp, primitives)
  const header = evidence.runs[0]!.bytes.slice(80, 160)
  expect(toHex(attested!.message)).toBe(toHex(header.slice(36, 68)))
})
