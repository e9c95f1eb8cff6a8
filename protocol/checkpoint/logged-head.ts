import { concat, uint64 } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { ForkedHead } from '../log/fork.ts'
import { leafHash } from '../merkle/hash.ts'
import { type LeafPath, verifyInclusion } from '../merkle/inclusion.ts'
import type { Checkpoint } from './checkpoint.ts'

/** A signed head of a log, its own or another's, as a device has put it into its tree. */
export interface LoggedHead extends ForkedHead {
  /** The key of the log, 32 bytes. */
  readonly log: Uint8Array
}

/** The leaf that stands for a head in a tree. Spec: specs/checkpoint.md#leaves. */
export function headLeaf({ log, fork, length, treeHash, signature }: LoggedHead, primitives: Primitives): Uint8Array {
  const data = concat(log, uint64(fork), uint64(length), treeHash, signature)
  return leafHash(inDomain('loggedHead', data), primitives)
}

/**
 * Check that the device of a checkpoint had put this head into its tree by then.
 *
 * Says nothing of the checkpoint, nor of the head's own signature. Throws `merkle/…`.
 */
export function verifyLogged(head: LoggedHead, path: LeafPath, checkpoint: Checkpoint, primitives: Primitives): void {
  // The path's size is whatever somebody says; that of the checkpoint is signed.
  verifyInclusion(headLeaf(head, primitives), { ...path, size: checkpoint.size }, checkpoint.root, primitives)
}
