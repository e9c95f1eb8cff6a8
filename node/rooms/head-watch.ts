import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import {
  type ForkedHead,
  type ForkProof,
  forkLength,
  forkNodes,
  inForkOrder,
  verifyForkProof,
} from '../../protocol/log/fork.ts'
import { type SignedHead, verifyHead } from '../../protocol/log/hypercore.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { RoomLog } from '../replication/room-channel.ts'
import type { OtherHistory } from '../storage/stored-log.ts'
import type { Forks } from './forks.ts'

interface HeadWatchOptions {
  readonly forks: Forks
  readonly fold: RoomFold
  readonly primitives: Primitives
  /** A fork has come out, or a better proof of it; or one was known before the log was opened. */
  onFork(log: RoomLog): void
}

/**
 * Compares the heads that others hold with what is here, and freezes a log whose device has signed two histories.
 *
 * Hypercore says nothing when two histories of one length meet. Spec: specs/replication.md#verifying, specs/fork.md.
 */
export class HeadWatch {
  readonly #options: HeadWatchOptions
  /** The greatest head that somebody has of a log, as long as it is ahead of what is here. */
  readonly #ahead = new Map<RoomLog, SignedHead>()
  readonly #told = new Set<RoomLog>()

  constructor(options: HeadWatchOptions) {
    this.#options = options
  }

  /** Whether somebody has told how far they hold this log. */
  isTold(log: RoomLog): boolean {
    return this.#told.has(log)
  }

  /** Whether somebody holds more of this log than is here. */
  isAhead(log: RoomLog): boolean {
    return this.#ahead.has(log)
  }

  /** The greatest length that somebody had of this log, and that was ahead of what was here then; 0 if none was. */
  lengthTold(log: RoomLog): number {
    return this.#ahead.get(log)?.length ?? 0
  }

  /** Whether its device is known to have signed two histories. */
  isForked({ stored }: RoomLog): boolean {
    return stored.isForked || this.#options.forks.of(toHex(stored.key)) !== null
  }

  /** Throws `log/signature` or `fork/…` if the device did not sign this head. */
  async compare(log: RoomLog, { fork, ...head }: ForkedHead): Promise<void> {
    const { stored } = log
    if (fork > 0) return this.take(log, { type: 'truncated', head: { fork, ...head } })
    verifyHead(stored.key, stored.owner.device, head, this.#options.primitives)
    this.#told.add(log)
    if (this.#options.forks.of(toHex(stored.key))) return
    if (head.length > stored.length) {
      if (head.length > (this.#ahead.get(log)?.length ?? 0)) this.#ahead.set(log, head)
      return
    }
    const ours = await stored.treeHash(head.length)
    if (!equalBytes(ours, head.treeHash)) await this.#prove(log, head)
  }

  /** More of a log has arrived. */
  async grown(log: RoomLog): Promise<void> {
    const head = this.#ahead.get(log)
    if (!head || head.length > log.stored.length) return
    this.#ahead.delete(log)
    await this.compare(log, { fork: 0, ...head })
  }

  /** Somebody has a proof. Throws `fork/…` if it is none. */
  async take(log: RoomLog, proof: ForkProof): Promise<void> {
    const { forks, fold, primitives } = this.#options
    const key = toHex(log.stored.key)
    const known = forks.of(key)
    if (known && forkLength(known.proof) <= forkLength(proof)) return
    verifyForkProof(log.stored.owner, proof, primitives)
    const folded = fold.logs.get(key)?.length ?? 0
    await forks.add(key, { length: Math.max(folded, forkLength(proof)), proof })
    this.check(log)
  }

  /** Hypercore has met another history. */
  async conflict(log: RoomLog, theirs: OtherHistory | null): Promise<void> {
    if (theirs?.rest.length === 0) await this.#prove(log, theirs.head)
    else if (theirs) await this.#proveByTheirs(log, theirs)
    this.check(log)
  }

  /** What is known of a log that is opened, or whose fork has come out. */
  check(log: RoomLog): void {
    const { forks, fold, onFork } = this.#options
    const key = toHex(log.stored.key)
    const fork = forks.of(key)
    if (!fork && !log.stored.isForked) return
    this.#ahead.delete(log)
    const folding = fold.logs.get(key)
    if (folding) folding.frozenAt = fork?.length ?? log.stored.length
    onFork(log)
    // Those who cite the other history need not wait for it any longer.
    void fold.pump()
  }

  /** Theirs is longer, and its tree is shown where ours ends. */
  async #proveByTheirs(log: RoomLog, { head: long, at, roots, rest }: OtherHistory): Promise<void> {
    const short = await log.stored.head()
    if (short?.length === at) await this.take(log, { type: 'split', short, long, roots, rest })
  }

  /** Make a proof of the head that contradicts what is here. */
  async #prove(log: RoomLog, theirs: SignedHead): Promise<void> {
    const { stored } = log
    const ours = await stored.head()
    if (!ours) return
    const [short, long] = inForkOrder(ours, theirs)
    const { roots, rest } = forkNodes(short.length, long.length)
    const nodes = await stored.treeNodes([...roots, ...rest])
    // Some may be missing as long as blocks are: then it is told again.
    if (!nodes) return
    await this.take(log, {
      type: 'split',
      short,
      long,
      roots: nodes.slice(0, roots.length),
      rest: nodes.slice(roots.length),
    })
  }
}
