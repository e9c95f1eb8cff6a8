import { closeSync, openSync } from 'node:fs'
import Database from 'libsql'
import { HomeError } from '../home-error.ts'
import { isDamage } from './damage.ts'

/** What is in a file, and what to call it where it cannot be read. `schema` makes it; of this version. */
interface DatabaseForm {
  readonly what: string
  readonly version: number
  readonly schema: string
}

/** A database of what cannot be made anew. What a method has written is durable once it returns. */
export class KeptDatabase {
  readonly #db: Database.Database
  readonly #statements = new Map<string, Database.Statement>()

  /** Throws `HomeError` home/damaged and home/newer. */
  constructor(path: string, form: DatabaseForm) {
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600))
    this.#db = new Database(path)
    try {
      this.#open(form)
    } catch (error) {
      this.#db.close()
      if (!isDamage(error)) throw error
      throw new HomeError('home/damaged', `${form.what} in ${path} cannot be read. Restore the file from a backup.`)
    }
  }

  /** The library takes a single buffer for named values, and dies of it: so values go in a list. */
  run(sql: string, ...values: unknown[]): void {
    this.#prepare(sql).run(values)
  }

  get<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#prepare(sql).get(values) as T | undefined
  }

  all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#prepare(sql).all(values) as T[]
  }

  /** All of it, or nothing. */
  transaction(work: () => void): void {
    this.#db.exec('BEGIN')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK')
      } catch {
        // A full file has rolled back already.
      }
      throw error
    }
  }

  close(): void {
    // As long as a statement lives, its file stays open.
    this.#statements.clear()
    this.#db.close()
  }

  #open({ version, schema }: DatabaseForm): void {
    // What is overwritten or deleted is filled with zeros, and the journal is cut to nothing: no older row stays in either file.
    this.#db.exec('PRAGMA secure_delete = ON')
    this.#db.exec('PRAGMA journal_mode = TRUNCATE')
    // A power cut in the middle of a write must not take everything with it.
    this.#db.exec('PRAGMA synchronous = FULL')
    const { user_version: found } = this.#db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (found > version) {
      throw new HomeError('home/newer', 'This home was written by a newer Parley. Update this one to use it.')
    }
    if (found === 0) this.#db.exec(`BEGIN; ${schema} PRAGMA user_version = ${version}; COMMIT`)
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
