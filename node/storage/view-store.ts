import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import type { EntryRow, EpochEventRow, LocatedRow, LogRow, OperationRow, OrderMark, ReadMark } from './view-rows.ts'
import { viewSchema, viewSchemaVersion } from './view-schema.ts'

/** The library ends what it reads as text at the first NUL, and an author may write one: so texts are read as bytes. */
interface StoredRow extends Omit<LocatedRow, 'text'> {
  readonly text: ArrayBuffer
}

const columns = `entry.log AS log, entry.idx AS "index", entry.depth AS depth, entry.time AS time, entry.stamp AS stamp, entry.tree AS treeHash,
  entry.type AS type, entry.shown AS shown, entry.call AS call, CAST(entry.text AS BLOB) AS text, entry.flaw AS flaw, entry.late AS late,
  entry.hidden AS hidden, log.key AS key`
/** Messages, and what is none, of which nothing or only the header could be opened: their text is the number of the epoch. */
const unread = `('locked', 'withheld', 'locked-other', 'withheld-other')`
const displayOrder = 'entry.depth, entry.time, log.key, entry.idx'
const reverseOrder = 'entry.depth DESC, entry.time DESC, log.key DESC, entry.idx DESC'

/**
 * What is shown of all rooms, folded from their logs: encrypted on disk, and disposable.
 *
 * A file that is missing, damaged or of another version is begun anew, and then everything is to be folded again: `generation` says so.
 */
export class ViewStore {
  readonly #path: string
  readonly #key: string
  readonly #statements = new Map<string, Database.Statement>()
  #db: Database.Database
  #generation = 0
  #isBroken = false

  constructor(home: string, key: string) {
    this.#path = join(home, 'view.db')
    this.#key = key
    this.#db = this.#openOrBegin()
  }

  /** One more each time that everything was thrown away. */
  get generation(): number {
    return this.#generation
  }

  /** Throw everything away and begin anew, now or as soon as the disk allows it. */
  reset(): void {
    this.#isBroken = true
    this.#generation++
    try {
      this.close()
    } catch {
      // A damaged file may not even close; it is removed all the same.
    }
    this.#db = this.#begin()
  }

