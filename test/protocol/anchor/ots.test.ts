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
import { fromHex, toHex } from '../../../protocol/bytes.ts'
import { ofLitecoind } from '../../support/real-anchors.ts'
import { codeOf, inHex } from '../../support/vectors.ts'

const { commitment, known, trust } = ofLitecoind
const proof = decodeAnchorProof(ofLitecoind.proof)
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
  test('shows that what was anchored existed when the block was made', () => {
    expect(inHex(verifyAnchor(commitment, proof, trust, primitives))).toEqual(ofLitecoind.findings)
    expect(toHex(encodeAnchorProof(proof))).toBe(toHex(ofLitecoind.proof))
  })

  test('counts the work on it for a reader who knows no block, and shows no date to one who asks for more', () => {
    const blocks = evidence.runs[0]!.bytes.length / 80
    const asking = (least: bigint) => ({ known: [], leastWork: { bitcoin: 0n, litecoin: least } })
    // The first header stands before the block.
    const work = BigInt(blocks - 1) * 2n
    const [enough] = verifyAnchor(commitment, proof, asking(work), primitives)
    expect(inHex(enough)).toEqual({ ...ofLitecoind.findings[0], standing: { type: 'work', work, follows: false } })
    const little = { type: 'undated', chain: 'litecoin', height: known.height, reason: 'little-work' }
    expect(verifyAnchor(commitment, proof, asking(work + 1n), primitives)).toEqual([little])
  })

  test('shows nothing else with any one bit changed: it is refused, or says less, or says the same', () => {
    // With the header of its block alone: the work of each takes a while to check.
    const runs = [{ chain: 'litecoin', height: known.height, bytes: evidence.runs[0]!.bytes.slice(80, 160) }] as const
    const short = encodeAnchorProof({ ...proof, evidence: { ...evidence, runs } })
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
  }, 120_000)

  test('is refused for another commitment', () => {
    expect(codeOf(() => verifyAnchor(known.hash, proof, trust, primitives))).toBe('anchor/digest')
  })

  test('can be made to mean Bitcoin by nobody: its work is another', () => {
    const runs = evidence.runs.map((run) => ({ ...run, chain: 'bitcoin' as const }))
    expect(
      codeOf(() => verifyAnchor(commitment, { ...proof, evidence: { ...evidence, runs } }, trust, primitives)),
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
