import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { Hpke } from '../../protocol/epoch/box.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { EpochEvent, EpochShared, EpochStarted, HistoryGranted } from '../../protocol/epoch/event.ts'
import { openGrant, withGrant } from '../../protocol/epoch/history-grant.ts'
import type { HeldPrekey } from '../../protocol/epoch/prekey.ts'
import { openEpoch, openShared } from '../../protocol/epoch/sealed-epoch.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { KeyStore } from '../storage/key-store.ts'
import type { Keyring } from './keyring.ts'
import type { EventPlace, RoomEpochs } from './room-epochs.ts'

interface BoxOpenerOptions {
  /** Ours. */
  readonly device: Uint8Array
  readonly epochs: RoomEpochs
  readonly keyring: Keyring
  readonly store: KeyStore
  readonly prekeys: () => readonly HeldPrekey[]
  readonly hpke: Hpke
  readonly primitives: Primitives
  readonly now: () => number
  readonly log: Logger
}

type Boxed = EpochStarted | EpochShared | HistoryGranted
interface Waiting {
  readonly event: Boxed
  readonly place: Pick<EventPlace, 'log' | 'index'>
}

/** An epoch of which keys have come. */
export interface Gained {
  readonly log: Uint8Array
  readonly number: number
}

/** Opens the boxes for this device, each once, and keeps what is in them. Spec: specs/encryption.md#opening. */
export class BoxOpener {
  readonly #options: BoxOpenerOptions
  readonly #device: string
  #waiting: Waiting[] = []
  #gained = 0
  /** The epochs of which an unopened box is going to say if there is a key. */
  readonly #awaited = new Set<string>()

  constructor(options: BoxOpenerOptions) {
    this.#options = options
    this.#device = toHex(options.device)
  }

  /** An event has been folded: what it has for us is opened by the next `open`. */
  note(event: EpochEvent, place: Pick<EventPlace, 'log' | 'index'>): void {
    if (event.type !== 'prekey-announced' && this.#isForUs(event, place)) this.#add({ event, place })
  }

  /** The same for all that was folded in earlier runs. */
  noteAll(): void {
    const { epochs } = this.#options
    this.#forget()
    for (const { log, started, index, shares } of epochs.all()) {
      this.note(started, { log, index })
      for (const [at, shared] of shares) this.note(shared, { log, index: at })
    }
    for (const { granted, place } of epochs.grants()) this.note(granted, place)
  }

  /** How many epochs have come so far. */
  get gained(): number {
    return this.#gained
  }

  /** Whether there are boxes to open. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether a box is going to say if there is a key of this epoch. */
  mayOpen(log: Uint8Array, number: number): boolean {
    return this.#awaited.has(idOf(log, number))
  }

  /** Open all that is there. Answers what has come; it is durable. Throws if it cannot be kept, and then it is tried again. */
  async open(): Promise<readonly Gained[]> {
    const { keyring } = this.#options
    const batch = new Set(this.#waiting)
    const rows = new Map<string, EpochKeys>()
    const grants: (readonly [place: Waiting['place'], event: HistoryGranted])[] = []
    for (const { event, place } of batch) {
      if (event.type === 'history-granted') grants.push([place, event])
      else if (!rows.has(idOf(place.log, event.number)) && !keyring.held(place.log, event.number)) {
        const row = await this.#unlessWrong(place, () => this.#openEpoch(event, place))
        if (row) rows.set(idOf(row.log, row.number), row)
      }
    }
    if (rows.size > 0) keyring.keep([...rows.values()])
    const gained: Gained[] = [...rows.values()]
    for (const [place, event] of grants) {
      const granted = (await this.#unlessWrong(place, () => this.#openGrant(event, place))) ?? []
      keyring.keepGranted(place, granted)
      gained.push(...granted)
    }
    const left = this.#waiting.filter((each) => !batch.has(each))
    this.#forget()
    for (const each of left) this.#add(each)
    this.#gained += gained.length
    return gained
  }

  #add(waiting: Waiting): void {
    const { event, place } = waiting
    this.#waiting.push(waiting)
    if (event.type !== 'history-granted') this.#awaited.add(idOf(place.log, event.number))
  }

  #forget(): void {
    this.#waiting = []
    this.#awaited.clear()
  }

  async #unlessWrong<T>({ log, index }: Waiting['place'], open: () => Promise<T>): Promise<T | null> {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      // Whoever seals rubbish to us harms us alone, and their entries stay without a key.
      const entry = `${toHex(log)}/${index}`
      const at = { room: toHex(this.#options.keyring.room), entry, code: error.code }
      this.#options.log.warn(at, 'keys that were sealed to this device are wrong')
      return null
    }
  }

  #openEpoch(event: EpochStarted | EpochShared, { log }: Waiting['place']): Promise<EpochKeys | null> {
    const { device, epochs, keyring, prekeys, hpke, primitives, now } = this.#options
    const place = { room: keyring.room, log, number: event.number }
    const owner = { device, prekeys: prekeys() }
    const keeping = { keeps: true, now: now() }
    if (event.type === 'epoch-started') return openEpoch(event, place, owner, keeping, hpke, primitives)
    const begun = epochs.begun(toHex(log), event.number)
    if (!begun) return Promise.resolve(null)
    return openShared(event, begun.started, place, owner, keeping, hpke, primitives)
  }

  async #openGrant(granted: HistoryGranted, { log }: Waiting['place']): Promise<readonly EpochKeys[]> {
    const { device, epochs, keyring, prekeys, hpke, primitives, now } = this.#options
    const startedAt = (of: string, number: number) => epochs.begun(of, number)?.started ?? null
    const owner = { device, prekeys: prekeys() }
    const place = { room: keyring.room, log }
    const rows = await openGrant(granted, place, owner, { startedAt, now: now() }, hpke, primitives)
    return (rows ?? []).flatMap((row) => {
      // What is held from the beginning says as much, and what was forgotten of it stays forgotten.
      return keyring.isWhole(row.log, row.number) ? [] : [withGrant(keyring.held(row.log, row.number), row)]
    })
  }

  #isForUs(event: Boxed, { log, index }: Waiting['place']): boolean {
    const { keyring, store } = this.#options
    if (event.type === 'history-granted') {
      return toHex(event.device) === this.#device && !store.wasGranted(keyring.room, log, index)
    }
    const isSealed = event.boxes.some(({ device }) => toHex(device) === this.#device)
    return isSealed && keyring.held(log, event.number) === null
  }
}

const idOf = (log: Uint8Array, number: number): string => `${toHex(log)}/${number}`
