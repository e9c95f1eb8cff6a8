import { fromHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { EpochShared, EpochStarted } from '../epoch/event.ts'
import { auditRecipients, type RecipientFaults } from '../epoch/recipients.ts'
import type { Citation } from '../log/entry.ts'
import { isClosed, type Opened } from '../log/opened.ts'
import { statementsIn } from '../room/event.ts'
import type { FoldedEntry, FoldedLog } from '../room/fold-log.ts'
import type { Genesis } from '../room/genesis.ts'
import { beginningOf, type Operation } from '../room/operation.ts'
import { RoomRecipients } from '../room/room-recipients.ts'
import { count, entryId, type Findings } from './findings.ts'

/** An entry that seals an epoch to somebody. */
interface Sealing {
  readonly log: Uint8Array
  readonly index: number
  readonly event: EpochStarted | EpochShared
}

/** What a bundle of a room of suite 1 says of epochs: who was sealed to, and who should have been. */
export class DisclosedEpochs {
  readonly #recipients: RoomRecipients
  readonly #sealings: Sealing[] = []

  constructor(genesis: Genesis, primitives: Primitives) {
    this.#recipients = new RoomRecipients(beginningOf(genesis), primitives)
  }

  /** How many epochs were started. */
  get count(): number {
    return this.#sealings.filter(({ event }) => event.type === 'epoch-started').length
  }

  /** Take in the next entry of a log, and the log behind it. */
  note({ order: { log, index }, event }: FoldedEntry, opened: Opened, { author }: FoldedLog): void {
    this.#recipients.addEntry(log, index, headsOf(opened))
    if (!event || !author) return
    if (index === 0) this.#recipients.addMember(log, author.owner)
    this.#recipients.addStatements(log, index, statementsIn(event))
    if (event.type === 'prekey-announced') this.#recipients.addPrekey(log, index, event)
    if (event.type === 'epoch-started' || event.type === 'epoch-shared') this.#sealings.push({ log, index, event })
  }

  /** Compare recipients, once all entries and operations are here. */
  check(operations: readonly Operation[], findings: Findings): void {
    for (const operation of operations) this.#recipients.addOperation(fromHex(operation.log), operation)
    let unknown = 0
    for (const { log, index, event } of this.#sealings) {
      const { readers, isWhole } = this.#recipients.readersAt(log, index)
      if (!isWhole) unknown++
      else sayFaults(event, auditRecipients(event.boxes, readers), entryId({ log, index }), findings)
    }
    if (unknown === 0) return
    const them = count(unknown, 'time')
    findings.wait(
      'epochs',
      `to whom was sealed could not be compared ${them}: what the author knew there is not all here, or has no key`,
    )
  }
}

/** Who comes later may be left out of a share: another one can follow. */
function sayFaults(
  { type }: EpochStarted | EpochShared,
  { missing, extra, stale }: RecipientFaults,
  where: string,
  findings: Findings,
): void {
  const faults = [
    ...(type === 'epoch-started' ? missing.map((device) => `not to ${device}`) : []),
    ...extra.map((device) => `to ${device}, which is not in the room`),
    ...stale.map((device) => `to ${device} by a prekey that was replaced, or never was`),
  ]
  if (faults.length > 0) findings.fail('epochs', 'epoch/recipients', where, faults.join('; '))
}

/** What an entry cites; null: there is no key that would tell. What does not open for its author's fault cites nothing. */
function headsOf(opened: Opened): readonly Citation[] | null {
  if (!isClosed(opened)) return opened.header.heads
  return opened.flaw ? [] : null
}
