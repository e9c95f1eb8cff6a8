import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { decodeAnchorProof, verifyAnchor } from '../../protocol/anchor/anchor-proof.ts'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { mutantsOf } from '../support/mutants.ts'
import { ofAnvil, ofLitecoind, type RealAnchor } from '../support/real-anchors.ts'
import { specs } from '../support/vector-files.ts'
import { inHex } from '../support/vectors.ts'

describe('the verifier of anchors in the reference', () => {
  test.each([ofLitecoind, ...ofAnvil])(
    'finds the same as ours in $id, with a field changed or a bit',
    (real) => {
      const mutants = mutantsOf(decodeCbor(real.proof, { bytes: 100_000 })).map(({ path, how, value }) => {
        return { named: `${path.join('.')} ${how}`, bytes: encodeCbor(value) }
      })
      const flipped = Array.from(real.proof, (_, at) => {
        return { named: `bit ${at % 8} of byte ${at}`, bytes: real.proof.with(at, real.proof[at]! ^ (1 << (at % 8))) }
      })
      // Its Keccak takes a millisecond a block: each fifth, and others in each part of the proof.
      const all = [...mutants, ...flipped].filter((_, i) => i % 5 === 0)
      expect(all.length).toBeGreaterThan(200)
      const theirs = judge(
        real,
        all.map(({ bytes }) => bytes),
      )
      for (const [i, { named, bytes }] of all.entries()) expect(ourJudgement(real, bytes), named).toEqual(theirs[i])
    },
    120_000,
  )
})

/** What the reference says of each of these proofs. */
function judge({ commitment, known, trust }: RealAnchor, proofs: readonly Uint8Array[]): readonly object[] {
  const { bitcoin, litecoin } = trust.leastWork
  const leastWork = { bitcoin: `${bitcoin}`, litecoin: `${litecoin}` }
  const given = proofs.map((proof) => inHex({ commitment, proof, known: [known], leastWork }))
  const folder = mkdtempSync(join(tmpdir(), 'parley-anchors-'))
  try {
    writeFileSync(join(folder, 'given.json'), JSON.stringify(given))
    const script = join(specs, 'reference/verify_anchor.py')
    const told = execFileSync('/usr/bin/python3', ['-B', script, join(folder, 'given.json')], { maxBuffer: 2 ** 26 })
    // Where several rules of encoding are broken, which one is named is not part of the format.
    return JSON.parse(told.toString().replaceAll(/"encoding\/[a-z-]+"/g, '"encoding"')) as readonly object[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function ourJudgement({ commitment, trust }: RealAnchor, bytes: Uint8Array): object {
  try {
    return { findings: inHex(verifyAnchor(commitment, decodeAnchorProof(bytes), trust, primitives)) }
  } catch (error) {
    if (error instanceof ProtocolError) return { error: error.code.replace(/^encoding.*/, 'encoding') }
    throw error
  }
}
