import { join } from 'node:path'
import {
  type AnchorEvidence,
  type AnchorProof,
  decodeEvidence,
  encodeEvidence,
} from '../../protocol/anchor/anchor-proof.ts'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type Origin,
  type SignedCheckpoint,
} from '../../protocol/checkpoint/checkpoint.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { asArray, asBytes, asUint, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { KeptDatabase } from './kept-database.ts'

/** `queued`: nobody has it yet. `pending`: it is on its way. `confirmed`: it is in a block that may still be taken back. */
export type AnchorState = 'queued' | 'pending' | 'confirmed' | 'final'

/** One message for one chain. */
export interface AnchoredBatch {
  readonly id: number
  /** As the settings call it. */
  readonly chain: string
  readonly message: Uint8Array
  /** Unix ms by the own clock. */
  readonly made: number
  readonly state: AnchorState
  /** What it waits for, or why nothing could be done lately; null: nothing stands in its way. */
  readonly reason: string | null
  /** Blocks on it, its own included; 0 as long as it is in none. */
  readonly depth: number
  readonly receipt: Uint8Array | null
  readonly evidence: AnchorEvidence | null
}

/** A checkpoint's place in a batch. */
export type AnchoredPlace = Pick<AnchorProof, 'salt' | 'path'> & { readonly signed: SignedCheckpoint }

interface BatchRow {
  readonly id: number
  readonly chain: string
  readonly message: ArrayBuffer
  readonly made: number
  readonly state: AnchorState
  readonly reason: string | null
  readonly depth: number
  readonly receipt: ArrayBuffer | null
  readonly evidence: ArrayBuffer | null
}

interface PlaceRow {
  readonly note: ArrayBuffer
  readonly salt: ArrayBuffer
  readonly path: ArrayBuffer
}

const form = {
  what: 'What was anchored',
  version: 1,
  schema: `
    CREATE TABLE batch(id INTEGER PRIMARY KEY, chain TEXT NOT NULL, message BLOB NOT NULL, made INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
      depth INTEGER NOT NULL, receipt BLOB, evidence BLOB);
    CREATE TABLE place(batch INTEGER NOT NULL, room BLOB NOT NULL, device BLOB NOT NULL, generation INTEGER NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL,
      salt BLOB NOT NULL, path BLOB NOT NULL, PRIMARY KEY(room, device, generation, size, batch)) WITHOUT ROWID;
    CREATE INDEX place_batch ON place(batch);
  `,
}

const mostPathBytes = 2_048

/** The batches of this node, how far each has come, and what leads from each checkpoint to its batch. What a method has stored is durable once it returns. */
export class AnchorStore {
  readonly #db: KeptDatabase
  readonly #primitives: Primitives

  /** Throws `HomeError` home/damaged and home/newer. */
  constructor(home: string, primitives: Primitives) {
    this.#db = new KeptDatabase(join(home, 'anchors.db'), form)
    this.#primitives = primitives
  }

  /** Keep a batch of which nothing has left this node yet. */
  add(batch: Pick<AnchoredBatch, 'chain' | 'message' | 'made'>, places: readonly AnchoredPlace[]): void {
    this.#db.transaction(() => {
      const sql = `INSERT INTO batch(chain, message, made, state, depth) VALUES (?, ?, ?, 'queued', 0) RETURNING id`
      const { id } = this.#db.get<{ id: number }>(sql, batch.chain, Buffer.from(batch.message), batch.made)!
      for (const { signed, salt, path } of places) {
        const { room, device, generation, size } = signed.checkpoint
        const origin = [Buffer.from(room), Buffer.from(device), generation, size]
        const note = Buffer.from(encodeCheckpoint(signed, this.#primitives))
        const way = Buffer.from(encodeCbor([path.index, path.size, path.hashes]))
        this.#db.run('INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)', id, ...origin, note, Buffer.from(salt), way)
      }
    })
  }

  /** Note how far a batch has come. */
  update(batch: Omit<AnchoredBatch, 'chain' | 'message' | 'made'>): void {
    const { id, state, reason, depth, receipt, evidence } = batch
    this.#db.run(
      'UPDATE batch SET state = ?, reason = ?, depth = ?, receipt = ?, evidence = ? WHERE id = ?',
      state,
      reason,
      depth,
      receipt && Buffer.from(receipt),
      evidence && Buffer.from(encodeEvidence(evidence)),
      id,
    )
  }

  /** All batches, the newest first. */
  batches(): AnchoredBatch[] {
    return this.#db.all<BatchRow>('SELECT * FROM batch ORDER BY id DESC').map(batchOf)
  }

  /** The batches that a checkpoint of this tree, of at least this size, is in, the newest first. */
  batchesOf({ room, device, generation }: Origin, size: number): AnchoredBatch[] {
    const sql = `SELECT * FROM batch WHERE id IN (SELECT batch FROM place WHERE room = ? AND device = ? AND generation = ? AND size >= ?) ORDER BY id DESC`
    return this.#db.all<BatchRow>(sql, Buffer.from(room), Buffer.from(device), generation, size).map(batchOf)
  }

  places(batch: number): AnchoredPlace[] {
    return this.#db.all<PlaceRow>('SELECT note, salt, path FROM place WHERE batch = ?', batch).map((row) => {
      const [index, size, hashes] = asArray(decodeCbor(new Uint8Array(row.path), { bytes: mostPathBytes }), 3)
      return {
        signed: decodeCheckpoint(new Uint8Array(row.note), this.#primitives),
        salt: new Uint8Array(row.salt),
        path: {
          index: asUint(index),
          size: asUint(size),
          hashes: asArray(hashes, { most: 48 }).map((hash) => asBytes(hash, 32)),
        },
      }
    })
  }

  close(): void {
    this.#db.close()
  }
}

function batchOf({ message, receipt, evidence, ...row }: BatchRow): AnchoredBatch {
  return {
    ...row,
    message: new Uint8Array(message),
    receipt: receipt && new Uint8Array(receipt),
    evidence: evidence && decodeEvidence(new Uint8Array(evidence)),
  }
}
