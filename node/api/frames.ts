import { type Static, Type } from 'typebox'
import { RoomId } from './commands.ts'
import { type TimelineItem, type ViewOf, ViewQuery, type ViewType } from './views.ts'

const closed = { additionalProperties: false } as const

const WatchId = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })

/** Frames from the page or terminal. The first one is `authenticate`, within five seconds. */
export const ClientFrame = Type.Union([
  Type.Object({ type: Type.Literal('authenticate'), bearer: Type.String({ maxLength: 128 }) }, closed),
  Type.Object({ type: Type.Literal('watch'), id: WatchId, query: ViewQuery }, closed),
  Type.Object({ type: Type.Literal('unwatch'), id: WatchId }, closed),
  Type.Object(
    {
      type: Type.Literal('page'),
      id: WatchId,
      room: RoomId,
      before: Type.Union([Type.String({ maxLength: 256 }), Type.Null()], {
        description: 'an `order`; null: from the end',
      }),
      limit: Type.Integer({ minimum: 1, maximum: 500 }),
    },
    closed,
  ),
])
export type ClientFrame = Static<typeof ClientFrame>

/** Frames from the node. `id` is that of the `watch` or `page` it answers. */
export type ServerFrame =
  | { readonly type: 'authenticated' }
  | { readonly type: 'view'; readonly id: number; readonly value: ViewOf[ViewType] }
  | { readonly type: 'page'; readonly id: number; readonly items: readonly TimelineItem[]; readonly older: boolean }
  | { readonly type: 'problem'; readonly id: number | null; readonly code: string; readonly text: string }
