import { equalBytes } from '../../bytes.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { ProtocolError } from '../../errors.ts'
import type { BlockChain } from '../blocks/block-header.ts'
import { type HeaderRun, type PlacedHeader, standingOf, verifyHeaderRun } from '../blocks/header-run.ts'
import type { AnchorFinding } from '../finding.ts'
import type { AnchorTrust } from '../trust.ts'
import { type AttestedMessage, attestedMessages, type OtsFile } from './timestamp.ts'

/** An OpenTimestamps proof, with what headers there are for it. */
export interface OtsEvidence {
  readonly type: 'ots'
  readonly file: OtsFile
  readonly runs: readonly HeaderRun[]
}

/**
 * What an OpenTimestamps proof shows of a message of 32 bytes, in the order of the file. Needs no network.
 *
 * Spec: specs/anchor.md#opentimestamps. Throws `anchor/…`: a proof of which one part is false is no proof.
 */
export function verifyOts(
  message: Uint8Array,
  { file, runs }: OtsEvidence,
  trust: AnchorTrust,
  primitives: Primitives,
): AnchorFinding[] {
  if (!equalBytes(file.digest, message)) throw new ProtocolError('anchor/digest')
  const verified = runs.map((run) => ({ chain: run.chain, run: verifyHeaderRun(run, primitives) }))
  return attestedMessages(file.digest, file.timestamp, primitives).map((attested) =>
    findingOf(attested, verified, trust),
  )
}

interface VerifiedRun {
  readonly chain: BlockChain
  readonly run: readonly PlacedHeader[]
}

function findingOf(
  { message, attestation }: AttestedMessage,
  runs: readonly VerifiedRun[],
  trust: AnchorTrust,
): AnchorFinding {
  if (attestation.type !== 'block') return attestation.type === 'pending' ? attestation : { type: 'unknown' }
  const { chain, height } = attestation
  const found = runs
    .filter((each) => each.chain === chain)
    .flatMap(({ run }) => run.filter((placed) => placed.height === height).map((placed) => ({ placed, run })))
  const [first] = found
  if (!first) return { type: 'undated', chain, height, reason: 'no-header' }
  const { placed, run } = first
  if (!equalBytes(placed.header.merkleRoot, message))
    throw new ProtocolError('anchor/merkle-root', `${chain} ${height}`)
  const standing = standingOf(placed, run, chain, trust)
  if (standing.type === 'little') return { type: 'undated', chain, height, reason: 'little-work' }
  return { type: 'dated', chain, height, block: placed.hash, time: placed.header.time, standing }
}
