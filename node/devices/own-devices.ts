import type { Logger } from 'pino'
import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { decodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import {
  mergeOwnSubjects,
  type OwnEvent,
  type OwnSubjects,
  roomSubject,
  subjectOf,
} from '../../protocol/room/own-room.ts'
import type { Contacts } from '../rooms/contacts.ts'
import type { Room } from '../rooms/room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { KeyVault, VaultContact } from '../storage/key-vault.ts'
import type { ReadMark } from '../storage/view-rows.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { OwnEntries } from './own-entries.ts'

interface OwnDevicesOptions {
  readonly rooms: Rooms
  readonly vault: KeyVault
  readonly contacts: Contacts
  readonly view: ViewStore
  readonly primitives: Primitives
  readonly log: Logger
  /** Something that is shown has come from another device. */
  onChange(): void
}

/** Keeps what one's devices know in common: rooms, people, one's name, what was read. Spec: specs/own-room.md. */
export class OwnDevices {
  readonly #options: OwnDevicesOptions
  #room: Room | null = null
  #entries: OwnEntries | null = null
  #working: Promise<void> = Promise.resolve()
  #isAsked = false
  #isClosed = false

  constructor(options: OwnDevicesOptions) {
    this.#options = options
  }

  /** Join the own room, as soon as the home is somebody's. */
  async open(): Promise<void> {
    if (this.#room) return
    const { rooms, view, primitives, contacts } = this.#options
    this.#room = await rooms.openOwn()
    this.#entries = new OwnEntries(this.#room, view, primitives)
    contacts.tell = (contact) => this.#tell(notedOf(contact))
    this.changed()
    rooms.dialKnown()
  }

  /** The own room, or what its entries are compared with, has changed: do what has to be done, once it can be. */
  changed(): void {
    if (this.#isAsked || !this.#room || this.#isClosed) return
    this.#isAsked = true
    this.#working = this.#working
      .then(() => {
        this.#isAsked = false
        return this.#reconcile()
      })
      .catch((error) => this.#options.log.warn({ err: error }, 'what the own devices know is not in step'))
  }

  /** Tell the others how one is called now. */
  async tellName(): Promise<void> {
    await this.open()
    await this.#tell({ type: 'name-chosen', name: this.#options.vault.content.name! })
  }

  /** Tell the others how far a room was read, if they do not know. */
  async tellRead(room: Uint8Array, { depth, time }: ReadMark): Promise<void> {
    if (depth < 0) return
    await this.#tell({ type: 'room-read', room, depth, time })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#working
  }

  async #tell(event: OwnEvent): Promise<void> {
    const known = (await this.#subjects()).get(subjectOf(event, this.#options.primitives))?.event
    if (!this.#room || (known && isSame(known, event))) return
    await this.#room.append(event)
  }

  async #subjects(): Promise<OwnSubjects> {
    return this.#entries ? mergeOwnSubjects(await this.#entries.read()) : new Map()
  }

  async #reconcile(): Promise<void> {
    const subjects = await this.#subjects()
    if (this.#isClosed) return
    let isShown = false
    for (const { event } of subjects.values()) if (await this.#take(event)) isShown = true
    if (isShown) {
      this.#options.onChange()
      // What is said of a room that was not here yet can be done now.
      this.changed()
    }
    await this.#tellMissing(subjects)
  }

  /** What is here and not in the own room: from before it was open, or a crash came between. */
  async #tellMissing(subjects: OwnSubjects): Promise<void> {
    const { rooms, contacts, vault, primitives } = this.#options
    for (const room of rooms.all()) {
      if (!this.#isClosed && !subjects.has(roomSubject(room.id))) await this.#room!.append(await this.#knownOf(room))
    }
    const here: OwnEvent[] = [
      ...contacts.all().map(notedOf),
      ...(vault.content.name === null ? [] : [{ type: 'name-chosen', name: vault.content.name } as const]),
    ]
    for (const event of here) {
      if (!this.#isClosed && !subjects.has(subjectOf(event, primitives))) await this.#room!.append(event)
    }
  }

  /** All devices of a person are one to an invite: one that lets in one person is enough for them. */
  async #knownOf(room: Room): Promise<OwnEvent> {
    const { genesis, secret, name } = room
    const made = () => this.#options.rooms.invites.make(room, { role: 'member', uses: 1, expires: null })
    return { type: 'room-known', genesis, secret, inviteSeed: room.inviteSeed ?? (await made()).seed, name }
  }

  /** Do here what was done on another device. Answers whether anything is shown otherwise now. */
  async #take(event: OwnEvent): Promise<boolean> {
    switch (event.type) {
      case 'room-known':
        return this.#enter(event)
      case 'person-noted':
        return this.#note(event)
      case 'name-chosen':
        return this.#rename(event.name)
      case 'room-read':
        return this.#markRead(event)
    }
  }

  async #enter(event: Extract<OwnEvent, { type: 'room-known' }>): Promise<boolean> {
    const { rooms, primitives } = this.#options
    const key = toHex(roomId(event.genesis, primitives))
    const isOurs = equalBytes(decodeGenesis(event.genesis).owner.device, this.#room!.device)
    // Of a room that this device has made, and does not know, it cannot sign the beginning again.
    if (isOurs || rooms.isOwn(event) || rooms.all().some((room) => room.key === key)) return false
    await rooms.enterKnown(event)
    return true
  }

  async #note({ identity, petname, confirmed }: Extract<OwnEvent, { type: 'person-noted' }>): Promise<boolean> {
    const { contacts } = this.#options
    const noted = { identity: toHex(identity), petname, confirmed }
    const here = contacts.of(noted.identity)
    if (here.petname === petname && here.confirmed === confirmed) return false
    await contacts.take(noted)
    return true
  }

  async #rename(name: string): Promise<boolean> {
    const { rooms, vault } = this.#options
    if (vault.content.name === name) return false
    await rooms.rename(name)
    return true
  }

  #markRead({ room, depth, time }: Extract<OwnEvent, { type: 'room-read' }>): boolean {
    const { rooms, view } = this.#options
    const found = rooms.all().find(({ id }) => equalBytes(id, room))
    if (!found || found.fold.number === 0) return false
    const here = view.readMark(found.fold.number)
    if (here.depth > depth || (here.depth === depth && here.time >= time)) return false
    view.setReadMark(found.fold.number, { depth, time })
    return true
  }
}

function notedOf({ identity, petname, confirmed }: VaultContact): OwnEvent {
  return { type: 'person-noted', identity: fromHex(identity), petname, confirmed }
}

/** Whether both say the same of one subject. */
function isSame(a: OwnEvent, b: OwnEvent): boolean {
  if (a.type === 'person-noted' && b.type === 'person-noted')
    return a.petname === b.petname && a.confirmed === b.confirmed
  if (a.type === 'name-chosen' && b.type === 'name-chosen') return a.name === b.name
  return a.type === 'room-read' && b.type === 'room-read' && (a.depth - b.depth || a.time - b.time) >= 0
}
