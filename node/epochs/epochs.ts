import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { EpochCursor } from '../../protocol/epoch/epoch-cursor.ts'
import type { EpochEvent, EpochShared, EpochStarted, PrekeyAnnounced } from '../../protocol/epoch/event.ts'
import { type EntryClass, type Suite, suiteOf } from '../../protocol/log/entry.ts'
import type { Genesis } from '../../protocol/room/genesis.ts'
import type { RoomSecrets } from '../../protocol/room/room-secrets.ts'
import { hpke } from '../hpke.ts'
import type { KeyStore } from '../storage/key-store.ts'
import { BoxOpener } from './box-opener.ts'
import { EarlyGrants } from './early-grants.ts'
import { Keyring } from './keyring.ts'
import { OwnEpoch } from './own-epoch.ts'
import { OwnPrekeys } from './own-prekeys.ts'
import { type EventPlace, type KeptEvent, type Reader, RoomEpochs } from './room-epochs.ts'

interface EpochsOptions {
  readonly room: Uint8Array
  readonly beginning: Pick<Genesis, 'suite' | 'history' | 'owner'>
  readonly secrets: RoomSecrets
  readonly device: Uint8Array
  readonly store: KeyStore
  readonly primitives: Primitives
  readonly now: () => number
  readonly log: Logger
}

/** What has to stand in the own log before what is about to be said. */
interface DueEvent {
  /** Whether another epoch begins with it. */
  readonly starts: boolean
  readonly make: () => Promise<EpochStarted | EpochShared>
}

/** The keys of one room that change: those that others have sealed to this device, and those that it seals by. */
export class Epochs {
  readonly suite: Suite
  /** Whether members give those who come later what was said before. */
  readonly givesHistory: boolean
  readonly known: RoomEpochs
  readonly keyring: Keyring
  readonly boxes: BoxOpener
  readonly early: EarlyGrants
  readonly prekeys: OwnPrekeys
  readonly #own: OwnEpoch

  constructor({ room, beginning, secrets, device, store, primitives, now, log }: EpochsOptions) {
    this.suite = beginning.suite
    this.givesHistory = beginning.suite === 1 && beginning.history === 'all'
    this.known = new RoomEpochs(device)
    const epochs = this.known
    const keyring = new Keyring(room, secrets, store)
    const prekeys = new OwnPrekeys(room, store, now)
    this.keyring = keyring
    this.prekeys = prekeys
    const held = () => prekeys.held
    const opening = { device, epochs, keyring, prekeys: held, hpke, primitives, now, log }
    this.boxes = new BoxOpener({ ...opening, store })
    const isOwner = toHex(beginning.owner.device) === toHex(device)
    this.early = new EarlyGrants({ ...opening, isNew: this.givesHistory && !isOwner && !store.hasGrant(room) })
    const shareable = beginning.history === 'all'
    this.#own = new OwnEpoch({ keyring, store, epochs, shareable, hpke, primitives, now })
  }

  /** Whether an entry of this class is sealed by an epoch of its author. */
  isSealedBy(entryClass: EntryClass): boolean {
    return suiteOf(entryClass, this.suite) === 1
  }

  /** An event has been folded that holds in its log. */
  note(event: EpochEvent, place: EventPlace): KeptEvent {
    this.boxes.note(event, place)
    const kept = this.known.note(event, place)
    if (event.type === 'epoch-started') this.early.begun(event, place.log)
    return kept
  }

  /** What is due before an entry that an epoch seals, in the own log, which stands at this cursor, for these readers; null: nothing. */
  due(log: Uint8Array, cursor: EpochCursor, readers: readonly Reader[]): DueEvent | null {
    const due = this.#own.due(log, cursor, readers)
    return due && { starts: due.type === 'start', make: () => this.#own.prepare(due, log, cursor, readers) }
  }

  /** The prekey that comes next in the own log, which stands at this cursor. */
  nextPrekey(cursor: EpochCursor): Promise<PrekeyAnnounced> {
    return this.prekeys.next(cursor)
  }

  /** Destroy what has had its time. `authors`: the devices that may write, in hex. */
  destroyOld(authors: readonly string[], now: number): void {
    this.keyring.wipe(now)
    // A box that was not opened yet may need the prekey.
    if (this.boxes.isWaiting) return
    const sealed = this.known.sealedToUs()
    this.prekeys.destroyOld(authors.map((device) => sealed.get(device) ?? null))
  }

  /** What was sealed may not have come into the own log. */
  broken(): void {
    this.#own.broken()
  }
}
