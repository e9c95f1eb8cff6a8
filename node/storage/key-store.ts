import { join } from 'node:path'
import { asArray, asBytes, asTime, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { decodeEpochKeys, type EpochKeys, encodeEpochKeys, ephemeralLifeMs } from '../../protocol/epoch/epoch-keys.ts'
import type { HeldPrekey } from '../../protocol/epoch/prekey.ts'
import { KeptDatabase } from './kept-database.ts'
import { openRow, sealRow } from './sealed-row.ts'

interface EpochRow {
  readonly log: ArrayBuffer
  readonly number: number
  readonly sealed: ArrayBuffer
}

interface PrekeyRow {
  readonly generation: number
  readonly sealed: ArrayBuffer
}

const schemaVersion = 1
// `ephemeral`: since when the ephemeral chain is held; null once it was wiped. A row of `epoch` is never deleted: it says that its box was opened.
const schema = `
  CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE epoch(room BLOB NOT NULL, log BLOB NOT NULL, number INTEGER NOT NULL, ephemeral INTEGER, sealed BLOB NOT NULL,
    PRIMARY KEY(room, log, number)) WITHOUT ROWID;
  CREATE INDEX epoch_ephemeral ON epoch(room, ephemeral) WHERE ephemeral IS NOT NULL;
  CREATE TABLE grant(room BLOB NOT NULL, log BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY(room, log, idx)) WITHOUT ROWID;
  CREATE TABLE intact(room BLOB NOT NULL PRIMARY KEY, log BLOB NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE prekey(room BLOB NOT NULL, generation INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(room, generation)) WITHOUT ROWID;
`
const mostPrekeyBytes = 128

/**
 * The keys of epochs and the private halves of prekeys, each row sealed under a key of the vault, in a file in which what is overwritten is gone.
 *
 * It cannot be made anew. What a method has stored is durable once it returns. Spec: specs/encryption.md#key-store.
 */
export class KeyStore {
  readonly #db: KeptDatabase
  readonly #key: Uint8Array

  /** Throws `HomeError` home/damaged and home/newer. `key`: 32 bytes. */
  constructor(home: string, key: Uint8Array) {
    this.#key = key
    this.#db = new KeptDatabase(join(home, 'keys.db'), { what: 'The keys of messages', version: schemaVersion, schema })
    // Whoever was stopped in the middle may have sealed what is in no log: no epoch of theirs is gone on with.
    if (this.#meta('stopped') === 'no') this.#db.run('DELETE FROM intact')
    this.#setMeta('stopped', 'no')
  }

  /** What is held of an epoch; null: it never came. */
  epoch(room: Uint8Array, log: Uint8Array, number: number): EpochKeys | null {
    const sql = 'SELECT log, number, sealed FROM epoch WHERE room = ? AND log = ? AND number = ?'
    const row = this.#db.get<EpochRow>(sql, Buffer.from(room), Buffer.from(log), number)
    return row ? this.#open(room, row) : null
  }

  /** All that is held in a room. */
  epochs(room: Uint8Array): EpochKeys[] {
    const sql = 'SELECT log, number, sealed FROM epoch WHERE room = ?'
    return this.#db.all<EpochRow>(sql, Buffer.from(room)).map((row) => this.#open(room, row))
  }

  /** What is held of epochs whose ephemeral chain is older than it may be, or seems to come from the future. */
  withOldEphemeral(room: Uint8Array, now: number): EpochKeys[] {
    const sql = 'SELECT log, number, sealed FROM epoch WHERE room = ? AND (ephemeral <= ? OR ephemeral > ?)'
    const rows = this.#db.all<EpochRow>(sql, Buffer.from(room), now - ephemeralLifeMs, now)
    return rows.map((row) => this.#open(room, row))
  }

  /** Keep what is held of epochs from now on, in place of what was. */
  keep(room: Uint8Array, epochs: readonly EpochKeys[]): void {
    this.#db.transaction(() => {
      for (const epoch of epochs) this.#put(room, epoch)
    })
  }

  /** The same for what a grant brought, and that it was opened. */
  keepGranted(
    room: Uint8Array,
    grant: { readonly log: Uint8Array; readonly index: number },
    epochs: readonly EpochKeys[],
  ) {
    this.#db.transaction(() => {
      for (const epoch of epochs) this.#put(room, epoch)
      const sql = 'INSERT OR REPLACE INTO grant VALUES (?, ?, ?)'
      this.#db.run(sql, Buffer.from(room), Buffer.from(grant.log), grant.index)
    })
  }

  /** Whether the grant at this place was opened. */
  wasGranted(room: Uint8Array, log: Uint8Array, index: number): boolean {
    const sql = 'SELECT 1 FROM grant WHERE room = ? AND log = ? AND idx = ?'
    return this.#db.get(sql, Buffer.from(room), Buffer.from(log), index) !== undefined
  }

  /** Whether a grant was opened in a room. */
  hasGrant(room: Uint8Array): boolean {
    return this.#db.get('SELECT 1 FROM grant WHERE room = ? LIMIT 1', Buffer.from(room)) !== undefined
  }

  /** Keep an epoch of our own that begins. */
  keepOwn(room: Uint8Array, epoch: EpochKeys): void {
    this.#db.transaction(() => {
      this.#put(room, epoch)
      const sql = 'INSERT OR REPLACE INTO intact VALUES (?, ?, ?)'
      this.#db.run(sql, Buffer.from(room), Buffer.from(epoch.log), epoch.number)
    })
  }

  /** Whether the node was kept from no step of this epoch of our own, from its start until now. */
  isIntact(room: Uint8Array, log: Uint8Array, number: number): boolean {
    const sql = 'SELECT 1 FROM intact WHERE room = ? AND log = ? AND number = ?'
    return this.#db.get(sql, Buffer.from(room), Buffer.from(log), number) !== undefined
  }

  /** What was sealed may not be in the log: the own epoch of a room is not gone on with. */
  breakOwn(room: Uint8Array): void {
    this.#db.run('DELETE FROM intact WHERE room = ?', Buffer.from(room))
  }

  /** The pairs that are held in a room, by ascending generation. */
  prekeys(room: Uint8Array): HeldPrekey[] {
    const sql = 'SELECT generation, sealed FROM prekey WHERE room = ? ORDER BY generation'
    return this.#db.all<PrekeyRow>(sql, Buffer.from(room)).map(({ generation, sealed }) => {
      const bytes = openRow(new Uint8Array(sealed), prekeyPlace(room, generation), this.#key)
      const [privateKey, announced, replaced] = asArray(decodeCbor(bytes, { bytes: mostPrekeyBytes }), 3)
      return {
        generation,
        privateKey: asBytes(privateKey, 32),
        announced: asTime(announced),
        replaced: replaced === null ? null : asTime(replaced),
      }
    })
  }

  /** Hold these pairs, and no others any more. */
  keepPrekeys(room: Uint8Array, held: readonly HeldPrekey[]): void {
    this.#db.transaction(() => {
      const kept = new Set(held.map(({ generation }) => generation))
      const known = this.#db.all<PrekeyRow>('SELECT generation FROM prekey WHERE room = ?', Buffer.from(room))
      for (const { generation } of known) {
        if (!kept.has(generation))
          this.#db.run('DELETE FROM prekey WHERE room = ? AND generation = ?', Buffer.from(room), generation)
      }
      for (const { generation, privateKey, announced, replaced } of held) {
        const bytes = encodeCbor([privateKey, announced, replaced])
        const sealed = sealRow(bytes, prekeyPlace(room, generation), this.#key)
        this.#db.run('INSERT OR REPLACE INTO prekey VALUES (?, ?, ?)', Buffer.from(room), generation, sealed)
      }
    })
  }

  /** Everything asked for is in the logs: the own epochs can be gone on with. */
  close(): void {
    this.#setMeta('stopped', 'yes')
    this.#db.close()
  }

  #put(room: Uint8Array, epoch: EpochKeys): void {
    const { log, number, learned, ephemeral } = epoch
    const sealed = sealRow(encodeEpochKeys(epoch), epochPlace(room, log, number), this.#key)
    const sql = 'INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?)'
    this.#db.run(sql, Buffer.from(room), Buffer.from(log), number, ephemeral && learned, sealed)
  }

  #open(room: Uint8Array, { log, number, sealed }: EpochRow): EpochKeys {
    return decodeEpochKeys(openRow(new Uint8Array(sealed), epochPlace(room, new Uint8Array(log), number), this.#key))
  }

  #meta(name: string): string | null {
    return this.#db.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)?.value ?? null
  }

  #setMeta(name: string, value: string): void {
    this.#db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value)
  }
}

const epochPlace = (room: Uint8Array, log: Uint8Array, number: number): Uint8Array =>
  encodeCbor(['epoch', room, log, number])

const prekeyPlace = (room: Uint8Array, generation: number): Uint8Array => encodeCbor(['prekey', room, generation])
