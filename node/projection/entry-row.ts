import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { protocolErrors } from '../../protocol/errors.ts'
import { identityId } from '../../protocol/identity/statement.ts'
import type { RoomEvent, UnknownEvent } from '../../protocol/room/event.ts'
import type { FoldedEntry } from '../../protocol/room/fold-log.ts'
import type { EntryRow } from '../storage/view-rows.ts'
import type { FoldingLog } from './folding-log.ts'

/** How a folded entry is kept in the view store. */
export function entryRow(
  { order, time, event, read, flaws }: FoldedEntry,
  log: FoldingLog,
  { late, hidden }: Pick<EntryRow, 'late' | 'hidden'>,
  primitives: Primitives,
): EntryRow {
  const { shown, call, text } = event
    ? told(event, primitives)
    : { shown: read === 'whole' || read === 'failed', call: null, text: '' }
  return {
    log: log.row,
    index: order.index,
    depth: order.depth,
    time: order.time,
    stamp: time,
    treeHash: log.treeHash(),
    type: event?.type ?? 'unreadable',
    // Whom nothing has let in says nothing here.
    shown: shown && log.folded.author !== null,
    call,
    text,
    flaw: flaws[0] ? protocolErrors[flaws[0].code] : null,
    late,
    hidden,
  }
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
      return { shown: true, call: toHex(event.call), text: toHex(event.to) }
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
