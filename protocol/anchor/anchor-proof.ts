import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type LeafPath, rootFrom } from '../merkle/inclusion.ts'
import { mostTreeSize } from '../merkle/position.ts'
import { anchorMessage, batchLeaf } from './batch.ts'
import { headerBytes } from './blocks/block-header.ts'
import { type BlockTrust, type HeaderRun, mostHeaders } from './blocks/header-run.ts'
import type { AnchorFinding } from './finding.ts'
import { decodeOts, encodeOts } from './ots/timestamp.ts'
import { type OtsEvidence, verifyOts } from './ots/verify-ots.ts'

/** What leads from a commitment to a public chain. Spec: specs/anchor.md#proof. */
export interface AnchorProof {
  /** Of the commitment's leaf in its batch, 32 bytes. */
  readonly salt: Uint8Array
  readonly path: LeafPath
  readonly evidence: AnchorEvidence
}

export type AnchorEvidence = OtsEvidence

/** What a reader believes of public chains. It is the reader's own: never take it from who shows a proof. */
export interface AnchorTrust {
  readonly blocks: BlockTrust
}

/** Of an encoded proof. */
const mostProofBytes = 524_288
const mostPathHashes = 48
const mostRuns = 4

/**
 * What a proof shows of a commitment of 32 bytes: whether, and by when, it existed. Needs no network.
 *
 * Existence is not uniqueness: other commitments may have been anchored too, and earlier. Spec: specs/anchor.md#verifying. Throws `merkle/…` and `anchor/…`.
 */
export function verifyAnchor(
  commitment: Uint8Array,
  { salt, path, evidence }: AnchorProof,
  trust: AnchorTrust,
  primitives: Primitives,
): readonly AnchorFinding[] {
  const root = rootFrom(batchLeaf(commitment, salt, primitives), path, primitives)
  const message = anchorMessage({ size: path.size, root }, primitives)
  return verifyOts(message, evidence, trust.blocks, primitives)
}

/** Encode a proof. Spec: specs/anchor.md#proof. */
export function encodeAnchorProof({ salt, path, evidence }: AnchorProof): Uint8Array {
  return encodeCbor([salt, path.index, path.size, path.hashes, ...evidenceToCbor(evidence)])
}

/** Read a proof, of which nothing is verified yet. Throws `encoding/…` and `anchor/…`. */
export function decodeAnchorProof(bytes: Uint8Array): AnchorProof {
  const [salt, index, size, hashes, ...evidence] = asArray(decodeCbor(bytes, { bytes: mostProofBytes }), { most: 12 })
  const path = {
    index: asUint(index, mostTreeSize),
    size: asUint(size, mostTreeSize),
    hashes: asArray(hashes, { most: mostPathHashes }).map((hash) => asBytes(hash, 32)),
  }
  return { salt: asBytes(salt, 32), path, evidence: evidenceFromCbor(evidence) }
}

function evidenceToCbor({ file, runs }: AnchorEvidence): CborValue[] {
  return ['ots', encodeOts(file), runs.map(({ chain, height, bytes }) => [chain, height, bytes])]
}

function evidenceFromCbor([type, ...parts]: readonly CborValue[]): AnchorEvidence {
  if (type !== 'ots') throw new ProtocolError('encoding/unexpected-type', 'a kind of evidence expected')
  const [file, runs] = asArray(parts, 2)
  return {
    type,
    file: decodeOts(asBytes(file, { most: mostProofBytes })),
    runs: asArray(runs, { most: mostRuns }).map(runFromCbor),
  }
}

function runFromCbor(value: CborValue): HeaderRun {
  const [chain, height, bytes] = asArray(value, 3)
  const name = asText(chain, 8)
  if (name !== 'bitcoin' && name !== 'litecoin') throw new ProtocolError('encoding/unexpected-type', 'a chain expected')
  return { chain: name, height: asUint(height, 2 ** 31), bytes: asBytes(bytes, { most: mostHeaders * headerBytes }) }
}
