import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { identityId } from '../../protocol/identity/statement.ts'
import type { Frame } from '../../protocol/log/entry.ts'
import type { RoomEvent, UnknownEvent } from '../../protocol/room/event.ts'
import type { FoldedEntry } from '../../protocol/room/fold-log.ts'
import type { EntryRow } from '../storage/view-rows.ts'
import type { FoldingLog } from './folding-log.ts'

/** How a folded entry is kept in the view store. `frame`: null where it has none. */
export function entryRow(
  entry: FoldedEntry,
  frame: Frame | null,
  log: FoldingLog,
  { late, hidden }: Pick<EntryRow, 'late' | 'hidden'>,
  primitives: Primitives,
): EntryRow {
  const { order, time, event, flaws } = entry
  const { shown, call, text } = isUnread(entry, frame) ? unread(frame) : event ? told(event, primitives) : nothing
  return {
    log: log.row,
    index: order.index,
    depth: order.depth,
    time: order.time,
    stamp: time,
    treeHash: log.treeHash(),
    type: rowType(entry, frame),
    // Whom nothing has let in says nothing here.
    shown: shown && log.folded.author !== null,
    call,
    text,
    flaw: flaws[0] ? protocolErrors[flaws[0].code] : null,
    late,
    hidden,
  }
}

const nothing = { shown: true, call: null, text: '' }

/** What an entry is kept as: the type of what it says, or how far there is a key for it. Spec: specs/encryption.md#opening. */
export function rowType(entry: FoldedEntry, frame: Frame | null): string {
  if (!isUnread(entry, frame)) return entry.event?.type ?? 'unreadable'
  const extent = entry.read === 'header' ? 'withheld' : 'locked'
  return frame.class === 'message' ? extent : `${extent}-other`
}

/** Whether there is no key here of what it says. */
function isUnread({ read }: FoldedEntry, frame: Frame | null): frame is Frame {
  return frame !== null && (read === 'header' || read === 'locked')
}

/** It has no line of its own. The number of its epoch stays, to find it again once there is a key. */
function unread({ epoch }: Frame): Pick<EntryRow, 'shown' | 'call' | 'text'> {
  return { shown: false, call: null, text: String(epoch) }
}

/** Whether an event has a line of its own, the call it is about, and what its type has to say. */
function told(event: RoomEvent | UnknownEvent, primitives: Primitives): Pick<EntryRow, 'shown' | 'call' | 'text'> {
  switch (event.type) {
    case 'room-created':
      return { shown: true, call: null, text: event.name }
    case 'joined':
    case 'name-changed':
      return { shown: true, call: null, text: event.as }
    case 'message-sent':
      return { shown: true, call: null, text: event.text }
    case 'call-started':
      return { shown: true, call: toHex(event.call), text: event.to ? toHex(event.to) : '' }
    case 'call-joined':
      return { shown: false, call: toHex(event.call), text: toHex(event.callKey) }
    case 'call-left':
      return { shown: false, call: toHex(event.call), text: '' }
    case 'call-offer':
    case 'call-answer':
      return { shown: false, call: toHex(event.call), text: toHex(event.to) }
    case 'call-ended':
      return { shown: false, call: toHex(event.call), text: event.reason }
    case 'invite-created':
      return { shown: true, call: null, text: event.role }
    case 'identity-updated':
      return { shown: true, call: null, text: toHex(identityId(event.statements[0]!, primitives)) }
    case 'invite-revoked':
    case 'left':
      return { shown: true, call: null, text: '' }
    case 'admitted':
    case 'role-changed':
      return { shown: true, call: null, text: toHex(event.identity) + event.role }
    case 'member-removed':
      return { shown: true, call: null, text: toHex(event.identity) + (event.ban ? 'banned' : 'removed') }
    case 'prekey-announced':
    case 'epoch-started':
    case 'epoch-shared':
    case 'history-granted':
      return { shown: false, call: null, text: '' }
    case 'unknown':
      return { shown: true, call: null, text: event.kind }
  }
}
