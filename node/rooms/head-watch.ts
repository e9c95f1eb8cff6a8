import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { type SignedHead, verifyHead } from '../../protocol/log/hypercore.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { RoomLog } from '../replication/room-channel.ts'
import type { Forks } from './forks.ts'

interface HeadWatchOptions {
  readonly forks: Forks
  readonly fold: RoomFold
  readonly primitives: Primitives
  onFork(log: RoomLog): void
}

/**
 * Compares the heads that others hold with what is here, and freezes a log whose device has signed two histories.
 *
 * Hypercore says nothing when two histories of one length meet. Spec: specs/replication.md#verifying.
 */
export class HeadWatch {
  readonly #options: HeadWatchOptions
  /** The greatest head that somebody has of a log, as long as it is ahead of what is here. */
  readonly #ahead = new Map<RoomLog, SignedHead>()

  constructor(options: HeadWatchOptions) {
    this.#options = options
  }

  /** Throws `log/signature` if the device did not sign this head. */
  async compare(log: RoomLog, head: SignedHead): Promise<void> {
    const { stored } = log
    verifyHead(stored.key, stored.owner.device, head, this.#options.primitives)
    if (stored.isForked || this.#options.forks.of(toHex(stored.key))) return
    if (head.length > stored.length) {
      if (head.length > (this.#ahead.get(log)?.length ?? 0)) this.#ahead.set(log, head)
      return
    }
    const ours = await stored.treeHash(head.length)
    if (Buffer.compare(ours, head.treeHash) !== 0) await this.#freeze(log, head)
  }

  /** More of a log has arrived. */
  async grown(log: RoomLog): Promise<void> {
    const head = this.#ahead.get(log)
    if (!head || head.length > log.stored.length) return
    this.#ahead.delete(log)
    await this.compare(log, head)
  }

  /** What is known of a log that is opened, or whose fork has come out. */
  check(log: RoomLog): void {
    const { forks, fold, onFork } = this.#options
    const key = toHex(log.stored.key)
    const fork = forks.of(key)
    if (!fork && !log.stored.isForked) return
    const folding = fold.logs.get(key)
    if (folding) folding.frozenAt = fork?.length ?? log.stored.length
    onFork(log)
    // Those who cite the other history need not wait for it any longer.
    void fold.pump()
  }

  async #freeze(log: RoomLog, theirs: SignedHead): Promise<void> {
    const { forks, fold } = this.#options
    const key = toHex(log.stored.key)
    const ours = await log.stored.head()
    await forks.add(key, { length: fold.logs.get(key)?.length ?? 0, heads: ours ? [ours, theirs] : [theirs] })
    this.check(log)
  }
}
