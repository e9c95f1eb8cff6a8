import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { Recipient } from '../../protocol/epoch/box.ts'
import {
  type Box,
  decodeEpochEvent,
  type EpochEvent,
  type EpochShared,
  type EpochStarted,
  encodeEpochEvent,
  type HistoryGranted,
  isEpochKind,
} from '../../protocol/epoch/event.ts'
import type { Prekey } from '../../protocol/epoch/prekey.ts'
import type { LogOwner } from '../../protocol/log/hypercore.ts'
import type { EpochEventRow } from '../storage/view-rows.ts'

/** Where an event about epochs stands. */
export interface EventPlace {
  readonly log: Uint8Array
  readonly owner: LogOwner
  readonly index: number
  /** How much of each other log its author had cited by then; by key in hex. */
  readonly seen: ReadonlyMap<string, number>
}

/** A device that can be sealed to. */
export interface Reader extends Recipient {
  readonly identity: string
}

/** An epoch of some log, as it began. `boxes`: those for us, and in our own logs all. */
export interface BegunEpoch {
  readonly log: Uint8Array
  readonly started: EpochStarted
  readonly owner: LogOwner
  readonly index: number
  /** By which prekey it was sealed to each device when it began; by device in hex. */
  readonly sealedTo: ReadonlyMap<string, number>
  /** By where they stand. */
  readonly shares: ReadonlyMap<number, EpochShared>
}

/** A grant that somebody gave. */
export interface GivenGrant {
  readonly granted: HistoryGranted
  readonly place: EventPlace
}

/** What of an event is to be kept in the view store, to be restored from. */
export type KeptEvent = Pick<EpochEventRow, 'kind' | 'body' | 'about'>

/** What cannot be told from the event that is kept. */
interface About {
  readonly seen?: readonly (readonly [log: string, length: number])[]
  readonly sealedTo?: readonly (readonly [device: string, generation: number])[]
}

/** What the entries of a room say about epochs, as far as this device has a use for it. Needs no key. */
export class RoomEpochs {
  readonly #device: string
  readonly #readers = new Map<string, Reader>()
  /** Of each log, by the number of the epoch. */
  readonly #begun = new Map<string, Map<number, BegunEpoch>>()
  readonly #grants = new Map<string, GivenGrant>()
  #version = 0

  /** `device`: ours. */
  constructor(device: Uint8Array) {
    this.#device = toHex(device)
  }

  /** Forget everything, and begin with what the view store has. `ownerOf`: of a log, by its key in hex. */
  restore(rows: readonly EpochEventRow[], ownerOf: (log: string) => LogOwner | null): void {
    this.#readers.clear()
    this.#begun.clear()
    this.#grants.clear()
    for (const { log, index, kind, body, about } of rows) {
      const owner = ownerOf(log)
      if (!owner || !isEpochKind(kind)) continue
      const { seen = [], sealedTo = [] } = JSON.parse(about) as About
      const place = { log: fromHex(log), owner, index, seen: new Map(seen) }
      this.#take(decodeEpochEvent(kind, 'epoch', body), place, new Map(sealedTo))
    }
  }

  /** Another number whenever something has been taken in. */
  get version(): number {
    return this.#version
  }

  /** Take in an event that holds, in the order of its log, once or again. */
  note(event: EpochEvent, place: EventPlace): KeptEvent {
    const kept = this.#withoutOthers(event, place)
    const boxes = event.type === 'epoch-started' ? event.boxes : []
    const sealedTo = boxes.map(({ device, generation }) => [toHex(device), generation] as const)
    this.#take(kept, place, new Map(sealedTo))
    const seen = event.type === 'history-granted' ? [...place.seen] : []
    const about: About = { ...(seen.length > 0 && { seen }), ...(sealedTo.length > 0 && { sealedTo }) }
    return { kind: event.type, body: encodeEpochEvent(kept), about: JSON.stringify(about) }
  }

