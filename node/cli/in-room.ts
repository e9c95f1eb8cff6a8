import type { RoomView } from '../api/views.ts'
import { type CommonOptions, homeOf } from './command.ts'
import { connectNode, type NodeClient } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'

/** Do something in the room that somebody means, with the room as it is now. Throws `Failure`. */
export async function inRoom(
  options: CommonOptions,
  reference: string,
  act: (room: RoomView, node: NodeClient) => Promise<void>,
): Promise<void> {
  const node = await connectNode(homeOf(options))
  const views = await openViews(node)
  try {
    const { id } = await findRoom(views, reference)
    await act(await views.read({ type: 'room', room: id }), node)
  } finally {
    views.close()
  }
}
