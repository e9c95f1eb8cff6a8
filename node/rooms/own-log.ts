import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { type Admission, signNextLog } from '../../protocol/room/admission.ts'
import { encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import type { OwnEvent } from '../../protocol/room/own-room.ts'
import { Problem } from '../api/problems.ts'
import type { MakeEvent, RoomWriter } from '../projection/room-writer.ts'
import type { RoomChannel, RoomLog } from '../replication/room-channel.ts'
import type { OwnLogState, VaultRoom, WaitingMessage } from '../storage/key-vault.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { HeadWatch } from './head-watch.ts'
import { isRevoked, type Person } from './person.ts'

/** Where an entry of ours stands. */
export interface EntryPlace {
  readonly log: Uint8Array
  readonly index: number
}

/** What the vault keeps of a room. */
export interface KeptRoom {
  readonly content: VaultRoom
  /** Durable once resolved. */
  change(changed: (content: VaultRoom) => VaultRoom): Promise<void>
}

interface OwnLogOptions {
  readonly kept: KeptRoom
  readonly person: Person
  readonly room: Uint8Array
  readonly store: LogStore
  readonly heads: HeadWatch
  readonly primitives: Primitives
  readonly log: Logger
  readonly now: () => number
  /** What its owner is called. */
  ownName(): string
  channels(): readonly RoomChannel[]
  /** The greatest generation of the logs that this device has in the room. */
  generation(): number
  /** How many logs this device has in the room. */
  count(): number
  /** Take a log into the room, and make what writes into it. */
  take(log: RoomLog): RoomWriter
  /** Our next log has its first entry: remember it, and tell the others. */
  begun(log: RoomLog): Promise<void>
  isWritten(message: WaitingMessage): boolean
  onChange(): void
}

interface Current {
  readonly log: RoomLog
  readonly writer: RoomWriter
}

const patienceMs = 10_000
const mostPerBatch = 256
/** Of one device in one room. Spec: specs/room.md#limits. */
export const mostGenerations = 64
/** Random, for a copy may go on too; and upwards, for others seal to the prekey of the last. 64 of them stay below 2^32. */
const mostGenerationsApart = 2 ** 26

/**
 * The log that this device writes in a room, and whether it may go on in it.
 *
 * Where it is not known how the log ends, the others are asked, and where they cannot tell, a new log is begun: never is a head signed that
 * contradicts an earlier one. What is said meanwhile waits in the vault. Spec: specs/log.md#going-on.
 */
export class OwnLog {
  readonly #options: OwnLogOptions
  #current: Current
  #settling: Promise<void> | null = null
  #wake: (() => void) | null = null
  #isClosed = false
  /** Messages of the outbox that are appended, by their time, until they are out of it and those who asked are told. */
  readonly #places = new Map<number, EntryPlace>()

  constructor(options: OwnLogOptions, log: RoomLog) {
    this.#options = options
    this.#current = { log, writer: options.take(log) }
  }

  get key(): Uint8Array {
    return this.#current.log.stored.key
  }

  get generation(): number {
    return this.#stored.owner.generation
  }

  /** Whether it is known how the log ends: if not, it may still become another one. */
  get isSettled(): boolean {
    return this.#state?.doubt === null && !this.#mustGoOn()
  }

  /** What people have asked to say, and is not appended yet. */
  get waiting(): readonly WaitingMessage[] {
    return this.#outbox.filter(({ time }) => !this.#places.has(time))
  }

  /** Begin the log with `first` if it never was; go on with what was waiting when the node stopped. A device that was revoked does neither. */
  async open(first: RoomEvent): Promise<void> {
    const { kept, person } = this.#options
    if (isRevoked(person)) return
    if (!kept.content.own) {
      // As long as the vault does not know of it, nobody has got it from us.
      if (this.#stored.knownLength === 0) await this.#current.writer.append(first)
      await this.#keepState({ generation: this.#stored.owner.generation, doubt: null })
    } else if (this.#stored.knownLength === 0 && this.#state.doubt !== 'copied') {
      await this.#keepState({ ...this.#state, doubt: 'copied' })
    }
    const waiting = this.#outbox.filter((message) => !this.#options.isWritten(message))
    if (waiting.length < this.#outbox.length) await kept.change((content) => ({ ...content, outbox: waiting }))
    if (waiting.length > 0) this.#settleSoon()
  }

  /** Append an event; resolves once it is safe from a power cut. */
  async append(event: RoomEvent | OwnEvent | MakeEvent): Promise<EntryPlace> {
    const { writer, log } = await this.#ready()
    return { log: log.stored.key, index: await writer.append(event) }
  }

  /** The same, but resolves as soon as a crash of the process can lose nothing of it. */
  async write(event: RoomEvent): Promise<EntryPlace> {
    const { writer, log } = await this.#ready()
    return { log: log.stored.key, index: await writer.write(event) }
  }

  /** Begin another epoch if one is due, with nothing to say. */
  async renewEpoch(): Promise<void> {
    const { writer } = await this.#ready()
    await writer.renewEpoch()
  }

  /** Append a message, or keep it until it can be: from then on it is safe, though this resolves only when it is in a log. */
  async say(text: string): Promise<EntryPlace> {
    // What cannot be written must not be kept either.
    const event = { type: 'message-sent', text: text.replace(/^\uFEFF+/, '') } as const
    encodeEvent(event)
    if (this.#isSure()) return this.append(event)
    let time = 0
    await this.#options.kept.change((content) => {
      const outbox = content.outbox ?? []
      time = Math.max(this.#options.now(), (outbox.at(-1)?.time ?? 0) + 1)
      return { ...content, outbox: [...outbox, { time, text: event.text }] }
    })
    this.#options.onChange()
    while (this.#outbox.some((message) => message.time === time)) await this.#settle()
    const place = this.#places.get(time)!
    this.#places.delete(time)
    return place
  }

  /** Something has become known of this log, or somebody came or went. */
  changed(): void {
    this.#wake?.()
  }

  /** Resolves when everything asked for so far has been appended, or stays in the outbox. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    await this.#settling?.catch(() => {})
    await this.#current.writer.close()
  }

  get #outbox(): readonly WaitingMessage[] {
    return this.#options.kept.content.outbox ?? []
  }

  get #stored(): StoredLog {
    return this.#current.log.stored
  }

  get #state(): OwnLogState {
    return this.#options.kept.content.own!
  }

  async #ready(): Promise<Current> {
    if (isRevoked(this.#options.person)) throw new Problem('device-revoked')
    while (!this.#isSure()) await this.#settle()
    return this.#current
  }

  #isSure(): boolean {
    const { heads } = this.#options
    const { log } = this.#current
    return this.#state.doubt === null && !this.#mustGoOn() && !heads.isAhead(log) && this.#outbox.length === 0
  }

  /** Whatever anybody answers, this log may have been gone on with elsewhere. */
  #mustGoOn(): boolean {
    return this.#state.doubt === 'copied' || this.#options.heads.isForked(this.#current.log)
  }

  #settleSoon(): void {
    this.#settle().catch((error) => this.#options.log.warn({ err: error }, 'messages still wait to be written'))
  }

  #settle(): Promise<void> {
    this.#settling ??= this.#findEnd()
      .then(() => this.#empty())
      .finally(() => {
        this.#settling = null
      })
    return this.#settling
  }

  /** Learn how the log ends, or begin another. */
  async #findEnd(): Promise<void> {
    const { log } = this.#current
    const { heads } = this.#options
    const isKnown = () => heads.isTold(log) && !heads.isAhead(log)
    if (this.#state.doubt === null && !this.#mustGoOn() && !heads.isAhead(log)) return
    const haveAllTold = () => this.#options.channels().every(({ hasTold }) => hasTold)
    await this.#until(() => this.#mustGoOn() || (isKnown() && haveAllTold()))
    if (this.#isClosed)
      throw new Problem('storage-failing', 'The node is stopping. The message waits for its next start.')
    if (this.#mustGoOn() || !isKnown()) await this.#goOn()
    else if (this.#state.doubt) await this.#keepState({ ...this.#state, doubt: null })
  }

  /** Resolves when that is so, or nobody has the patience any longer. */
  async #until(isSo: () => boolean): Promise<void> {
    const end = performance.now() + patienceMs
    for (let left = patienceMs; left > 0 && !isSo() && !this.#isClosed; left = end - performance.now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#wake = null
  }

  /** Go on in a log of which nobody can have anything. */
  async #goOn(): Promise<void> {
    const { person, room, store, primitives, log: logger, generation, count, take, begun } = this.#options
    if (count() >= mostGenerations) {
      throw new Problem('storage-failing', `This device has gone on in ${mostGenerations} logs of this room already.`)
    }
    const admission = nextAdmission(person, room, generation() + randomInt(1, mostGenerationsApart), primitives)
    const owner = { room, identity: person.identity, device: person.device, generation: admission.generation }
    const stored = await store.openOwnLog(owner, person.deviceSeed)
    const log = { admission, stored }
    const writer = take(log)
    await writer.append({ type: 'joined', heads: [], admission, as: this.#options.ownName() })
    await begun(log)
    await this.#keepState({ generation: owner.generation, doubt: null })
    this.#current = { log, writer }
    logger.warn(
      { room: toHex(room), log: toHex(stored.key) },
      'nobody can tell how the own log ends: going on in another',
    )
    this.#options.onChange()
  }

  /** Append what waits, in order. */
  async #empty(): Promise<void> {
    const { kept, onChange } = this.#options
    const { writer, log } = this.#current
    while (this.#outbox.length > 0) {
      const batch = this.#outbox.slice(0, mostPerBatch)
      const left = batch.filter(({ time }) => !this.#places.has(time))
      const indices = await Promise.all(
        left.map(({ time, text }) => writer.write({ type: 'message-sent', text }, time)),
      )
      for (const [i, { time }] of left.entries()) this.#places.set(time, { log: log.stored.key, index: indices[i]! })
      await writer.flush()
      const done = new Set(batch.map(({ time }) => time))
      await kept.change((content) => ({
        ...content,
        outbox: (content.outbox ?? []).filter(({ time }) => !done.has(time)),
      }))
      onChange()
    }
  }

  #keepState(own: OwnLogState): Promise<void> {
    return this.#options.kept.change((content) => ({ ...content, own }))
  }
}

/** Why a later log of this device is in the room: the device says so. */
export function nextAdmission(
  { identity, statements, device, deviceSeed }: Person,
  room: Uint8Array,
  generation: number,
  primitives: Primitives,
): Admission {
  const signature = signNextLog({ room, identity, device, generation }, deviceSeed, primitives)
  return { identity: statements, device, generation, invite: null, signature }
}
