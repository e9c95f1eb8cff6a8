import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { HistoryGranted } from '../../protocol/epoch/event.ts'
import { grantHistory, isGrantable, mostGrantedEpochs } from '../../protocol/epoch/history-grant.ts'
import { logOfPrekey } from '../../protocol/epoch/prekey.ts'
import { hpke } from '../hpke.ts'
import type { Epochs } from './epochs.ts'
import type { BegunEpoch, GivenGrant, Reader } from './room-epochs.ts'

interface HistoryGiverOptions {
  readonly epochs: Epochs
  /** Ours. */
  readonly device: Uint8Array
  /** Whether we may say something in the room. */
  mayWrite(): boolean
  /** Whether somebody is in the room. */
  isIn(identity: string): boolean
  /** Whether it was us who let somebody in. */
  haveLetIn(identity: string): boolean
  /** Append a grant that is made for the log in which it is going to stand; resolves once it has been folded. */
  append(make: (log: Uint8Array) => Promise<HistoryGranted>): Promise<unknown>
  readonly log: Logger
}

/** How long one waits for others to give: whoever let somebody in does not, who wrote what is missing not long. */
const patienceMs = { author: [1_500, 4_000], other: [6_000, 15_000] } as const
/** Whoever comes with many devices must not have everybody write for ever. */
const mostAtOnce = 30
const restMs = 600_000

/**
 * Gives devices that have come the epochs that began without them, in a room where all may read what was said before.
 *
 * One member does it: the one who let them in, and others only if what is missing is given by nobody for a while. Spec: specs/encryption.md#producing.
 */
export class HistoryGiver {
  readonly #options: HistoryGiverOptions
  /** Until when something may be given by others, by device. */
  readonly #waiting = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null
  /** What was looked at last: a message changes nothing of it. */
  #looked: { readonly version: number; readonly readers: readonly Reader[] } = { version: -1, readers: [] }
  #given: readonly number[] = []
  #giving: Promise<void> | null = null
  #isClosed = false

  constructor(options: HistoryGiverOptions) {
    this.#options = options
  }

  /** Somebody may have come, or something may have been given. */
  changed(): void {
    this.#giving ??= this.#giveAll().finally(() => {
      this.#giving = null
    })
  }

  /** Give nothing more. Resolves when what is under way is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#giving
  }

  async #giveAll(): Promise<void> {
    // Whatever else is folded in this tick counts.
    await null
    const { epochs, isIn, mayWrite, log } = this.#options
    if (!epochs.givesHistory || !mayWrite()) return
    const version = epochs.known.version + epochs.boxes.gained
    const readers = epochs.known.readers().filter(({ identity }) => isIn(identity))
    if (this.#isSame(version, readers)) return
    this.#looked = { version, readers }
    for (const reader of readers) {
      if (this.#isClosed) return
      await this.#giveTo(reader).catch((error) => {
        log.warn({ err: error }, 'what was said before could not be given')
        this.#lookAgain(restMs)
      })
    }
  }

  #isSame(version: number, readers: readonly Reader[]): boolean {
    const { version: before, readers: known } = this.#looked
    return version === before && readers.length === known.length && readers.every((reader, i) => reader === known[i])
  }

  async #giveTo(reader: Reader): Promise<void> {
    const { append, epochs } = this.#options
    const device = toHex(reader.device)
    const lacking = this.#lackedBy(reader)
    if (lacking.length === 0) {
      this.#waiting.delete(device)
      return
    }
    if (!this.#isTurn(device, lacking, reader) || !this.#isWithinBounds()) return
    this.#waiting.delete(device)
    const rows = lacking.flatMap(({ log, started }) => this.#rowOf(log, started.number))
    for (let i = 0; i < rows.length; i += mostGrantedEpochs) {
      const some = rows.slice(i, i + mostGrantedEpochs)
      await append((log) => grantHistory(some, reader, { room: epochs.keyring.room, log }, hpke))
    }
  }

  /** The epochs that a device has neither from their author nor from anybody else, and that can be given from here. */
  #lackedBy({ device, prekey }: Reader): readonly BegunEpoch[] {
    const { known } = this.#options.epochs
    const id = toHex(device)
    if (id === toHex(this.#options.device)) return []
    // A device that went on in another log may have lost by what it was sealed to before.
    const isOpened = (generation: number | undefined) =>
      generation !== undefined && logOfPrekey(generation) === logOfPrekey(prekey.generation)
    const grants = known.grants().filter(({ granted }) => toHex(granted.device) === id && isOpened(granted.generation))
    return known.all().filter((epoch) => {
      const { started, owner, sealedTo, log } = epoch
      if (!started.shareable || toHex(owner.device) === id || isOpened(sealedTo.get(id))) return false
      if (grants.some((grant) => this.#covers(grant, epoch))) return false
      return this.#rowOf(log, started.number).length > 0
    })
  }

  #rowOf(log: Uint8Array, number: number): EpochKeys[] {
    const row = this.#options.epochs.keyring.held(log, number)
    return row && isGrantable(row) ? [row] : []
  }

  /** Whether whoever gave had this epoch, and knew of it. */
  #covers({ place }: GivenGrant, { log, owner, index, sealedTo }: BegunEpoch): boolean {
    const giver = toHex(place.owner.device)
    const knew = toHex(place.log) === toHex(log) ? place.index > index : (place.seen.get(toHex(log)) ?? 0) > index
    const isOurs = giver === toHex(this.#options.device)
    return knew && (isOurs || giver === toHex(owner.device) || sealedTo.has(giver))
  }

  /** Whether others had the time that they have to give it first. */
  #isTurn(device: string, lacking: readonly BegunEpoch[], { identity }: Reader): boolean {
    if (this.#options.haveLetIn(identity)) return true
    const own = toHex(this.#options.device)
    // Nobody else has it.
    const isOursAlone = ({ owner, sealedTo }: BegunEpoch) =>
      toHex(owner.device) === own && [...sealedTo.keys()].every((each) => each === own)
    if (lacking.some(isOursAlone)) return true
    const isAuthor = lacking.some(({ owner }) => toHex(owner.device) === own)
    const now = performance.now()
    const [least, most] = isAuthor ? patienceMs.author : patienceMs.other
    const until = this.#waiting.get(device) ?? now + randomInt(least, most)
    this.#waiting.set(device, until)
    if (until <= now) return true
    this.#lookAgain(until - now)
    return false
  }

  #isWithinBounds(): boolean {
    const now = performance.now()
    this.#given = this.#given.filter((at) => now - at < restMs)
    if (this.#given.length >= mostAtOnce) {
      this.#lookAgain(restMs)
      return false
    }
    this.#given = [...this.#given, now]
    return true
  }

  #lookAgain(afterMs: number): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#looked = { version: -1, readers: [] }
      this.changed()
    }, afterMs + 1).unref()
  }
}
