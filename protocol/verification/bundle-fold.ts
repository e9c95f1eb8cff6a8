import { equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Citation, Suite } from '../log/entry.ts'
import { type LogRoots, logKey, treeHash } from '../log/hypercore.ts'
import { isClosed, type Opened } from '../log/opened.ts'
import { type FoldContext, foldEntry } from '../room/fold-log.ts'
import { genesisIn } from '../room/genesis.ts'
import { type Awaited, foldInCausalOrder } from './causal-order.ts'
import { DisclosedEpochs } from './disclosed-epochs.ts'
import { checkDisclosure, openDisclosed } from './disclosure.ts'
import { entryId, epochsIf, type Findings } from './findings.ts'
import { Heard } from './heard.ts'
import { entriesIn, isSealed, restsOnUnread, type WalkedLog } from './walked-log.ts'

/** The logs of a bundle, and the room that they are of. */
interface BundledRoom {
  readonly genesis: Uint8Array
  readonly room: Uint8Array
  readonly logs: readonly WalkedLog[]
}

const stepsPerReport = 1_000

/** Folds the logs of a bundle, no entry before those it cites, and gathers what they say. */
export class BundleFold {
  readonly heard: Heard
  /** Null in a room of suite 0. */
  readonly epochs: DisclosedEpochs | null
  readonly #room: Uint8Array
  readonly #suite: Suite
  readonly #logs: readonly WalkedLog[]
  readonly #byId: ReadonlyMap<string, WalkedLog>
  readonly #context: FoldContext
  readonly #findings: Findings
  readonly #primitives: Primitives

  constructor({ genesis, room, logs }: BundledRoom, findings: Findings, primitives: Primitives) {
    const beginning = genesisIn(genesis)
    this.#suite = beginning?.suite ?? 0
    this.epochs = beginning && this.#suite === 1 ? new DisclosedEpochs(beginning, primitives) : null
    this.heard = new Heard(genesis, primitives)
    this.#room = room
    this.#logs = logs.filter((log) => !isSealed(log))
    this.#byId = new Map(logs.map((log) => [log.id, log]))
    this.#findings = findings
    this.#primitives = primitives
    this.#context = {
      genesis,
      depthAt: (id, length) => this.#byId.get(id)?.depths[length - 1] ?? null,
      isAdmitted: (id) => this.#isAdmitted(id),
      primitives,
    }
  }

  /** `onProgress` is called now and then with entries done and entries in all. */
  run(onProgress?: (done: number, of: number) => void): void {
    const of = entriesIn(this.#logs)
    let done = 0
    this.#findings.begin('entries', ...epochsIf(this.#suite), 'membership', 'causality', 'completeness')
    foldInCausalOrder(this.#logs, {
      awaited: (log) => {
        log.next = this.#open(log)
        return [...this.#firstLogOf(log), ...this.#citedBy(log.next)]
      },
      fold: (log) => {
        this.#fold(log, log.next!)
        done++
        if (done % stepsPerReport === 0) onProgress?.(done, of)
      },
    })
    this.epochs?.check(this.heard.authority.operations, this.#findings)
    onProgress?.(of, of)
  }

  #open({ folded, bundled: { blocks, keys } }: WalkedLog): Opened {
    const index = folded.cursor.length
    const place = { room: this.#room, log: folded.key, index, suite: this.#suite }
    return openDisclosed(blocks[index]!, place, keys[index] ?? null, this.#primitives)
  }

  #fold(log: WalkedLog, opened: Opened): void {
    const missing = this.#checkCitations(log, opened)
    const { log: folded, entry } = foldEntry(log.folded, opened, this.#context)
    const where = entryId(entry.order)
    log.folded = folded
    log.depths.push(entry.read === 'locked' ? null : folded.cursor.depth)
    log.next = null
    if (missing.length > 0 || restsOnUnread(opened, this.#byId)) log.isPlaced = false
    for (const { log: cited, length } of missing) this.#findings.missing(toHex(cited), length, entry.order)
    const { blocks, keys, generation } = log.bundled
    const { index } = entry.order
    checkDisclosure(keys[index] ?? null, opened, where, this.#findings)
    const rootsAt = (id: string, length: number) => this.#rootsAt(id, length)
    const wrong = this.heard.authority.note(entry, folded.author, blocks[index]!, rootsAt)
    for (const flaw of [...entry.flaws, ...wrong]) this.#findings.flaw(flaw, where)
    this.epochs?.note(entry, opened, folded)
    this.heard.hear(entry, opened, { generation, isPlaced: log.isPlaced })
  }

  #rootsAt(id: string, length: number): LogRoots | undefined {
    return this.#byId.get(id)?.snapshots[length]
  }

  /** That a sealed log was let in is not known: membership waits for it, and so for what follows it. */
  #isAdmitted(id: string): boolean {
    const log = this.#byId.get(id)
    return log !== undefined && (isSealed(log) || log.folded.author !== null)
  }

  /** Whether a later log of a device may be let in is known once its first log has begun. */
  #firstLogOf({ bundled, folded }: WalkedLog): readonly Awaited<WalkedLog>[] {
    if (bundled.generation === 0 || folded.cursor.length > 0) return []
    const log = this.#byId.get(toHex(logKey({ ...bundled, room: this.#room, generation: 0 }, this.#primitives)))
    return log && log.length > 0 && !isSealed(log) ? [{ log, length: 1 }] : []
  }

  /** The cited entries that the bundle has, and that are folded. */
  #citedBy(next: Opened): readonly Awaited<WalkedLog>[] {
    if (isClosed(next)) return []
    return next.header.heads.flatMap(({ log: key, length }) => {
      const log = this.#byId.get(toHex(key))
      return log && !isSealed(log) && length <= log.length ? [{ log, length }] : []
    })
  }

  /** Compare what an entry cites with what is here. Answers the citations of which it is not. */
  #checkCitations({ folded }: WalkedLog, opened: Opened): readonly Citation[] {
    if (isClosed(opened)) return []
    const where = entryId({ log: folded.key, index: folded.cursor.length })
    for (const { log, length, treeHash: cited } of opened.header.heads) {
      const roots = this.#rootsAt(toHex(log), length)
      if (roots && !equalBytes(treeHash(roots, this.#primitives), cited)) {
        this.#findings.fail('causality', 'ordering/citation', where, `of log ${toHex(log)} at length ${length}`)
      }
    }
    return opened.header.heads.filter(({ log, length }) => length > (this.#byId.get(toHex(log))?.length ?? 0))
  }
}
