import { ProtocolError } from '../errors.ts'
import { type Frame, type OpenedEntry, type OpenedHeader, readFrame, type Suite } from './entry.ts'

/** An entry of which nothing was opened. */
export interface ClosedEntry {
  /** Null where the block has none, or one that may not stand in this room. */
  readonly frame: Frame | null
  /** Why it does not open; null: there is no key for it, which is no fault of anybody. */
  readonly flaw: ProtocolError | null
}

/** An entry as far as it was opened. */
export type Opened = OpenedEntry | OpenedHeader | ClosedEntry

/** Whether not even the header of an entry has opened. */
export function isClosed(opened: Opened): opened is ClosedEntry {
  return !('header' in opened)
}

/** Whether the header was opened, and not the body. */
export function isWithheld(opened: Opened): opened is OpenedHeader {
  return 'header' in opened && !('body' in opened)
}

/**
 * An entry as far as `open` opens it; null: there is no key.
 *
 * What breaks a rule of specs/ is kept, and not thrown. `room`: the suite of the room.
 */
export function openAsFar(block: Uint8Array, room: Suite, open: () => OpenedEntry | OpenedHeader | null): Opened {
  let frame: Frame | null = null
  try {
    frame = readFrame(block, room)
    return open() ?? { frame, flaw: null }
  } catch (error) {
    if (error instanceof ProtocolError) return { frame, flaw: error }
    throw error
  }
}
