import { toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { isClosed, type Opened } from '../../protocol/log/opened.ts'
import type { ViewStore } from '../storage/view-store.ts'
import type { FoldingLog } from './folding-log.ts'

/** What the entries of a room cite, as far as it has been folded. */
export class CitedEntries {
  readonly #logs: ReadonlyMap<string, FoldingLog>
  readonly #view: ViewStore

  constructor(logs: ReadonlyMap<string, FoldingLog>, view: ViewStore) {
    this.#logs = logs
    this.#view = view
  }

  /** We were let in, though the log that says so may be lost here. */
  isAdmitted(key: string): boolean {
    const log = this.#logs.get(key)
    return log !== undefined && (log.isOwn || log.folded.author !== null)
  }

  /** Whether it is known if a log may be let in: a later log of a device waits for the first one to begin. */
  mayBegin({ length, follows, isOwn }: FoldingLog): boolean {
    if (length > 0 || follows === null || isOwn) return true
    const first = this.#logs.get(follows)
    return first !== undefined && (first.length > 0 || first.frozenAt === 0)
  }

  /**
   * Whether everything that an entry cites has been folded, or never will be: an author of two histories must not make others wait.
   *
   * A log that cites what never was waits for ever. Nobody honest cites what they have not folded.
   */
  isReady(opened: Opened): boolean {
    if (isClosed(opened)) return true
    return opened.header.heads.every(({ log, length }) => {
      const cited = this.#logs.get(toHex(log))
      return cited !== undefined && length > cited.frozenAt ? true : (cited?.length ?? 0) >= length
    })
  }

  flaws({ isOwn }: FoldingLog, opened: Opened): ProtocolError[] {
    if (isClosed(opened)) return []
    return opened.header.heads.flatMap(({ log, length, treeHash }) => {
      const known = this.entryAt(toHex(log), length)
      // What we have cited was here, and comes back if the disk has lost it.
      const differs = known === null ? !isOwn && length > 0 : Buffer.compare(known.treeHash, treeHash) !== 0
      return differs ? [new ProtocolError('ordering/citation', `of log ${toHex(log)} at length ${length}`)] : []
    })
  }

  entryAt(key: string, length: number) {
    const log = this.#logs.get(key)
    return log && length > 0 ? this.#view.entryAt(log.row, length - 1) : null
  }
}