  /** Do all of `work` or, if it throws, nothing. */
  transaction<T>(work: () => T): T {
    if (this.#isBroken) this.#db = this.#begin()
    this.#db.exec('BEGIN')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK')
      } catch {
        // A full or damaged file has rolled back already.
      }
      throw error
    }
  }

  /** The number of a room, which is made where there is none. */
  openRoom(key: string): { readonly id: number; readonly isNew: boolean } {
    const find = () => this.#get<{ id: number }>('SELECT id FROM room WHERE key = ?', key)
    const known = find()
    if (known) return { id: known.id, isNew: false }
    this.#run('INSERT INTO room(key) VALUES (?)', key)
    return { id: find()!.id, isNew: true }
  }

  logs(room: number): LogRow[] {
    return this.#all<LogRow>('SELECT id, key, length, state FROM log WHERE room = ?', room)
  }

  /** A log of which nothing is folded; what was folded of it is thrown away. */
  beginLog(room: number, key: string): LogRow {
    this.#run('DELETE FROM entry WHERE log IN (SELECT id FROM log WHERE key = ?)', key)
    this.#run('DELETE FROM operation WHERE log IN (SELECT id FROM log WHERE key = ?)', key)
    this.#run('DELETE FROM epoch WHERE log IN (SELECT id FROM log WHERE key = ?)', key)
    this.#run('DELETE FROM log WHERE key = ?', key)
    this.#run("INSERT INTO log(room, key, length, state) VALUES (?, ?, 0, '')", room, key)
    return this.#get<LogRow>('SELECT id, key, length, state FROM log WHERE key = ?', key)!
  }

  saveLog(id: number, length: number, state: string): void {
    this.#run('UPDATE log SET length = ?, state = ? WHERE id = ?', length, state, id)
  }

  addEntry(room: number, row: EntryRow): void {
    const { log, index, depth, time, stamp, treeHash, type, shown, call, text, flaw, late, hidden } = row
    const sql = 'INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
    const flags = [shown ? 1 : 0, call, text, flaw, late ? 1 : 0, hidden]
    this.#run(sql, log, index, room, depth, time, stamp, Buffer.from(treeHash), type, ...flags)
  }

  addOperation(room: number, log: number, { index, id, kind, body }: Omit<OperationRow, 'log'>): void {
    const sql = 'INSERT INTO operation VALUES (?, ?, ?, ?, ?, ?)'
    this.#run(sql, log, index, room, Buffer.from(id), kind, Buffer.from(body))
  }

  operations(room: number): OperationRow[] {
    const sql = `SELECT log.key AS log, operation.idx AS "index", operation.id AS id, kind, body
      FROM operation JOIN log ON log.id = operation.log WHERE operation.room = ?`
    // Some ways to read a row give a blob as a bare buffer.
    return this.#all<OperationRow>(sql, room).map((row) => ({
      ...row,
      id: Buffer.from(row.id),
      body: Buffer.from(row.body),
    }))
  }

  addEpochEvent(room: number, log: number, { index, kind, body, about }: Omit<EpochEventRow, 'log'>): void {
    this.#run('INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?)', log, index, room, kind, Buffer.from(body), about)
  }

  /** In the order of each log. */
  epochEvents(room: number): EpochEventRow[] {
    const sql = `SELECT log.key AS log, epoch.idx AS "index", kind, body, about
      FROM epoch JOIN log ON log.id = epoch.log WHERE epoch.room = ? ORDER BY epoch.log, epoch.idx`
    return this.#all<EpochEventRow>(sql, room).map((row) => ({ ...row, body: new Uint8Array(row.body) }))
  }

  /** Whether entries of an epoch were folded without a key of theirs, or with that of their header alone. */
  isUnread(room: number, log: number, epoch: number): boolean {
    const sql = `SELECT 1 FROM entry WHERE room = ? AND log = ? AND text = ? AND type IN ${unread} LIMIT 1`
    return this.#get(sql, room, log, String(epoch)) !== undefined
  }

  /** How many messages of a room have no key here, of those that would be shown. */
  unreadable(room: number): number {
    const sql = `SELECT count(*) AS count FROM entry WHERE room = ? AND type IN ${unread} AND type NOT LIKE '%-other' AND hidden IS NULL`
    return this.#get<{ count: number }>(sql, room)!.count
  }

  /** Judge anew which entries of a log are hidden: `hiding` answers what its author was to the room there, or null. */
  hide(log: number, hiding: (index: number, type: string) => string | null): void {
    const rows = this.#all<{ index: number; type: string; hidden: string | null }>(
      'SELECT idx AS "index", type, hidden FROM entry WHERE log = ?',
      log,
    )
    for (const { index, type, hidden } of rows) {
      const now = hiding(index, type)
      if (now !== hidden) this.#run('UPDATE entry SET hidden = ? WHERE log = ? AND idx = ?', now, log, index)
    }
  }

  /** The last name that is shown of those taken in a log, but for that of who made the room; null if there is none. */
  lastName(log: number): string | null {
    const sql = `SELECT text FROM entry WHERE log = ? AND type IN ('joined', 'name-changed') AND hidden IS NULL ORDER BY idx DESC LIMIT 1`
    return this.#get<{ text: string }>(sql, log)?.text ?? null
  }

  /** Depth and tree hash of a log right after its entry `index`; the depth is null where there was no key to read it. */
  entryAt(log: number, index: number): { readonly depth: number | null; readonly treeHash: Uint8Array } | null {
    const sql = `SELECT iif(type IN ('locked', 'locked-other'), NULL, depth) AS depth, tree AS treeHash FROM entry WHERE log = ? AND idx = ?`
    return this.#get(sql, log, index) ?? null
  }

  entry(log: number, index: number): LocatedRow | null {
    const sql = `SELECT ${columns} FROM entry JOIN log ON log.id = entry.log WHERE entry.log = ? AND entry.idx = ?`
    return this.#row(this.#get<StoredRow>(sql, log, index))
  }

  /** The last `limit` shown entries before a mark, or of all, in display order. */
  timeline(room: number, before: OrderMark | null, limit: number): LocatedRow[] {
    const from = `SELECT ${columns} FROM entry JOIN log ON log.id = entry.log WHERE entry.room = ? AND entry.shown`
    const rows = before
      ? this.#all<StoredRow>(
          `${from} AND entry.depth <= ? AND (${displayOrder}) < (?, ?, ?, ?) ORDER BY ${reverseOrder} LIMIT ?`,
          room,
          before.depth,
          before.depth,
          before.time,
          before.key,
          before.index,
          limit,
        )
      : this.#all<StoredRow>(`${from} ORDER BY ${reverseOrder} LIMIT ?`, room, limit)
    return rows.reverse().map((row) => this.#row(row)!)
  }

  /** Everything that was written about a call, in display order. */
  callEntries(room: number, call: string): LocatedRow[] {
    const sql = `SELECT ${columns} FROM entry JOIN log ON log.id = entry.log WHERE entry.room = ? AND entry.call = ? ORDER BY ${displayOrder}`
    return this.#all<StoredRow>(sql, room, call).map((row) => this.#row(row)!)
  }

  /** Calls, by id, that one of these logs has begun or answered and none of them has ended, or come to as one that is open to the room; the newest first, and not all of very many. */
  unendedCalls(room: number, logs: readonly number[]): string[] {
    const these = logs.map(() => '?').join()
    const sql = `SELECT DISTINCT call FROM entry WHERE room = ? AND type IN ('call-started', 'call-answer') AND log IN (${these})
      AND NOT EXISTS (SELECT 1 FROM entry AS ended WHERE ended.room = entry.room AND ended.call = entry.call
        AND ended.type IN ('call-ended', 'call-joined') AND ended.log IN (${these})) ORDER BY depth DESC LIMIT 64`
    return this.#all<{ call: string }>(sql, room, ...logs, ...logs).map(({ call }) => call)
  }

  /** The last entry of each log about coming to a call that is open to the room, or leaving one. */
  comings(room: number): LocatedRow[] {
    const sql = `SELECT ${columns}, max(entry.depth) FROM entry JOIN log ON log.id = entry.log WHERE entry.room = ? AND entry.call IS NOT NULL
      AND entry.type IN ('call-joined', 'call-left') AND entry.hidden IS NULL AND entry.flaw IS NULL GROUP BY entry.log`
    return this.#all<StoredRow>(sql, room).map((row) => this.#row(row)!)
  }

  lastMessage(room: number): LocatedRow | null {
    const sql = `SELECT ${columns} FROM entry JOIN log ON log.id = entry.log
      WHERE entry.room = ? AND entry.shown AND entry.hidden IS NULL AND entry.type = 'message-sent' ORDER BY ${reverseOrder} LIMIT 1`
    return this.#row(this.#get<StoredRow>(sql, room))
  }

  /** The end of what is shown of a room: nothing arrives in order behind it without being newer. */
  endOf(room: number): { readonly depth: number; readonly time: number } {
    const sql = 'SELECT depth, time FROM entry WHERE room = ? AND shown ORDER BY depth DESC, time DESC LIMIT 1'
    return this.#get(sql, room) ?? { depth: -1, time: -1 }
  }

  /** How far one has read. */
  readMark(room: number): ReadMark {
    return this.#get('SELECT read_depth AS depth, read_time AS time FROM room WHERE id = ?', room)!
  }

  setReadMark(room: number, { depth, time }: ReadMark): void {
    this.#run('UPDATE room SET read_depth = ?, read_time = ? WHERE id = ?', depth, time, room)
  }

  /** Messages behind the mark that stand in none of the own logs, counted up to a thousand. */
  unread(room: number, ownLogs: readonly number[]): number {
    const { depth, time } = this.readMark(room)
    const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM entry WHERE room = ? AND shown AND hidden IS NULL AND type = 'message-sent'
      AND (depth, time) > (?, ?) AND log NOT IN (${ownLogs.map(() => '?').join()}) LIMIT 1000)`
    return this.#get<{ count: number }>(sql, room, depth, time, ...ownLogs)!.count
  }

  close(): void {
    // As long as a statement lives, its file stays open.
    this.#statements.clear()
    this.#db.close()
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #run(sql: string, ...values: unknown[]): void {
    this.#prepare(sql).run(...values)
  }

  #get<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#prepare(sql).all(...values) as T[]
  }

  /** SQLite has no booleans. */
  #row(row: StoredRow | undefined): LocatedRow | null {
    if (!row) return null
    return { ...row, text: Buffer.from(row.text).toString(), shown: Boolean(row.shown), late: Boolean(row.late) }
  }

  #openOrBegin(): Database.Database {
    let db: Database.Database | null = null
    try {
      db = this.#connect()
      const known = db.prepare("SELECT value FROM meta WHERE name = 'schema'").get() as { value: string } | undefined
      if (known?.value === String(viewSchemaVersion)) return db
    } catch {
      // No such table, another key, or a damaged file: all are answered alike.
    }
    db?.close()
    this.#generation++
    return this.#begin()
  }

  #begin(): Database.Database {
    for (const end of ['', '-wal', '-shm']) rmSync(this.#path + end, { force: true })
    this.#statements.clear()
    const db = this.#connect()
    try {
      db.exec(viewSchema)
      db.prepare("INSERT INTO meta VALUES ('schema', ?)").run(String(viewSchemaVersion))
    } catch (error) {
      db.close()
      throw error
    }
    this.#isBroken = false
    return db
  }

  #connect(): Database.Database {
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(this.#path, 'a', 0o600))
    const encrypted = { encryptionCipher: 'aes256cbc', encryptionKey: this.#key }
    // Its types are those of a library without encryption.
    const db = new Database(this.#path, encrypted as Database.Options)
    db.exec('PRAGMA journal_mode = WAL')
    // Losing the last rows in a power cut costs a fold, nothing else.
    db.exec('PRAGMA synchronous = OFF')
    return db
  }
}
