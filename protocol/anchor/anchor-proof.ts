import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { type LeafPath, rootFrom } from '../merkle/inclusion.ts'
import { mostTreeSize } from '../merkle/position.ts'
import { anchorMessage, batchLeaf } from './batch.ts'
import { evmEvidenceFromCbor, evmEvidenceToCbor } from './evm/evidence.ts'
import { type EvmEvidence, verifyEvm } from './evm/verify-evm.ts'
import type { AnchorFinding } from './finding.ts'
import { otsEvidenceFromCbor, otsEvidenceToCbor } from './ots/evidence.ts'
import { type OtsEvidence, verifyOts } from './ots/verify-ots.ts'
import type { AnchorTrust } from './trust.ts'

/** What leads from a commitment to a public chain. Spec: specs/anchor.md#proof. */
export interface AnchorProof {
  /** Of the commitment's leaf in its batch, 32 bytes. */
  readonly salt: Uint8Array
  readonly path: LeafPath
  readonly evidence: AnchorEvidence
}

/** What leads from the message of a batch to a chain. */
export type AnchorEvidence = OtsEvidence | EvmEvidence

/** Of an encoded proof. */
const mostProofBytes = 524_288
const mostPathHashes = 48

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
  return evidence.type === 'ots' ? verifyOts(message, evidence, trust, primitives) : verifyEvm(message, evidence, trust)
}

/** Encode a proof. Spec: specs/anchor.md#proof. */
export function encodeAnchorProof({ salt, path, evidence }: AnchorProof): Uint8Array {
  return encodeCbor([salt, path.index, path.size, path.hashes, ...evidenceToCbor(evidence)])
}

/** Encode evidence alone, for whoever keeps it for a whole batch. */
export function encodeEvidence(evidence: AnchorEvidence): Uint8Array {
  return encodeCbor(evidenceToCbor(evidence))
}

/** Throws `encoding/…` and `anchor/…`. */
export function decodeEvidence(bytes: Uint8Array): AnchorEvidence {
  return evidenceFromCbor(asArray(decodeCbor(bytes, { bytes: mostProofBytes }), { most: 9 }))
}

function evidenceToCbor(evidence: AnchorEvidence): CborValue[] {
  return evidence.type === 'ots' ? otsEvidenceToCbor(evidence) : evmEvidenceToCbor(evidence)
}

function evidenceFromCbor(items: readonly CborValue[]): AnchorEvidence {
  return items[0] === 'ots' ? otsEvidenceFromCbor(items) : evmEvidenceFromCbor(items)
}

/** Read a proof, of which nothing is verified yet. Throws `encoding/…` and `anchor/…`. */
export function decodeAnchorProof(bytes: Uint8Array): AnchorProof {
  const [salt, index, size, hashes, ...evidence] = asArray(decodeCbor(bytes, { bytes: mostProofBytes }), { most: 13 })
  const path = {
    index: asUint(index, mostTreeSize),
    size: asUint(size, mostTreeSize),
    hashes: asArray(hashes, { most: mostPathHashes }).map((hash) => asBytes(hash, 32)),
  }
  return {
    salt: asBytes(salt, 32),
    path,
    evidence: evidenceFromCbor(evidence),
  }
}
