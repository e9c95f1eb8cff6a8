import { fromHex } from '../../protocol/bytes.ts'
import type { Citation } from '../../protocol/log/entry.ts'
import { mostMarks } from '../../protocol/room/operation-event.ts'
import type { Role } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import type { Room } from '../rooms/room.ts'

/** Let somebody in who waits, or who is out. Throws the problems `no-such-person` and `not-allowed`. */
export async function admit(room: Room, identity: string, role: Role): Promise<void> {
  await room.act({ type: 'admitted', identity: known(room, identity), role, marks: marksOf(room, identity) })
}

export async function changeRole(room: Room, identity: string, role: Role): Promise<void> {
  await room.act({ type: 'role-changed', identity: known(room, identity), role, marks: marksOf(room, identity) })
}

export async function removeMember(room: Room, identity: string, ban: boolean): Promise<void> {
  await room.act({ type: 'member-removed', identity: known(room, identity), ban, marks: marksOf(room, identity) })
}

function known(room: Room, identity: string): Uint8Array {
  if (!room.fold.authority.people.has(identity)) throw new Problem('no-such-person')
  return fromHex(identity)
}

/** How much there is of somebody's logs: what they wrote up to here is not touched by what is done to them now. */
function marksOf(room: Room, identity: string): Citation[] {
  const theirs = [...room.fold.logs.values()].filter(
    ({ stored, length }) => length > 0 && Buffer.from(stored.owner.identity).toString('hex') === identity,
  )
  return theirs
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, mostMarks)
    .map((log) => ({ log: log.stored.key, length: log.length, treeHash: log.treeHash() }))
}
