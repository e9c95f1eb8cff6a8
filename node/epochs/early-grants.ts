import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { Hpke } from '../../protocol/epoch/box.ts'
import type { EpochStarted, HistoryGranted } from '../../protocol/epoch/event.ts'
import { type GrantedEpoch, grantedKeys, readGrant, withGrant } from '../../protocol/epoch/history-grant.ts'
import type { HeldPrekey } from '../../protocol/epoch/prekey.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Keyring } from './keyring.ts'
import type { EventPlace, RoomEpochs } from './room-epochs.ts'

interface EarlyGrantsOptions {
  /** Ours. */
  readonly device: Uint8Array
  readonly epochs: RoomEpochs
  readonly keyring: Keyring
  readonly prekeys: () => readonly HeldPrekey[]
  readonly hpke: Hpke
  readonly primitives: Primitives
  readonly now: () => number
  readonly log: Logger
  /** Whether this device has been given nothing so far, in a room where those who come are. */
  readonly isNew: boolean
}

/** How long a newcomer lets what has no key wait: nobody has to give any. */
const waitMs = 3_000
/** A thousand epochs each. What more there is comes when the grants are folded. */
const mostGrants = 8

/**
 * Grants that stand where a log was not read up to yet: with them a newcomer reads everything once, and not twice.
 *
 * Who gave them is not known, and need not be: an epoch is taken once it has begun, and only with the secrets that its author committed to.
 * Spec: specs/encryption.md#opening.
 */
export class EarlyGrants {
  readonly #options: EarlyGrantsOptions
  readonly #given = new Map<string, GrantedEpoch>()
  readonly #seen = new Set<string>()
  readonly #listeners: (() => void)[] = []
  #isWaiting = false
  /** By its own timer, and not by a clock: timers may come a moment too early, and nobody would ask again. */
  #isOver = false

  constructor(options: EarlyGrantsOptions) {
    this.#options = options
  }

  /** Call back when what waits need not wait any more. */
  onReady(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Whether a grant may be on its way. */
  isExpected(): boolean {
    return this.#options.isNew && this.#given.size === 0 && !this.#isOver
  }

  /** Whether an entry without a key is to wait. The first one that asks begins the wait of all. */
  mayCome(): boolean {
    if (!this.isExpected()) return false
    if (!this.#isWaiting) {
      this.#isWaiting = true
      setTimeout(() => {
        this.#isOver = true
        this.#ready()
      }, waitMs).unref()
    }
    return true
  }

  /** A grant to this device, and where it stands. */
  async found(granted: HistoryGranted, { log, index }: Pick<EventPlace, 'log' | 'index'>): Promise<void> {
    const { device, epochs, keyring, prekeys, hpke } = this.#options
    const entry = `${toHex(log)}/${index}`
    if (this.#seen.has(entry) || this.#seen.size >= mostGrants) return
    this.#seen.add(entry)
    const owner = { device, prekeys: prekeys() }
    try {
      const given = await readGrant(granted, { room: keyring.room, log }, owner, hpke)
      for (const epoch of given ?? []) {
        this.#given.set(idOf(epoch.log, epoch.number), epoch)
        const begun = epochs.begun(toHex(epoch.log), epoch.number)
        if (begun) this.begun(begun.started, epoch.log)
      }
      if (given) this.#ready()
    } catch (error) {
      this.#warn(error, entry)
    }
  }

  /** An epoch of a log has begun: if it was given early, it can be read from now on. */
  begun(started: EpochStarted, log: Uint8Array): void {
    const { keyring, primitives, now } = this.#options
    const id = idOf(log, started.number)
    const given = this.#given.get(id)
    if (!given) return
    const held = keyring.held(log, started.number)
    if (held?.history.first?.step === 0) return
    try {
      keyring.takeEarly(withGrant(held, grantedKeys(given, started, { room: keyring.room, now: now() }, primitives)))
    } catch (error) {
      this.#given.delete(id)
      this.#warn(error, id)
    }
  }

  #warn(error: unknown, entry: string): void {
    if (!(error instanceof ProtocolError)) throw error
    const { keyring, log } = this.#options
    log.warn({ room: toHex(keyring.room), entry, code: error.code }, 'a grant to this device is wrong')
  }

  #ready(): void {
    for (const listener of this.#listeners) listener()
  }
}

const idOf = (log: Uint8Array, number: number): string => `${toHex(log)}/${number}`
