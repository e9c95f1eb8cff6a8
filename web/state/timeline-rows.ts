import type { CallItem, GroupCallItem, MessageItem, NoticeItem, TimelineItem } from '../../node/api/views.ts'
import { sameDay } from '../locales/times.ts'

const groupSpan = 5 * 60_000

/** One line of the timeline as it is drawn. */
export type TimelineRow =
  | { readonly type: 'day'; readonly key: string; readonly time: number }
  | { readonly type: 'new'; readonly key: string }
  | {
      readonly type: 'message'
      readonly key: string
      readonly item: MessageItem
      readonly first: boolean
      readonly last: boolean
    }
  | { readonly type: 'notice'; readonly key: string; readonly item: NoticeItem }
  | { readonly type: 'call'; readonly key: string; readonly item: CallItem }
  | { readonly type: 'group-call'; readonly key: string; readonly item: GroupCallItem }

/**
 * Lay items out: a line where the day changes, one where the unread ones begin, and messages of one author
 * within five minutes of each other as a group.
 */
export function rowsOf(items: readonly TimelineItem[], newFrom: string | null): TimelineRow[] {
  const rows: TimelineRow[] = []
  for (const [i, item] of items.entries()) {
    const before = items[i - 1]
    const after = items[i + 1]
    if (!before || !sameDay(before.time, item.time)) rows.push({ type: 'day', key: `day ${item.id}`, time: item.time })
    if (item.id === newFrom) rows.push({ type: 'new', key: 'new' })
    if (item.type === 'message') {
      const first = !before || item.id === newFrom || !belongTogether(before, item)
      const last = !after || after.id === newFrom || !belongTogether(item, after)
      rows.push({ type: 'message', key: item.id, item, first, last })
    } else if (item.type === 'notice') {
      rows.push({ type: 'notice', key: item.id, item })
    } else if (item.type === 'call') {
      rows.push({ type: 'call', key: item.id, item })
    } else {
      rows.push({ type: 'group-call', key: item.id, item })
    }
  }
  return rows
}

/** The id of the first unread item, if `unread` of the newest ones by others are. */
export function firstUnread(items: readonly TimelineItem[], unread: number): string | null {
  if (unread <= 0) return null
  return items.filter((item) => item.type === 'message' && !item.self).at(-unread)?.id ?? null
}

function belongTogether(a: TimelineItem, b: TimelineItem): boolean {
  return (
    a.type === 'message' &&
    b.type === 'message' &&
    a.author === b.author &&
    a.name === b.name &&
    sameDay(a.time, b.time) &&
    Math.abs(b.time - a.time) <= groupSpan
  )
}
