import type { EpochCursor } from '../../protocol/epoch/epoch-cursor.ts'
import type { PrekeyAnnounced } from '../../protocol/epoch/event.ts'
import { firstPrekeyOf, type HeldPrekey, isPrekeyDue, neededPrekeys, withPrekey } from '../../protocol/epoch/prekey.ts'
import { makeHpkePair } from '../hpke.ts'
import type { KeyStore } from '../storage/key-store.ts'

/** The pairs by which others seal to this device in one room. Spec: specs/encryption.md#prekeys. */
export class OwnPrekeys {
  readonly #room: Uint8Array
  readonly #store: KeyStore
  readonly #now: () => number
  #held: readonly HeldPrekey[]

  constructor(room: Uint8Array, store: KeyStore, now: () => number) {
    this.#room = room
    this.#store = store
    this.#now = now
    this.#held = store.prekeys(room)
  }

  get held(): readonly HeldPrekey[] {
    return this.#held
  }

  /** Whether the next one is to be announced in the own log, which stands at this cursor. */
  isDue({ prekey }: EpochCursor): boolean {
    const newest = this.#held.find(({ replaced }) => replaced === null)
    return newest?.generation !== prekey?.generation || isPrekeyDue(this.#held, this.#now())
  }

  /** Make the pair that comes next in the own log, and what announces it there. The private half is durable once this resolves. */
  async next({ generation, prekey }: EpochCursor): Promise<PrekeyAnnounced> {
    const next = prekey ? prekey.generation + 1 : firstPrekeyOf(generation)
    const { publicKey, privateKey } = await makeHpkePair()
    // One that never came into the log is not known to anybody.
    const announced = this.#held.filter((each) => each.generation !== next)
    this.#keep(withPrekey(announced, { generation: next, privateKey, announced: this.#now() }))
    return { type: 'prekey-announced', generation: next, key: publicKey }
  }

  /** Destroy the private halves that nobody seals to any more. `sealedTo`: as of `neededPrekeys`. */
  destroyOld(sealedTo: readonly (number | null)[]): void {
    const needed = neededPrekeys(this.#held, sealedTo, this.#now())
    if (needed.length < this.#held.length) this.#keep(needed)
  }

  #keep(held: readonly HeldPrekey[]): void {
    this.#store.keepPrekeys(this.#room, held)
    this.#held = held
  }
}