  /** How an epoch began; null if nothing here says. */
  begun(log: string, number: number): BegunEpoch | null {
    return this.#begun.get(log)?.get(number) ?? null
  }

  /** Every device that has announced a prekey, with its newest. */
  readers(): readonly Reader[] {
    return [...this.#readers.values()]
  }

  reader(device: string): Reader | null {
    return this.#readers.get(device) ?? null
  }

  /** All epochs of logs of our own device. */
  own(): readonly BegunEpoch[] {
    return this.of(this.#device)
  }

  /** All epochs of logs of a device, in hex. */
  of(device: string): readonly BegunEpoch[] {
    return this.all().filter(({ owner }) => toHex(owner.device) === device)
  }

  all(): readonly BegunEpoch[] {
    return [...this.#begun.values()].flatMap((epochs) => [...epochs.values()])
  }

  grants(): readonly GivenGrant[] {
    return [...this.#grants.values()]
  }

  /** For each device that has begun an epoch, the newest generation that its newest epochs are sealed to us by; null: it seals to others only. */
  sealedToUs(): ReadonlyMap<string, number | null> {
    const found = new Map<string, number | null>()
    for (const epochs of this.#begun.values()) {
      const newest = [...epochs.values()].at(-1)!
      const device = toHex(newest.owner.device)
      const generations = [newest.started, ...newest.shares.values()].flatMap(
        ({ boxes }) => this.#ownBox(boxes)?.generation ?? [],
      )
      const known = found.get(device) ?? null
      found.set(device, generations.length === 0 ? known : Math.max(known ?? 0, ...generations))
    }
    return found
  }

  #ownBox(boxes: readonly Box[]): Box | undefined {
    return boxes.find(({ device }) => toHex(device) === this.#device)
  }

  /** Boxes for others are of no use here, and a room of a thousand has a thousand of them in each entry. */
  #withoutOthers(event: EpochEvent, { owner }: EventPlace): EpochEvent {
    if (event.type === 'history-granted')
      return toHex(event.device) === this.#device ? event : { ...event, sealed: empty }
    if (event.type === 'prekey-announced' || toHex(owner.device) === this.#device) return event
    return { ...event, boxes: event.boxes.filter(({ device }) => toHex(device) === this.#device) }
  }

  #take(event: EpochEvent, place: EventPlace, sealedTo: ReadonlyMap<string, number>): void {
    this.#version++
    switch (event.type) {
      case 'prekey-announced':
        this.#takePrekey(event, place.owner)
        return
      case 'epoch-started':
        this.#takeStart(event, place, sealedTo)
        return
      case 'epoch-shared': {
        const epochs = this.#begun.get(toHex(place.log))
        const epoch = epochs?.get(event.number)
        if (epoch) epochs!.set(event.number, { ...epoch, shares: new Map(epoch.shares).set(place.index, event) })
        return
      }
      case 'history-granted':
        this.#grants.set(`${toHex(place.log)}/${place.index}`, { granted: event, place })
    }
  }

  #takeStart(started: EpochStarted, { log, owner, index }: EventPlace, sealedTo: ReadonlyMap<string, number>): void {
    const epochs = this.#begun.get(toHex(log)) ?? new Map<number, BegunEpoch>()
    this.#begun.set(toHex(log), epochs)
    // An entry that is folded again says nothing new, and what was shared of its epoch stays.
    if (epochs.get(started.number)?.index === index) return
    epochs.set(started.number, { log, started, owner, index, sealedTo, shares: new Map() })
  }

  #takePrekey({ generation, key }: Prekey, { device, identity }: LogOwner): void {
    const id = toHex(device)
    const known = this.#readers.get(id)
    if (known && known.prekey.generation >= generation) return
    this.#readers.set(id, { device, identity: toHex(identity), prekey: { generation, key } })
  }
}

const empty = new Uint8Array(0)
