import { fromText, uint64 } from '../bytes.ts'
import { checkpointText, type SignedCheckpoint } from '../checkpoint/checkpoint.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { TreeState } from '../merkle/consistency.ts'
import { leafHash } from '../merkle/hash.ts'

/**
 * What is anchored of a checkpoint: 32 bytes that cover its text and the signature of its device.
 *
 * Spec: specs/anchor.md#batch.
 */
export function checkpointCommitment({ checkpoint, signature }: SignedCheckpoint, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('anchoredCheckpoint', signature, fromText(checkpointText(checkpoint))))
}

/** The leaf of a batch. `salt`: 32 random bytes of its own, so that nobody can find out by trying what was anchored. */
export function batchLeaf(commitment: Uint8Array, salt: Uint8Array, primitives: Primitives): Uint8Array {
  return leafHash(inDomain('batchLeaf', salt, commitment), primitives)
}

/** The 32 bytes that a chain sees of a batch. They bind its size, which a root does not. */
export function anchorMessage({ size, root }: TreeState, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('anchor', uint64(size), root))
}
