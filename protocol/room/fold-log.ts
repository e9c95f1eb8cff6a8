import { equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import type { OpenedEntry, OpenedHeader } from '../log/entry.ts'
import type { LogOwner } from '../log/hypercore.ts'
import { advance, emptyCursor, type LogCursor, type OrderKey, skip } from '../ordering.ts'
import { admit } from './admission.ts'
import { decodeEvent, type RoomEvent, type UnknownEvent, withheldEvent } from './event.ts'

/** A log of a room, folded up to some length. `author` is null as long as nothing has let it in. */
export interface FoldedLog {
  readonly key: Uint8Array
  readonly cursor: LogCursor
  readonly author: Author | null
}

/** Who writes a log. The name is what they call themselves. */
export interface Author {
  readonly owner: LogOwner
  readonly name: string
}

/** An entry with its place in the room. `event` is null where it cannot be read or may not be heard. */
export interface FoldedEntry {
  readonly order: OrderKey
  readonly time: number
  readonly event: RoomEvent | UnknownEvent | null
  readonly flaws: readonly ProtocolError[]
}

export interface FoldContext {
  readonly genesis: Uint8Array
  readonly depthAt: (log: string, length: number) => number | null
  /** Whether a log has been let in, by key in hex: asked of the first log of a device when a later one begins. */
  readonly isAdmitted: (log: string) => boolean
  readonly primitives: Primitives
}

/** A log of which nothing has been folded. */
export function emptyLog(key: Uint8Array): FoldedLog {
  return { key, cursor: emptyCursor(), author: null }
}

/**
 * Fold one more entry of a log; `opened` is the error where it did not open.
 *
 * The log that is passed in may not be used again: its cursor goes on in the other. Never throws for what an author wrote: whatever is wrong stands in `flaws`, and the log goes on. Spec: specs/room.md#folding.
 */
export function foldEntry(
  log: FoldedLog,
  opened: OpenedEntry | ProtocolError,
  context: FoldContext,
): { readonly log: FoldedLog; readonly entry: FoldedEntry } {
  const index = log.cursor.length
  if (opened instanceof ProtocolError) {
    const cursor = skip(log.cursor)
    return { log: { ...log, cursor }, entry: entryAt(log.key, index, cursor, cursor.time, null, [opened]) }
  }
  const { header, frame, body } = opened
  const { cursor, flaws } = advance(log.cursor, log.key, header, context.depthAt)
  const at = (event: FoldedEntry['event'], author: Author | null, flaw?: ProtocolError) => ({
    log: { key: log.key, cursor, author },
    entry: entryAt(log.key, index, cursor, header.time, event, flaw ? [...flaws, flaw] : flaws),
  })
  try {
    const event = decodeEvent(header.kind, frame.class, body)
    return at(event, authorAfter(log, index, event, context))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return at(null, log.author, error)
  }
}

/**
 * Fold one more entry of which the body is withheld: its place and its kind count, and what it says is not known.
 *
 * As `foldEntry` otherwise. What lets a log in is never withheld, so this is not it. Spec: specs/bundle.md#disclosure.
 */
export function foldHeader(
  log: FoldedLog,
  { header, frame }: OpenedHeader,
  context: FoldContext,
): { readonly log: FoldedLog; readonly entry: FoldedEntry } {
  const index = log.cursor.length
  const { cursor, flaws } = advance(log.cursor, log.key, header, context.depthAt)
  const at = (event: FoldedEntry['event'], ...more: readonly ProtocolError[]) => ({
    log: { ...log, cursor },
    entry: entryAt(log.key, index, cursor, header.time, event, [...flaws, ...more]),
  })
  try {
    const event = withheldEvent(header.kind, frame.class)
    if (header.kind === 'room-created' || header.kind === 'joined') throw new ProtocolError('room/admission-repeated')
    if (!log.author) throw new ProtocolError('room/not-admitted', 'nothing has let this log in')
    return at(event)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return at(null, error)
  }
}

function entryAt(
  log: Uint8Array,
  index: number,
  cursor: LogCursor,
  time: number,
  event: FoldedEntry['event'],
  flaws: readonly ProtocolError[],
): FoldedEntry {
  return { order: { depth: cursor.depth, time: cursor.time, log, index }, time, event, flaws }
}

/** The author after this event. Throws `room/…` if the event may not stand here. */
function authorAfter(log: FoldedLog, index: number, event: RoomEvent | UnknownEvent, context: FoldContext): Author {
  if (event.type === 'room-created' || event.type === 'joined') {
    if (index !== 0) throw new ProtocolError('room/admission-repeated')
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
  if (!log.author) throw new ProtocolError('room/not-admitted', 'nothing has let this log in')
  return event.type === 'name-changed' ? { ...log.author, name: event.as } : log.author
}
