import type { RoomRow } from '../api/views.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import type { NodeViews } from './node-views.ts'
import { shownLine } from './terminal-text.ts'

/** The room that a person means by its id, the start of its id, or its name. Throws `Failure` if none or several. */
export async function findRoom(views: NodeViews, reference: string): Promise<RoomRow> {
  const { rooms } = await views.read({ type: 'rooms' })
  const [room, ...others] = rooms.filter(({ id, name }) => id.startsWith(reference.toLowerCase()) || name === reference)
  if (reference === '' || !room) {
    throw new Failure(
      'no-such-room',
      `This node is in no room “${shownLine(reference)}”. See: parley room list`,
      exitCodes.usage,
    )
  }
  if (others.length === 0) return room
  const names = [room, ...others].map(({ id, name }) => `${id.slice(0, 12)} (${shownLine(name)})`)
  throw usage(`“${shownLine(reference)}” could be ${names.join(' or ')}. Say more of the id.`)
}
