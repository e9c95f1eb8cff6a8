import { compareBytes, equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import {
  headSignable,
  joinNodes,
  type LogOwner,
  type LogRoots,
  leavesUnder,
  logKey,
  type SignedHead,
  type TreeNode,
  treeHash,
} from './hypercore.ts'
import type { ProofNode } from './inclusion.ts'

/** A head with Hypercore's fork: how often the author had truncated the log when they signed it. */
export interface ForkedHead extends SignedHead {
  readonly fork: number
}

/**
 * What shows to anybody that a device has signed two histories of one log. Spec: specs/fork.md.
 *
 * `split`: two heads, neither of them what the other grew from. `roots` are those of the longer tree at the length of the shorter, `rest` leads
 * from there to the longer head; both are empty where the lengths are equal. `truncated`: one head, signed after the author took entries back.
 */
export type ForkProof =
  | {
      readonly type: 'split'
      readonly short: SignedHead
      readonly long: SignedHead
      readonly roots: readonly ProofNode[]
      readonly rest: readonly ProofNode[]
    }
  | { readonly type: 'truncated'; readonly head: ForkedHead }

/** Of an encoded proof. */
export const mostForkBytes = 8_192
// Above it an index is no exact number.
const mostLength = 2 ** 52 - 1
/** A tree of so many blocks has no more roots; to get from one length to another takes no more than twice as many nodes. */
const mostRoots = 52

/** Encode a proof. Spec: specs/fork.md#format. */
export function encodeForkProof(proof: ForkProof): Uint8Array {
  return encodeCbor(forkProofToCbor(proof))
}

/** Read a proof, of which nothing is verified yet. Throws `encoding/…`. */
export function decodeForkProof(bytes: Uint8Array): ForkProof {
  return forkProofFromCbor(decodeCbor(bytes, { bytes: mostForkBytes }))
}

/**
 * Throws `fork/…` unless the device of this log has signed two histories of it.
 *
 * Needs nothing but whose log it is: anybody can check a proof, whoever brings it. Spec: specs/fork.md#verifying.
 */
export function verifyForkProof(owner: LogOwner, proof: ForkProof, primitives: Primitives): void {
  const key = logKey(owner, primitives)
  const requireSigned = (head: SignedHead, fork: number) => {
    if (!primitives.verify(head.signature, headSignable(key, head, primitives, fork), owner.device)) {
      throw new ProtocolError('fork/signature')
    }
  }
  if (proof.type === 'truncated') {
    if (proof.head.fork === 0) throw new ProtocolError('fork/none', 'nothing was taken back')
    requireSigned(proof.head, proof.head.fork)
  } else {
    requireContradiction(proof, primitives)
    requireSigned(proof.short, 0)
    requireSigned(proof.long, 0)
  }
}

function requireContradiction(
  { short, long, roots, rest }: ForkProof & { type: 'split' },
  primitives: Primitives,
): void {
  const order = short.length - long.length || compareBytes(short.treeHash, long.treeHash)
  if (short.length === 0 || order > 0) throw new ProtocolError('fork/form', 'the heads are not in order')
  if (order === 0) throw new ProtocolError('fork/none', 'both heads are one')
  if (short.length === long.length) {
    if (roots.length + rest.length > 0) throw new ProtocolError('fork/form', 'nodes that are not needed')
    return
  }
  const prefix = placed(roots, 0, short.length)
  const whole = joined([...prefix, ...placed(rest, short.length, long.length)], primitives)
  if (!equalBytes(treeHash(whole, primitives), long.treeHash)) throw new ProtocolError('fork/tree')
  if (equalBytes(treeHash(prefix, primitives), short.treeHash)) {
    throw new ProtocolError('fork/none', 'the longer history goes on where the shorter one ends')
  }
}

/** No two histories of the proof can agree on more entries than these: here everybody who knows nothing better ends the log. */
export function forkLength(proof: ForkProof): number {
  return proof.type === 'truncated' ? proof.head.length : proof.short.length - 1
}

/** The nodes of its tree that show what a log of `to` blocks was at an earlier length, by index. Spec: specs/fork.md#producing. */
export function forkNodes(from: number, to: number): { readonly roots: number[]; readonly rest: number[] } {
  if (from === to) return { roots: [], rest: [] }
  return { roots: places(0, from), rest: places(from, to) }
}

/** Order two heads as a proof has them. */
export function inForkOrder(a: SignedHead, b: SignedHead): readonly [short: SignedHead, long: SignedHead] {
  const order = a.length - b.length || compareBytes(a.treeHash, b.treeHash)
  return order < 0 ? [a, b] : [b, a]
}

/** Indices of the largest whole subtrees side by side over the blocks from `start` up to `end`. */
function places(start: number, end: number): number[] {
  const found: number[] = []
  for (let at = start; at < end; ) {
    let span = 1
    while (at % (span * 2) === 0 && at + span * 2 <= end) span *= 2
    found.push(at * 2 + span - 1)
    at += span
  }
  return found
}

function placed(nodes: readonly ProofNode[], start: number, end: number): TreeNode[] {
  const indices = places(start, end)
  if (indices.length !== nodes.length)
    throw new ProtocolError('fork/form', `${nodes.length} of ${indices.length} nodes`)
  return indices.map((index, i) => ({ index, size: nodes[i]!.size, hash: nodes[i]!.hash }))
}

/** The peaks above subtrees that stand side by side from the first block on. Throws `fork/tree` for sizes that no log has. */
export function joined(nodes: readonly TreeNode[], primitives: Primitives): LogRoots {
  const roots: TreeNode[] = []
  for (const next of nodes) {
    let node = next
    for (let left = roots.at(-1); left && areSiblings(left, node); left = roots.at(-1)) {
      roots.pop()
      node = joinNodes(left, node, primitives)
      // A stranger's sizes: no honest log has so many bytes, and above this a sum is no exact number.
      if (!Number.isSafeInteger(node.size)) throw new ProtocolError('fork/tree', 'too many bytes')
    }
    roots.push(node)
  }
  return roots
}

/** In a flat tree two nodes of one level stand twice the width of their level apart, the left one first. */
function areSiblings(left: TreeNode, right: TreeNode): boolean {
  const width = (right.index - left.index) / 2
  return leavesUnder(left.index) === width && leavesUnder(right.index) === width
}

/** A proof as it stands in a message or a file. Spec: specs/fork.md#format. */
export function forkProofToCbor(proof: ForkProof): CborValue {
  if (proof.type === 'truncated') {
    const { length, fork, treeHash: hash, signature } = proof.head
    return ['truncated', [length, fork, hash, signature]]
  }
  const head = ({ length, treeHash: hash, signature }: SignedHead): CborValue => [length, hash, signature]
  const nodes = (list: readonly ProofNode[]): CborValue => list.map(({ size, hash }) => [size, hash])
  return ['split', head(proof.short), head(proof.long), nodes(proof.roots), nodes(proof.rest)]
}

/** Throws `encoding/unexpected-type`. */
export function forkProofFromCbor(value: CborValue | undefined): ForkProof {
  const [type, ...parts] = asArray(value, { most: 5 })
  if (type === 'truncated') {
    const [head] = asArray(parts, 1)
    const [length, fork, hash, signature] = asArray(head, 4)
    const plain = headFromCbor([length!, hash!, signature!])
    return { type, head: { ...plain, fork: asUint(fork) } }
  }
  if (type !== 'split') throw new ProtocolError('encoding/unexpected-type', 'a kind of fork expected')
  const [short, long, roots, rest] = asArray(parts, 4)
  return {
    type,
    short: headFromCbor(short),
    long: headFromCbor(long),
    roots: nodesFromCbor(roots, mostRoots),
    rest: nodesFromCbor(rest, 2 * mostRoots),
  }
}

function headFromCbor(value: CborValue | undefined): SignedHead {
  const [length, hash, signature] = asArray(value, 3)
  return { length: asUint(length, mostLength), treeHash: asBytes(hash, 32), signature: asBytes(signature, 64) }
}

function nodesFromCbor(value: CborValue | undefined, most: number): ProofNode[] {
  return asArray(value, { most }).map((node) => {
    const [size, hash] = asArray(node, 2)
    return { size: asUint(size), hash: asBytes(hash, 32) }
  })
}
