import type Hypercore from 'hypercore'
import type { ConflictProof } from 'hypercore'
import multisig from 'hypercore/lib/multisig.js'
import type Protomux from 'protomux'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { joined } from '../../protocol/log/fork.ts'
import {
  type LogOwner,
  leavesUnder,
  type SignedHead,
  type TreeNode,
  treeHash,
  verifyHead,
} from '../../protocol/log/hypercore.ts'

/** What somebody has shown of a history that contradicts ours: nodes of its tree at some length, and from there to its signed head. */
export interface OtherHistory {
  readonly head: SignedHead
  readonly at: number
  readonly roots: readonly TreeNode[]
  readonly rest: readonly TreeNode[]
}

const fetchMs = 5_000

/** One log on disk, growing by our appends or by replication. */
export class StoredLog {
  readonly key: Uint8Array
  readonly owner: LogOwner
  readonly #reopen: () => Hypercore
  readonly #primitives: Primitives
  readonly #growing: (() => void)[] = []
  readonly #forking: ((theirs: OtherHistory | null) => void)[] = []
  #core: Hypercore
  #download: { destroy(): void } | null = null
  #isForked: boolean
  #isClosed = false

  /** `reopen` makes another session: Hypercore closes those of a log whose device has signed two histories. */
  constructor(core: Hypercore, owner: LogOwner, reopen: () => Hypercore, primitives: Primitives) {
    this.key = core.key
    this.owner = owner
    this.#core = core
    this.#reopen = reopen
    this.#primitives = primitives
    this.#isForked = core.core.header.frozen
    this.#listen()
  }

  /** Blocks that are here without a gap, from the first. */
  get length(): number {
    return this.#core.contiguousLength
  }

  /** The greatest length that the author has signed, as far as is known here. */
  get knownLength(): number {
    return this.#core.length
  }

  /** Whether its device has signed two histories. What is here stays readable; nothing more is taken. */
  get isForked(): boolean {
    return this.#isForked
  }

  /** Append in one batch with one signature; resolves once a crash of the process can lose nothing of it. */
  async append(blocks: readonly Uint8Array[]): Promise<void> {
    await this.#core.append(blocks as Uint8Array[])
  }

  /** Blocks `start` up to but not including `end`; all of them must be here. */
  async read(start: number, end: number): Promise<Uint8Array[]> {
    const indices = Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i)
    // One look at the disk for all of them: a `get` of each costs as much as folding it.
    const batch = this.#core.state.storage.read()
    const reading = Promise.all(indices.map((index) => batch.getBlock(index)))
    batch.tryFlush()
    const blocks = await reading
    return blocks.map((block, i) => {
      if (!block) throw new Error(`block ${start + i} is not here`)
      return block
    })
  }

  /** One block, asked for before all others; null if no connected node has it. */
  async fetch(index: number): Promise<Uint8Array | null> {
    return this.#core.get(index, { timeout: fetchMs })
  }

  /** Call back whenever blocks have arrived or were appended. */
  onGrow(listener: () => void): void {
    this.#growing.push(listener)
  }

  /** Call back when its device turns out to have signed two histories, with what was shown of the one that is not here. */
  onFork(listener: (theirs: OtherHistory | null) => void): void {
    this.#forking.push(listener)
  }

  /** The nodes of its Merkle tree at these places of the flat tree, or null if one is not here; those over blocks that are here are, too. */
  async treeNodes(indices: readonly number[]): Promise<readonly TreeNode[] | null> {
    const batch = this.#core.state.storage.read()
    const reading = Promise.all(indices.map((index) => batch.getTreeNode(index)))
    batch.tryFlush()
    const nodes = (await reading).filter((node) => node !== null)
    return nodes.length === indices.length ? nodes : null
  }

  treeHash(length: number): Promise<Uint8Array> {
    return this.#core.treeHash(length)
  }

  /**
   * The newest head with its device's signature; null for an empty log, and for one whose device has signed in a way that Hypercore takes
   * and specs/log.md does not.
   */
  async head(): Promise<SignedHead | null> {
    for (;;) {
      const { length } = this.#core
      if (length === 0) return null
      const [treeHash, proof] = await Promise.all([
        this.#core.treeHash(length),
        this.#core.proof({ upgrade: { start: 0, length } }),
      ])
      // Hypercore keeps the newest signature only: of a log that has grown meanwhile it is not this head's.
      if (this.#core.length !== length) continue
      return this.#signedHead(length, treeHash, proof.upgrade.signature)
    }
  }

  /** Hypercore wraps the signature for several signers, and lets a signer write that wrapping in many ways. */
  #signedHead(length: number, treeHash: Uint8Array, wrapped: Uint8Array): SignedHead | null {
    try {
      const [proof] = multisig.inflate(wrapped).proofs
      if (!proof) return null
      const head = { length, treeHash, signature: proof.signature }
      verifyHead(this.key, this.owner.device, head, this.#primitives)
      return head
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof RangeError) return null
      throw error
    }
  }

  /** Hypercore shows the other tree where the shorter one ends, and what leads from there to where it is signed. */
  #otherHistory(at: number, { nodes, additionalNodes, signature }: ConflictProof['upgrade']): OtherHistory | null {
    const all = [...nodes, ...additionalNodes]
    const length = all.reduce((sum, { index }) => sum + leavesUnder(index), 0)
    const head = this.#signedHead(length, treeHash(joined(all, this.#primitives), this.#primitives), signature)
    return head && { head, at, roots: nodes, rest: additionalNodes }
  }

  /** Exchange blocks of this log on a connection, with whoever proved there to be in its room. */
  replicate(mux: Protomux): void {
    if (!this.#isClosed) this.#core.replicate(mux)
  }

  /** Fetch everything that connected nodes have, now and later. */
  follow(): void {
    // In Hypercore's own order, by chance: in order, the proofs of blocks that are under way together repeat each other, which costs a third more bytes and time.
    this.#download ??= this.#core.download({ start: 0, end: -1 })
  }

  /** How many entries from the first on each connected node holds, by its network key in hex. */
  heldBy(): Map<string, number> {
    return new Map(this.#core.peers.map((peer) => [peer.remotePublicKey.toString('hex'), peer.remoteContiguousLength]))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#download?.destroy()
    await this.#core.close()
  }

  #listen(): void {
    const grown = () => {
      for (const listener of this.#growing) listener()
    }
    this.#core.on('append', grown)
    this.#core.on('download', grown)
    let theirs: OtherHistory | null = null
    this.#core.once('conflict', (length, _fork, { upgrade }) => {
      this.#isForked = true
      theirs = this.#otherHistory(length, upgrade)
    })
    this.#core.once('close', () => {
      if (!this.#isForked || this.#isClosed) return
      this.#core = this.#reopen()
      this.#listen()
      this.#core.ready().then(
        () => {
          for (const listener of this.#forking) listener(theirs)
          grown()
        },
        // The store is closing: whoever reads the log next is told.
        () => {},
      )
    })
  }
}
