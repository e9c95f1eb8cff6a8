import { hpke, makeHpkePair } from '../../node/hpke.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { fromText, toHex } from '../../protocol/bytes.ts'
import type { Recipient } from '../../protocol/epoch/box.ts'
import { advanceEpoch, advanceStep, emptyEpochs } from '../../protocol/epoch/epoch-cursor.ts'
import { decodeEpochKeys, type EpochKeys, encodeEpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { decodeEpochEvent, type EpochEvent, type EpochStarted, encodeEpochEvent } from '../../protocol/epoch/event.ts'
import { openGrant, withGrant } from '../../protocol/epoch/history-grant.ts'
import { type HeldPrekey, type Prekey, withPrekey } from '../../protocol/epoch/prekey.ts'
import { openInRoom, type RoomKeys, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { openEpoch, openShared, shareEpoch, startEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import { type EntryClass, type EntryPlace, readFrame } from '../../protocol/log/entry.ts'
import { seedOf } from './conversation.ts'

export const epochRoom = seedOf('a room of suite 1')
const room = epochRoom
const authority = seedOf('its authority')

/** One block of a log, at its place. */
export interface Sealed {
  readonly place: EntryPlace
  readonly block: Uint8Array
}

let salts = 0
const freshBytes = (length: number) => seedOf(`fresh ${salts++}`).slice(0, length)

/** A device of the room: what it holds, and its own log. Everything it reads and writes goes through bytes. */
export class EpochDevice {
  readonly device: Uint8Array
  readonly log: Uint8Array
  readonly keeps: boolean
  readonly blocks: Sealed[] = []
  /** The key store: rows as they would be on a disk. */
  rows = new Map<string, Uint8Array>()
  prekeys: readonly HeldPrekey[] = []
  /** Texts that were read, by log and index. Those whose header alone could be read are null. */
  readonly texts = new Map<string, string | null>()
  /** How each epoch began, by log and number. */
  readonly started = new Map<string, EpochStarted>()
  readonly recipient: Recipient
  cursor = emptyEpochs(0)

  private constructor(name: string, prekey: Prekey, held: HeldPrekey, keeps: boolean) {
    this.device = seedOf(`device of ${name}`)
    this.log = seedOf(`log of ${name}`)
    this.recipient = { device: this.device, prekey }
    this.prekeys = [held]
    this.keeps = keeps
  }

  static async make(name: string, keeps = true): Promise<EpochDevice> {
    const { publicKey, privateKey } = await makeHpkePair()
    const held = { generation: 0, privateKey, announced: 0, replaced: null }
    return new EpochDevice(name, { generation: 0, key: publicKey }, held, keeps)
  }

  get roomKeys(): RoomKeys {
    return {
      classKey: () => authority,
      epoch: (log, number) => this.row(log, number),
    }
  }

  row(log: Uint8Array, number: number): EpochKeys | null {
    const bytes = this.rows.get(idOf(log, number))
    return bytes ? decodeEpochKeys(bytes) : null
  }

  keep(keys: EpochKeys | null): void {
    if (keys) this.rows.set(idOf(keys.log, keys.number), encodeEpochKeys(keys))
  }

  /** Make another pair. Who seals to this device from now on seals to that one. */
  async rotatePrekey(now: number): Promise<Recipient> {
    const { publicKey, privateKey } = await makeHpkePair()
    const generation = this.prekeys.at(-1)!.generation + 1
    this.prekeys = withPrekey(this.prekeys, { generation, privateKey, announced: now })
    return { device: this.device, prekey: { generation, key: publicKey } }
  }

  async start(recipients: readonly Recipient[], shareable = true): Promise<EpochStarted> {
    const place = { room, log: this.log, number: this.cursor.number + 1 }
    const secrets = { header: freshBytes(32), history: freshBytes(32), ephemeral: freshBytes(32) }
    const reason = place.number === 1 ? 'begun' : 'removed'
    const started = await startEpoch(place, secrets, recipients, { reason, shareable }, hpke, primitives)
    await this.append(started)
    return started
  }

  async share(...recipients: readonly Recipient[]): Promise<void> {
    const { number, history, ephemeral } = this.cursor
    const place = { room, log: this.log, number }
    const started = this.started.get(idOf(this.log, number))!
    const keys = this.row(this.log, number)!
    await this.append(await shareEpoch(started, place, keys, { history, ephemeral }, recipients, hpke, primitives))
  }

  async append(event: EpochEvent): Promise<void> {
    this.cursor = advanceEpoch(this.cursor, event)
    await this.#appendBytes('epoch', event.type, encodeEpochEvent(event))
  }

  async say(text: string, entryClass: EntryClass = 'message'): Promise<Sealed> {
    await this.#appendBytes(entryClass, 'message-sent', fromText(text))
    return this.blocks.at(-1)!
  }

  async #appendBytes(entryClass: EntryClass, kind: string, body: Uint8Array): Promise<void> {
    const place: EntryPlace = { room, log: this.log, index: this.blocks.length, suite: 1 }
    const entry = { class: entryClass, header: { kind, time: 0, depth: place.index + 1, heads: [] }, body }
    const own = { roomKeys: this.roomKeys, position: this.cursor, salt: freshBytes(16) }
    const { block, epoch } = sealInRoom(place, entry, own, primitives)!
    this.keep(epoch)
    const frame = readFrame(block, 1)
    if (frame.suite === 1) this.cursor = advanceStep(this.cursor, frame)
    const sealed = { place, block }
    this.blocks.push(sealed)
    await this.read(sealed)
  }

  /** Read one block as far as there are keys; answers whether there was any. */
  async read({ place, block }: Sealed): Promise<boolean> {
    const found = openInRoom(block, place, this.roomKeys, primitives)
    if (!found) return false
    this.keep(found.epoch)
    const { header, frame } = found.opened
    if (frame.class !== 'epoch') {
      const id = idOf(place.log, place.index)
      const text = 'body' in found.opened ? Buffer.from(found.opened.body).toString() : null
      if (text !== null || !this.texts.has(id)) this.texts.set(id, text)
      return text !== null
    }
    if (!('body' in found.opened)) throw new Error('an event without a body')
    await this.#readEvent(decodeEpochEvent(header.kind as EpochEvent['type'], frame.class, found.opened.body), place)
    return true
  }

  async #readEvent(event: EpochEvent, { log }: EntryPlace): Promise<void> {
    const keeping = { keeps: this.keeps, now: 0 }
    if (event.type === 'epoch-started') this.started.set(idOf(log, event.number), event)
    if (event.type === 'history-granted') return this.#readGrant(event, log)
    if (event.type === 'prekey-announced' || this.row(log, event.number)) return
    const place = { room, log, number: event.number }
    const started = this.started.get(idOf(log, event.number))
    if (event.type === 'epoch-started') this.keep(await openEpoch(event, place, this, keeping, hpke, primitives))
    else if (started) this.keep(await openShared(event, started, place, this, keeping, hpke, primitives))
  }

  async #readGrant(event: EpochEvent & { type: 'history-granted' }, log: Uint8Array): Promise<void> {
    const startedAt = (of: string, number: number) => this.started.get(`${of}/${number}`) ?? null
    const granted = await openGrant(event, { room, log }, this, { startedAt, now: 0 }, hpke, primitives)
    for (const keys of granted ?? []) this.keep(withGrant(this.row(keys.log, keys.number), keys))
  }

  /** Read blocks in this order; those that have no key yet wait, and are tried again after each that was read. */
  async readAll(blocks: readonly Sealed[]): Promise<void> {
    let waiting: Sealed[] = []
    for (const block of blocks) {
      waiting.push(block)
      for (let progress = true; progress; ) {
        const left: Sealed[] = []
        for (const each of waiting) if (!(await this.read(each))) left.push(each)
        progress = left.length < waiting.length && left.length > 0
        waiting = left
      }
    }
  }

  /** What it has read of a log, in its order. */
  textsOf({ log, blocks }: EpochDevice): (string | null)[] {
    return blocks.map(({ place }) => this.texts.get(idOf(log, place.index)) ?? null)
  }
}

const idOf = (log: Uint8Array, number: number): string => `${toHex(log)}/${number}`
