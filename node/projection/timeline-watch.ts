import type { TimelineItem, TimelineView } from '../api/views.ts'
import type { Room } from '../rooms/room.ts'
import type { ProjectedEntry } from './room-fold.ts'
import { timelineItem, timelineItems } from './timeline.ts'

const mostPerPush = 200
const usualLimit = 100
/** Of an author's earlier entries, too: they may come back in another log. */
const renames: readonly string[] = ['name-changed', 'joined']

/** Pushes the newest items of a room, then what is new or changed. */
export class TimelineWatch {
  readonly #room: Room
  readonly #limit: number
  readonly #push: (value: TimelineView) => void

  constructor(room: Room, limit: number | undefined, push: (value: TimelineView) => void) {
    this.#room = room
    this.#limit = limit ?? usualLimit
    this.#push = push
    this.reset()
  }

  reset(): void {
    const { items, older } = timelinePage(this.#room, null, this.#limit)
    this.#push({ reset: true, items: [...items], older })
  }

  onEntries(entries: readonly ProjectedEntry[]): void {
    const renamed = entries.some(({ entry }) => renames.includes(entry.event?.type ?? ''))
    if (renamed || entries.length > mostPerPush) this.reset()
    else this.#pushChanged(entries)
  }

  #pushChanged(entries: readonly ProjectedEntry[]): void {
    const source = this.#room.timeline()
    const items = new Map<string, TimelineItem>()
    const add = (item: TimelineItem | null) => item && items.set(item.id, item)
    for (const { log, entry } of entries) {
      const row = source.view.entry(log.row, entry.order.index)
      if (!row) continue
      add(timelineItem(source, row))
      // What is written about a call changes the line of its start.
      if (row.call && !row.shown) {
        for (const each of source.view.callEntries(source.room, row.call)) add(timelineItem(source, each))
      }
    }
    if (items.size > 0) this.#push({ reset: false, items: [...items.values()], older: true })
  }
}

/** Items before an `order`, or the newest ones, and whether there are older ones. */
export function timelinePage(
  room: Room,
  before: string | null,
  limit: number,
): { readonly items: readonly TimelineItem[]; readonly older: boolean } {
  const items = timelineItems(room.timeline(), before, limit + 1)
  return { items: items.slice(-limit), older: items.length > limit }
}
