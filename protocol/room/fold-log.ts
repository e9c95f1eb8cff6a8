import { equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { advanceEpoch, advanceStep, type EpochCursor, emptyEpochs } from '../epoch/epoch-cursor.ts'
import { ProtocolError } from '../errors.ts'
import { readIdentity } from '../identity/identity.ts'
import type { Frame, OpenedEntry, OpenedHeader } from '../log/entry.ts'
import type { LogOwner } from '../log/hypercore.ts'
import { type ClosedEntry, isClosed, type Opened } from '../log/opened.ts'
import { advance, emptyCursor, type LogCursor, type OrderKey, skip, skipLocked } from '../ordering.ts'
import { admit } from './admission.ts'
import { decodeEvent, isEpochEvent, type RoomEvent, type UnknownEvent, withheldEvent } from './event.ts'

/** A log of a room, folded up to some length. `author` is null as long as nothing has let it in. */
export interface FoldedLog {
  readonly key: Uint8Array
  readonly cursor: LogCursor
  readonly epochs: EpochCursor
  readonly author: Author | null
}

/** Who writes a log. The name is what they call themselves. */
export interface Author {
  readonly owner: LogOwner
  readonly name: string
}

/** How far an entry was read. `locked`: there is no key for it, so nothing is known but its place. `failed`: it does not open. */
export type Reading = 'whole' | 'header' | 'locked' | 'failed'

/** An entry with its place in the room. `event` is null where it cannot be read or may not be heard. */
export interface FoldedEntry {
  readonly order: OrderKey
  readonly time: number
  readonly event: RoomEvent | UnknownEvent | null
  readonly read: Reading
  readonly flaws: readonly ProtocolError[]
}

export interface FoldContext {
  readonly genesis: Uint8Array
  /** The depth of entry `length - 1` of a log; null where that is not here, or is locked. */
  readonly depthAt: (log: string, length: number) => number | null
  /** Whether a log has been let in, by key in hex: asked of the first log of a device when a later one begins. */
  readonly isAdmitted: (log: string) => boolean
  readonly primitives: Primitives
}

/** One entry further. */
export interface FoldStep {
  readonly log: FoldedLog
  readonly entry: FoldedEntry
}

/** A log of which nothing has been folded. `generation`: which log of its device it is. */
export function emptyLog(key: Uint8Array, generation: number): FoldedLog {
  return { key, cursor: emptyCursor(), epochs: emptyEpochs(generation), author: null }
}

/**
 * Fold one more entry of a log, as far as it was opened.
 *
 * The log that is passed in may not be used again: its cursor goes on in the other. Never throws for what an author wrote: whatever is wrong
 * stands in `flaws`, and the log goes on. An entry that is locked has no flaw for that. What lets a log in is never withheld or locked.
 * Spec: specs/room.md#folding.
 */
export function foldEntry(log: FoldedLog, opened: Opened, context: FoldContext): FoldStep {
  return isClosed(opened) ? foldClosed(log, opened) : foldOpened(log, opened, context)
}

function foldOpened(log: FoldedLog, opened: OpenedEntry | OpenedHeader, context: FoldContext): FoldStep {
  const { header, frame } = opened
  const ordered = advance(log.cursor, log.key, header, context.depthAt)
  const stepped = epochsAfter(log.epochs, frame)
  const flaws = stepped.flaw ? [...ordered.flaws, stepped.flaw] : ordered.flaws
  const { cursor } = ordered
  const order = orderOf(log.key, log.cursor.length, cursor)
  const { time } = header
  const read = 'body' in opened ? 'whole' : 'header'
  try {
    const said =
      'body' in opened ? sayWhole(log, opened, context) : { event: sayHeader(log, opened), author: log.author }
    const { event, author } = said
    const epochs = event && isEpochEvent(event) ? advanceEpoch(stepped.epochs, event) : stepped.epochs
    return { log: { key: log.key, cursor, epochs, author }, entry: { order, time, event, read, flaws } }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { key, author } = log
    const entry = { order, time, event: null, read, flaws: [...flaws, error] } as const
    return { log: { key, cursor, epochs: stepped.epochs, author }, entry }
  }
}

/** Only its place is known, and what its frame says of its epoch. */
function foldClosed(log: FoldedLog, { frame, flaw }: ClosedEntry): FoldStep {
  const cursor = flaw ? skip(log.cursor) : skipLocked(log.cursor)
  const { epochs, flaw: wrongStep } = epochsAfter(log.epochs, frame)
  const flaws = [flaw, wrongStep, !flaw && !log.author && notAdmitted()].filter((each) => each instanceof ProtocolError)
  const order = orderOf(log.key, log.cursor.length, cursor)
  const read = flaw ? 'failed' : 'locked'
  return { log: { ...log, cursor, epochs }, entry: { order, time: cursor.time, event: null, read, flaws } }
}

/** What a frame says of its epoch, whoever can open the rest: it is the same for those who keep, who forget, and who have no key. */
function epochsAfter(epochs: EpochCursor, frame: Frame | null): { epochs: EpochCursor; flaw: ProtocolError | null } {
  if (frame?.suite !== 1) return { epochs, flaw: null }
  try {
    return { epochs: advanceStep(epochs, frame), flaw: null }
  } catch (error) {
    if (error instanceof ProtocolError) return { epochs, flaw: error }
    throw error
  }
}

function orderOf(log: Uint8Array, index: number, { depth, time }: LogCursor): OrderKey {
  return { depth, time, log, index }
}

const notAdmitted = () => new ProtocolError('room/not-admitted', 'nothing has let this log in')

/** What an entry says, and the author after it. */
function sayWhole(log: FoldedLog, { header, frame, body }: OpenedEntry, context: FoldContext) {
  const event = decodeEvent(header.kind, frame.class, body)
  return { event, author: authorAfter(log, event, context) }
}

/** What the kind alone says of an entry of which the body is withheld. */
function sayHeader(log: FoldedLog, { header: { kind }, frame }: OpenedHeader): UnknownEvent | null {
  const event = withheldEvent(kind, frame.class)
  if (kind === 'room-created' || kind === 'joined') throw new ProtocolError('room/admission-repeated')
  if (!log.author) throw notAdmitted()
  return event
}

/** The author after this event. Throws `room/…`, or `identity/…`, if the event may not stand here. */
function authorAfter(log: FoldedLog, event: RoomEvent | UnknownEvent, context: FoldContext): Author {
  if (event.type === 'room-created' || event.type === 'joined') {
    if (log.cursor.length !== 0) throw new ProtocolError('room/admission-repeated')
    const admitted = admit(context.genesis, event.admission, context.primitives)
    if (!equalBytes(admitted.key, log.key)) throw new ProtocolError('room/not-admitted', 'another log is let in')
    if (admitted.follows && !context.isAdmitted(toHex(admitted.follows))) {
      throw new ProtocolError('room/not-admitted', 'the first log of its device was not let in')
    }
    if (event.type === 'room-created') {
      if (!equalBytes(event.genesis, context.genesis)) throw new ProtocolError('room/genesis', 'of another room')
      if (event.admission.signature !== null) throw new ProtocolError('room/owner')
    }
    return { owner: admitted.owner, name: event.as }
  }
  if (!log.author) throw notAdmitted()
  if (event.type === 'identity-updated') readIdentity(event.statements, context.primitives)
  return event.type === 'name-changed' ? { ...log.author, name: event.as } : log.author
}
