import { join } from 'node:path'
import { toHex } from '../../protocol/bytes.ts'
import {
  type Cosignature,
  decodeCheckpoint,
  encodeCheckpoint,
  type Origin,
  type SignedCheckpoint,
} from '../../protocol/checkpoint/checkpoint.ts'
import {
  type Contradiction,
  decodeContradiction,
  encodeContradiction,
} from '../../protocol/checkpoint/contradiction.ts'
import type { LoggedHead } from '../../protocol/checkpoint/logged-head.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { KeptDatabase } from './kept-database.ts'

/** A checkpoint of our own. `time`: when it was made, Unix ms by the own clock. */
export interface OwnCheckpoint {
  readonly signed: SignedCheckpoint
  readonly time: number
}

interface HeadRow {
  readonly log: ArrayBuffer
  readonly fork: number
  readonly length: number
  readonly tree: ArrayBuffer
  readonly signature: ArrayBuffer
}

const form = {
  what: 'What this device has signed and witnessed',
  version: 1,
  // `head`: the leaves of own trees. `own`: own checkpoints. `cosigned`: the size of an own tree that a witness has signed last. `witnessed`: what we have signed last of a tree of others.
  schema: `
    CREATE TABLE head(room BLOB NOT NULL, generation INTEGER NOT NULL, idx INTEGER NOT NULL, log BLOB NOT NULL, fork INTEGER NOT NULL, length INTEGER NOT NULL,
      tree BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY(room, generation, idx)) WITHOUT ROWID;
    CREATE TABLE own(room BLOB NOT NULL, generation INTEGER NOT NULL, size INTEGER NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL,
      PRIMARY KEY(room, generation, size)) WITHOUT ROWID;
    CREATE TABLE cosigned(room BLOB NOT NULL, generation INTEGER NOT NULL, device BLOB NOT NULL, size INTEGER NOT NULL, PRIMARY KEY(room, generation, device)) WITHOUT ROWID;
    CREATE TABLE witnessed(room BLOB NOT NULL, device BLOB NOT NULL, generation INTEGER NOT NULL, note BLOB NOT NULL, PRIMARY KEY(room, device, generation)) WITHOUT ROWID;
    CREATE TABLE contradiction(room BLOB NOT NULL, device BLOB NOT NULL, generation INTEGER NOT NULL, proof BLOB NOT NULL,
      PRIMARY KEY(room, device, generation)) WITHOUT ROWID;
  `,
}

/**
 * The trees of heads of this device, its checkpoints, and what it has witnessed, in a file of the home.
 *
 * It cannot be made anew: who forgets what they have signed may contradict it. What a method has stored is durable once it returns.
 */
export class CheckpointStore {
  readonly #db: KeptDatabase
  readonly #primitives: Primitives

  /** Throws `HomeError` home/damaged and home/newer. */
  constructor(home: string, primitives: Primitives) {
    this.#db = new KeptDatabase(join(home, 'checkpoints.db'), form)
    this.#primitives = primitives
  }

