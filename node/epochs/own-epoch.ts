import { randomBytes } from 'node:crypto'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { Hpke, Recipient } from '../../protocol/epoch/box.ts'
import { startChain } from '../../protocol/epoch/chain.ts'
import type { EpochReason, EpochSecrets } from '../../protocol/epoch/epoch.ts'
import type { EpochCursor } from '../../protocol/epoch/epoch-cursor.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { EpochShared, EpochStarted } from '../../protocol/epoch/event.ts'
import { type EpochDue, epochDue } from '../../protocol/epoch/rotation.ts'
import { shareEpoch, startEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import type { KeyStore } from '../storage/key-store.ts'
import type { Keyring } from './keyring.ts'
import type { RoomEpochs } from './room-epochs.ts'

interface OwnEpochOptions {
  readonly keyring: Keyring
  readonly store: KeyStore
  readonly epochs: RoomEpochs
  /** Whether members may give what is sealed here to those who come later. */
  readonly shareable: boolean
  readonly hpke: Hpke
  readonly primitives: Primitives
  readonly now: () => number
}

/** The epoch that the own log is in: its start is folded only after it was written. */
interface Current {
  readonly log: string
  readonly started: EpochStarted
  readonly sealedTo: ReadonlySet<string>
}

/** The epoch that this device seals in: whether another is due, and how it begins. Spec: specs/encryption.md#rotation. */
export class OwnEpoch {
  readonly #options: OwnEpochOptions
  #current: Current | null = null

  constructor(options: OwnEpochOptions) {
    this.#options = options
  }

  /** What is due before an entry of suite 1, in a log that stands at this cursor; null: nothing. */
  due(log: Uint8Array, cursor: EpochCursor, recipients: readonly Recipient[]): EpochDue | null {
    const { keyring, store, now } = this.#options
    const current = this.#currentAt(log, cursor)
    const held = current && keyring.held(log, cursor.number)
    if (!held) return epochDue(null, recipients, now())
    const intact = store.isIntact(keyring.room, log, cursor.number)
    const own = { cursor, began: held.learned, sealedTo: current.sealedTo, intact }
    return epochDue(own, recipients, now())
  }

  /** Do what is due. The keys are durable once this resolves: then append the event, and nothing before it. */
  async prepare(
    due: EpochDue,
    log: Uint8Array,
    cursor: EpochCursor,
    recipients: readonly Recipient[],
  ): Promise<EpochStarted | EpochShared> {
    return due.type === 'start'
      ? this.#start(due.reason, log, cursor, recipients)
      : this.#share(log, cursor, due.recipients)
  }

  async #start(
    reason: EpochReason,
    log: Uint8Array,
    cursor: EpochCursor,
    recipients: readonly Recipient[],
  ): Promise<EpochStarted> {
    const { keyring, shareable, hpke, primitives } = this.#options
    const number = cursor.number + 1
    const place = { room: keyring.room, log, number }
    const secrets = { header: randomBytes(32), history: randomBytes(32), ephemeral: randomBytes(32) }
    const started = await startEpoch(place, secrets, recipients, { reason, shareable }, hpke, primitives)
    keyring.keepOwn(this.#rowOf(log, number, secrets))
    this.#current = { log: toHex(log), started, sealedTo: devicesOf(recipients) }
    return started
  }

  async #share(log: Uint8Array, cursor: EpochCursor, recipients: readonly Recipient[]): Promise<EpochShared> {
    const { keyring, hpke, primitives } = this.#options
    const current = this.#currentAt(log, cursor)!
    const place = { room: keyring.room, log, number: cursor.number }
    const held = keyring.held(log, cursor.number)!
    const shared = await shareEpoch(current.started, place, held, cursor, recipients, hpke, primitives)
    this.#current = { ...current, sealedTo: new Set([...current.sealedTo, ...devicesOf(recipients)]) }
    return shared
  }

  #rowOf(log: Uint8Array, number: number, { header, history, ephemeral }: EpochSecrets): EpochKeys {
    const { shareable, now } = this.#options
    return {
      log,
      number,
      shareable,
      learned: now(),
      header,
      history: startChain({ step: 0, key: history }, true),
      ephemeral: startChain({ step: 0, key: ephemeral }, false),
    }
  }

  /** What was sealed, or announced, may not have come into the log. */
  broken(): void {
    this.#options.store.breakOwn(this.#options.keyring.room)
    this.#current = null
  }

  #currentAt(log: Uint8Array, { number }: EpochCursor): Current | null {
    const key = toHex(log)
    if (this.#current?.log === key && this.#current.started.number === number) return this.#current
    const begun = this.#options.epochs.begun(key, number)
    if (!begun) return null
    const { started, shares } = begun
    const boxes = [started, ...shares.values()].flatMap((event) => event.boxes)
    this.#current = { log: key, started, sealedTo: devicesOf(boxes) }
    return this.#current
  }
}

function devicesOf(all: readonly { readonly device: Uint8Array }[]): ReadonlySet<string> {
  return new Set(all.map(({ device }) => toHex(device)))
}
