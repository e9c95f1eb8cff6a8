import { concat, fromText, uint32, uint64Little } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'

/** Whose log it is. Its manifest commits to these, and so does its key. */
export interface LogOwner {
  readonly room: Uint8Array
  readonly identity: Uint8Array
  readonly device: Uint8Array
  /** 0 for the first log of a device in a room; a random number for each that it had to go on in. */
  readonly generation: number
}

/** What is known of a log at one length. `signature` is the device's, 64 bytes, over `headSignable`. */
export interface SignedHead {
  readonly length: number
  readonly treeHash: Uint8Array
  readonly signature: Uint8Array
}

/** A node of a log's tree, at its flat index; `size`: bytes of the blocks below it. */
export interface TreeNode {
  readonly index: number
  readonly size: number
  readonly hash: Uint8Array
}

/** The peaks of a Hypercore Merkle tree, leftmost first: all that is needed to append to it. */
export type LogRoots = readonly TreeNode[]

// Manifest v2, version | flags (8: user data follows) | hash 0 | quorum 1 | one signer | Ed25519.
const manifestStart = Uint8Array.of(2, 8, 0, 1, 1, 0)

function namespaces(primitives: Primitives) {
  const hypercore = primitives.blake2b256(fromText('hypercore'))
  const at = (index: number) => primitives.blake2b256(concat(hypercore, Uint8Array.of(index)))
  return { tree: at(0), manifest: at(3), signer: at(4) }
}

const namespaceCache = new WeakMap<Primitives, ReturnType<typeof namespaces>>()

function namespacesOf(primitives: Primitives) {
  let found = namespaceCache.get(primitives)
  if (!found) {
    found = namespaces(primitives)
    namespaceCache.set(primitives, found)
  }
  return found
}

/** What the manifest of a log carries as user data: whose log it is, hashed. */
export function logBinding({ room, identity, device, generation }: LogOwner, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('log', room, identity, device, uint32(generation)))
}

/** The Hypercore manifest of a log, version 2, one Ed25519 signer. Spec: specs/log.md#manifest. */
export function logManifest(owner: LogOwner, primitives: Primitives): Uint8Array {
  return concat(
    manifestStart,
    namespacesOf(primitives).signer,
    owner.device,
    Uint8Array.of(32),
    logBinding(owner, primitives),
  )
}

/** The key of a log, which nobody else's log can have. */
export function logKey(owner: LogOwner, primitives: Primitives): Uint8Array {
  return primitives.blake2b256(concat(namespacesOf(primitives).manifest, logManifest(owner, primitives)))
}

/** What a device signs to vouch for the first `length` blocks of its log. Any `fork` but 0 says that it took entries back. */
export function headSignable(
  log: Uint8Array,
  { length, treeHash }: Pick<SignedHead, 'length' | 'treeHash'>,
  primitives: Primitives,
  fork = 0,
): Uint8Array {
  return concat(namespacesOf(primitives).tree, log, treeHash, uint64Little(length), uint64Little(fork))
}

/** Throws `log/signature` unless the device signed this head of this log. */
export function verifyHead(log: Uint8Array, device: Uint8Array, head: SignedHead, primitives: Primitives): void {
  if (!primitives.verify(head.signature, headSignable(log, head, primitives), device)) {
    throw new ProtocolError('log/signature')
  }
}

/** The one hash that stands for all blocks below these peaks. */
export function treeHash(roots: LogRoots, primitives: Primitives): Uint8Array {
  const peaks = roots.map(({ hash, index, size }) => concat(hash, uint64Little(index), uint64Little(size)))
  return primitives.blake2b256(concat(Uint8Array.of(2), ...peaks))
}

/** The node over one block. */
export function leafNode(block: Uint8Array, index: number, primitives: Primitives): TreeNode {
  const hash = primitives.blake2b256(concat(Uint8Array.of(0), uint64Little(block.length), block))
  return { index: index * 2, size: block.length, hash }
}

/** The parent of two neighbours. Their sizes are part of its hash. */
export function joinNodes(left: TreeNode, right: TreeNode, primitives: Primitives): TreeNode {
  const size = left.size + right.size
  return {
    index: (left.index + right.index) / 2,
    size,
    hash: primitives.blake2b256(concat(Uint8Array.of(1), uint64Little(size), left.hash, right.hash)),
  }
}

/** A Merkle tree that grows block by block, as Hypercore's does. Two hashes a block. */
export class LogTree {
  readonly #primitives: Primitives
  #roots: TreeNode[]
  #length: number

  constructor(primitives: Primitives, roots: LogRoots = []) {
    this.#primitives = primitives
    this.#roots = [...roots]
    this.#length = roots.reduce((sum, { index }) => sum + leavesUnder(index), 0)
  }

  get length(): number {
    return this.#length
  }

  get roots(): LogRoots {
    return [...this.#roots]
  }

  append(block: Uint8Array): void {
    let node = leafNode(block, this.#length, this.#primitives)
    this.#length++
    for (let rest = this.#length; rest % 2 === 0; rest /= 2)
      node = joinNodes(this.#roots.pop()!, node, this.#primitives)
    this.#roots.push(node)
  }

  treeHash(): Uint8Array {
    return treeHash(this.#roots, this.#primitives)
  }
}

/** How many blocks lie below the node at this index: it has as many trailing ones as there are levels below it. */
export function leavesUnder(index: number): number {
  let leaves = 1
  for (let rest = index; rest % 2 === 1; rest = (rest - 1) / 2) leaves *= 2
  return leaves
}