  /** The leaves of an own tree, in order. */
  heads({ room, generation }: Origin): LoggedHead[] {
    const sql = 'SELECT log, fork, length, tree, signature FROM head WHERE room = ? AND generation = ? ORDER BY idx'
    return this.#db.all<HeadRow>(sql, Buffer.from(room), generation).map(({ log, fork, length, tree, signature }) => ({
      log: new Uint8Array(log),
      fork,
      length,
      treeHash: new Uint8Array(tree),
      signature: new Uint8Array(signature),
    }))
  }

  /** Keep a checkpoint, and the leaves that are new in it. */
  keepOwn({ signed, time }: OwnCheckpoint, added: readonly LoggedHead[]): void {
    const { checkpoint } = signed
    const { room, generation, size } = checkpoint
    this.#db.transaction(() => {
      for (const [i, { log, fork, length, treeHash, signature }] of added.entries()) {
        const place = [Buffer.from(room), generation, size - added.length + i, Buffer.from(log)]
        const head = [fork, length, Buffer.from(treeHash), Buffer.from(signature)]
        this.#db.run('INSERT INTO head VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...place, ...head)
      }
      this.#putOwn(signed, time)
    })
  }

  /** The newest checkpoint of an own tree. */
  own({ room, generation }: Origin): OwnCheckpoint | null {
    const sql = 'SELECT note, time FROM own WHERE room = ? AND generation = ? ORDER BY size DESC LIMIT 1'
    const row = this.#db.get<{ note: ArrayBuffer; time: number }>(sql, Buffer.from(room), generation)
    return row ? { signed: this.#note(row.note), time: row.time } : null
  }

  /** The own checkpoint of a tree that most devices have signed; of several the newest. */
  mostWitnessed({ room, generation }: Origin): SignedCheckpoint | null {
    // A signature is a line of a note, and longer than any other difference between two notes of a tree.
    const sql = 'SELECT note FROM own WHERE room = ? AND generation = ? ORDER BY length(note) DESC, size DESC LIMIT 1'
    const row = this.#db.get<{ note: ArrayBuffer }>(sql, Buffer.from(room), generation)
    return row ? this.#note(row.note) : null
  }

  /** Keep the word of a witness under an own checkpoint, which is given with it. */
  keepCosigned({ signed, time }: OwnCheckpoint, { device }: Cosignature): void {
    const { room, generation, size } = signed.checkpoint
    this.#db.transaction(() => {
      this.#putOwn(signed, time)
      this.#db.run(
        'INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?)',
        Buffer.from(room),
        generation,
        Buffer.from(device),
        size,
      )
    })
  }

  /** The size of an own tree that a witness has signed last; 0 for one that never has. */
  cosignedBy({ room, generation }: Origin, witness: Uint8Array): number {
    const sql = 'SELECT size FROM cosigned WHERE room = ? AND generation = ? AND device = ?'
    return this.#db.get<{ size: number }>(sql, Buffer.from(room), generation, Buffer.from(witness))?.size ?? 0
  }

  /** What this device has signed last of a tree of another. */
  witnessed({ room, device, generation }: Origin): SignedCheckpoint | null {
    const sql = 'SELECT note FROM witnessed WHERE room = ? AND device = ? AND generation = ?'
    const row = this.#db.get<{ note: ArrayBuffer }>(sql, Buffer.from(room), Buffer.from(device), generation)
    return row ? this.#note(row.note) : null
  }

  keepWitnessed(signed: SignedCheckpoint): void {
    const { room, device, generation } = signed.checkpoint
    const note = Buffer.from(encodeCheckpoint(signed, this.#primitives))
    this.#db.run(
      'INSERT OR REPLACE INTO witnessed VALUES (?, ?, ?, ?)',
      Buffer.from(room),
      Buffer.from(device),
      generation,
      note,
    )
  }

  contradictions(room: Uint8Array): Contradiction[] {
    const rows = this.#db.all<{ proof: ArrayBuffer }>(
      'SELECT proof FROM contradiction WHERE room = ?',
      Buffer.from(room),
    )
    return rows.map(({ proof }) => decodeContradiction(new Uint8Array(proof), this.#primitives))
  }

  /** Keep what shows that a device has signed two histories of a tree. Answers whether it is the first proof of that. */
  keepContradiction(proof: Contradiction): boolean {
    const { room, device, generation } = proof.smaller.checkpoint
    const known = this.contradictions(room).some(({ smaller: { checkpoint } }) => {
      return toHex(checkpoint.device) === toHex(device) && checkpoint.generation === generation
    })
    if (known) return false
    const bytes = Buffer.from(encodeContradiction(proof, this.#primitives))
    const origin = [Buffer.from(room), Buffer.from(device), generation]
    this.#db.run('INSERT INTO contradiction VALUES (?, ?, ?, ?)', ...origin, bytes)
    return true
  }

  close(): void {
    this.#db.close()
  }

  #putOwn(signed: SignedCheckpoint, time: number): void {
    const { room, generation, size } = signed.checkpoint
    const note = Buffer.from(encodeCheckpoint(signed, this.#primitives))
    this.#db.run('INSERT OR REPLACE INTO own VALUES (?, ?, ?, ?, ?)', Buffer.from(room), generation, size, time, note)
  }

  #note(bytes: ArrayBuffer): SignedCheckpoint {
    return decodeCheckpoint(new Uint8Array(bytes), this.#primitives)
  }
}
