import type { TimelineItem, TimelineView } from '../../node/api/views.ts'
import type { TimelinePage } from '../bridge/bridge.ts'

/** A window of a room's past that ends now: items in order, and whether there are more before them. */
export interface Timeline {
  readonly items: readonly TimelineItem[]
  readonly older: boolean
}

/** Fold a view into what was shown before. Items of a known id take the place that their new `order` gives them. */
export function applyTimelineView(before: Timeline | undefined, view: TimelineView): Timeline {
  if (view.reset || !before) return { items: merge([], view.items), older: view.older }
  return { items: merge(before.items, view.items), older: before.older }
}

/** Add a page of the past in front. What is known already stays as it is: the live view is newer than the page. */
export function prependPage(before: Timeline, page: TimelinePage): Timeline {
  return { items: merge(page.items, before.items), older: page.older }
}

/** Keep the newest `limit` items. */
export function keepNewest(timeline: Timeline, limit: number): Timeline {
  if (timeline.items.length <= limit) return timeline
  return { items: timeline.items.slice(-limit), older: true }
}

function merge(base: readonly TimelineItem[], news: readonly TimelineItem[]): readonly TimelineItem[] {
  const replaced = new Set(news.map(({ id }) => id))
  return [...base.filter(({ id }) => !replaced.has(id)), ...news].sort(byOrder)
}

function byOrder(a: TimelineItem, b: TimelineItem): number {
  if (a.order === b.order) return 0
  return a.order < b.order ? -1 : 1
}
