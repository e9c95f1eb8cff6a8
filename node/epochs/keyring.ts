import { toHex } from '../../protocol/bytes.ts'
import { type EpochKeys, rewindKeys, wipeEphemeral } from '../../protocol/epoch/epoch-keys.ts'
import { isGrantable } from '../../protocol/epoch/history-grant.ts'
import type { RoomKeys } from '../../protocol/epoch/room-keys.ts'
import type { EntryClass } from '../../protocol/log/entry.ts'
import { classKey, type RoomSecrets } from '../../protocol/room/room-secrets.ts'
import type { KeyStore } from '../storage/key-store.ts'

const mostCached = 1_000

/**
 * What this device opens the entries of one room with: what the key store has, in memory as far as it is in use.
 *
 * How far the messages of a log were read is not stored: what can be read again needs no place to go on from.
 */
export class Keyring implements RoomKeys {
  readonly room: Uint8Array
  readonly #store: KeyStore
  readonly #secrets: RoomSecrets
  /** null: the store has none. */
  readonly #held = new Map<string, EpochKeys | null>()
  /** Of each log, the epoch that was opened last, where reading stands. */
  readonly #reading = new Map<string, EpochKeys>()
  /** What was given by a grant that is not folded yet: only then is it stored. */
  readonly #early = new Map<string, EpochKeys>()
  /** What was used up by reading, and is not stored yet. */
  readonly #used = new Map<string, EpochKeys>()

  constructor(room: Uint8Array, secrets: RoomSecrets, store: KeyStore) {
    this.room = room
    this.#secrets = secrets
    this.#store = store
  }

  classKey(entryClass: EntryClass): Uint8Array {
    return classKey(this.#secrets, entryClass)
  }

  /** The row to read with. */
  epoch(log: Uint8Array, number: number): EpochKeys | null {
    const key = toHex(log)
    const reading = this.#reading.get(key)
    if (reading?.number === number) return reading
    const held = this.held(log, number)
    if (!held) return null
    const fresh = rewindKeys(held)
    this.#reading.set(key, fresh)
    return fresh
  }

  /** The row as it is kept: to seal with, to share and to grant. */
  held(log: Uint8Array, number: number): EpochKeys | null {
    const id = idOf(log, number)
    const known = this.#held.get(id)
    if (known !== undefined) return known
    const row = this.#early.get(id) ?? this.#store.epoch(this.room, log, number)
    this.#remember(id, row)
    return row
  }

  /** An entry of this class has opened, with this row behind it: go on from there. What is ephemeral is used up by that. */
  opened(row: EpochKeys, entryClass: EntryClass): void {
    const { log, number, history, ephemeral } = row
    const reading = this.epoch(log, number)
    if (!reading) return
    if (entryClass !== 'ephemeral') {
      this.#reading.set(toHex(log), { ...reading, history })
      return
    }
    const held = this.held(log, number)
    if (held?.ephemeral) {
      // Whatever was wiped since the entry was opened stays wiped.
      const used = { ...held, ephemeral }
      this.#reading.set(toHex(log), { ...reading, ephemeral })
      this.#remember(idOf(log, number), used)
      this.#used.set(idOf(log, number), used)
    }
  }

  /** Store what was used up. */
  flush(): void {
    if (this.#used.size > 0) this.keep([...this.#used.values()])
  }

  /** Forget how far was read: what was read was not kept. */
  rewind(): void {
    this.#reading.clear()
    this.#used.clear()
    this.#held.clear()
  }

  /** Read with this row from now on, which a grant gives that is not folded yet. It is not stored. */
  takeEarly(row: EpochKeys): void {
    this.#early.set(idOf(row.log, row.number), row)
    this.#take([row])
  }

  /** Whether all messages of an epoch can be read, in later runs too. */
  isWhole(log: Uint8Array, number: number): boolean {
    return !this.#early.has(idOf(log, number)) && this.held(log, number)?.history.first?.step === 0
  }

  /** Keep these rows; durable once this returns. */
  keep(rows: readonly EpochKeys[]): void {
    this.#store.keep(this.room, rows)
    this.#take(rows)
  }

  /** The same for an epoch of our own that begins. */
  keepOwn(row: EpochKeys): void {
    this.#store.keepOwn(this.room, row)
    this.#take([row])
  }

  /** The same for what a grant brought. */
  keepGranted(grant: { readonly log: Uint8Array; readonly index: number }, rows: readonly EpochKeys[]): void {
    this.#store.keepGranted(this.room, grant, rows)
    for (const { log, number } of rows) this.#early.delete(idOf(log, number))
    this.#take(rows)
  }

  /** Every epoch that can be given to somebody who comes later. */
  grantable(): readonly EpochKeys[] {
    return this.#store.epochs(this.room).filter(isGrantable)
  }

  /** Destroy the ephemeral chains that came long ago. */
  wipe(now: number): void {
    this.flush()
    const old = this.#store.withOldEphemeral(this.room, now)
    if (old.length > 0) this.keep(old.map((row) => wipeEphemeral(row, now)))
  }

  #take(rows: readonly EpochKeys[]): void {
    for (const row of rows) {
      const id = idOf(row.log, row.number)
      this.#used.delete(id)
      this.#remember(id, row)
      const log = toHex(row.log)
      const reading = this.#reading.get(log)
      if (reading?.number !== row.number) continue
      // From another first step on, or with another header, all of it is read anew.
      if (reading.history.first === row.history.first) this.#reading.set(log, { ...reading, ephemeral: row.ephemeral })
      else this.#reading.delete(log)
    }
  }

  #remember(id: string, row: EpochKeys | null): void {
    this.#held.set(id, row)
    if (this.#held.size <= mostCached) return
    for (const oldest of this.#held.keys()) {
      if (oldest === id || this.#used.has(oldest)) continue
      this.#held.delete(oldest)
      return
    }
  }
}

const idOf = (log: Uint8Array, number: number): string => `${toHex(log)}/${number}`
