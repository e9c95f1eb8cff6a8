import type { Logger } from 'pino'
import { checkpointCommitment } from '../../protocol/anchor/batch.ts'
import type { SignedCheckpoint } from '../../protocol/checkpoint/checkpoint.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { AnchoredBatch, AnchorStore } from '../storage/anchor-store.ts'
import { type AnchorWay, type Step, WayProblem } from './anchor-way.ts'
import { makeBatch } from './batch.ts'

interface AnchorQueueOptions {
  readonly store: AnchorStore
  readonly primitives: Primitives
  readonly log: Logger
  /** Unix ms. */
  now(): number
  /** The chains that are set up, by what the settings call them. */
  ways(): ReadonlyMap<string, AnchorWay>
  /** The newest own checkpoint of each room. */
  checkpoints(): readonly SignedCheckpoint[]
  onChange(): void
}

const advanceEveryMs = 60_000
const collectEveryMs = 3_600_000

/**
 * Brings checkpoints to the chains that are set up, in batches, and looks after each until its block is final.
 *
 * Without a chain nothing happens, and nothing is lost: the newest checkpoints stand for all that was before, and go as soon as there is one.
 */
export class AnchorQueue {
  readonly #options: AnchorQueueOptions
  readonly #timers: readonly NodeJS.Timeout[]
  #working: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: AnchorQueueOptions) {
    this.#options = options
    this.#timers = [
      setInterval(() => void this.#inTurn(() => this.#advanceAll()), advanceEveryMs).unref(),
      setInterval(() => void this.now(), collectEveryMs).unref(),
    ]
  }

  /** Put on every chain what is on it in no batch yet, and go on with all that is on its way. */
  now(): Promise<void> {
    return this.#inTurn(async () => {
      this.#collect()
      await this.#advanceAll()
    })
  }

  /** Look how far everything has come. */
  advance(): Promise<void> {
    return this.#inTurn(() => this.#advanceAll())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#working
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#working.then(work)
    this.#working = done.catch((error) => this.#options.log.warn({ err: error }, 'anchors could not be looked after'))
    return done
  }

  #collect(): void {
    const { store, primitives, now, ways, checkpoints, onChange } = this.#options
    const newest = checkpoints().filter(({ checkpoint }) => checkpoint.size > 0)
    for (const chain of ways().keys()) {
      const isOnIt = ({ checkpoint }: SignedCheckpoint) =>
        store.batchesOf(checkpoint, checkpoint.size).some((batch) => batch.chain === chain)
      const left = newest.filter((signed) => !isOnIt(signed))
      if (left.length === 0) continue
      const { message, places } = makeBatch(left.map((signed) => checkpointCommitment(signed, primitives)))
      store.add(
        { chain, message, made: now() },
        places.map((place, i) => ({ ...place, signed: left[i]! })),
      )
      onChange()
    }
  }

  async #advanceAll(): Promise<void> {
    const { store, ways } = this.#options
    for (const batch of store.batches().reverse()) {
      if (this.#isClosed) return
      if (batch.state !== 'final') await this.#advance(batch, ways().get(batch.chain))
    }
  }

  async #advance(batch: AnchoredBatch, way: AnchorWay | undefined): Promise<void> {
    if (!way) return this.#note(batch, { ...batch, reason: 'This chain is not set up any more.' })
    try {
      const prepared = batch.receipt ? batch : { ...batch, receipt: await way.prepare(batch.message) }
      // Kept before anything leaves: after a stop in between, the same is handed in, and not another.
      this.#note(batch, prepared)
      this.#note(prepared, afterStep(prepared, await way.advance(batch.message, prepared.receipt!)))
    } catch (error) {
      if (!(error instanceof WayProblem)) throw error
      const { receipt } = this.#options.store.batches().find(({ id }) => id === batch.id)!
      this.#note(batch, { ...batch, receipt, reason: error.message })
    }
  }

  #note(before: AnchoredBatch, after: AnchoredBatch): void {
    if (before === after) return
    this.#options.store.update(after)
    if (before.state !== after.state || before.reason !== after.reason || before.depth !== after.depth) {
      this.#options.onChange()
    }
  }
}

function afterStep(batch: AnchoredBatch, { receipt, progress }: Step): AnchoredBatch {
  switch (progress.state) {
    case 'pending':
      return { ...batch, receipt, state: 'pending', reason: progress.reason, depth: 0, evidence: null }
    case 'lost':
      return { ...batch, receipt: null, state: 'queued', reason: progress.reason, depth: 0, evidence: null }
    case 'confirmed':
      return { ...batch, receipt, state: 'confirmed', reason: null, depth: progress.depth, evidence: progress.evidence }
    case 'final':
      return { ...batch, receipt, state: 'final', reason: null, evidence: progress.evidence }
  }
}
