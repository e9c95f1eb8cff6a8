import { describe, expect, test } from 'vitest'
import { effectScope } from 'vue'
import type { TimelineView } from '../../node/api/views.ts'
import type { Bridge, TimelinePage } from '../../web/bridge/bridge.ts'
import { unreachable } from '../../web/bridge/bridge-problem.ts'
import { useTimeline } from '../../web/state/use-timeline.ts'
import { messageAt } from './items.ts'

function open() {
  let push: (view: TimelineView) => void = () => {}
  const asked: { before: string | null; answer(page: TimelinePage): void; refuse(): void }[] = []
  const bridge = {
    watch: (_query: unknown, given: typeof push) => {
      push = given
      return () => {}
    },
    page: (_room: string, before: string | null) =>
      new Promise<TimelinePage>((resolve, reject) => {
        asked.push({ before, answer: resolve, refuse: () => reject(unreachable()) })
      }),
  } as unknown as Bridge
  const timeline = effectScope().run(() => useTimeline(bridge, 'garden'))!
  const show = (first: number, reset = true) =>
    push({ reset, items: [messageAt(first), messageAt(first + 1)], older: true })
  const shown = () => timeline.timeline.value?.items.map(({ index }) => index)
  return { ...timeline, show, shown, asked }
}

describe('the past of a room', () => {
  test('is asked for from the first item on, once at a time', async () => {
    const { show, shown, asked, loadOlder } = open()
    show(10)
    const loading = loadOlder()
    await loadOlder()
    expect(asked.map(({ before }) => before)).toEqual([messageAt(10).order])
    asked[0]?.answer({ items: [messageAt(8), messageAt(9)], older: false })
    await loading
    expect(shown()).toEqual([8, 9, 10, 11])
    await loadOlder()
    expect(asked).toHaveLength(1)
  })

  test('stays a page short when asking fails, and can be asked for again', async () => {
    const { show, shown, asked, loadOlder, olderFailed } = open()
    show(10)
    const loading = loadOlder()
    asked[0]?.refuse()
    await loading
    expect(olderFailed.value).toBe(true)
    expect(shown()).toEqual([10, 11])
    void loadOlder()
    expect(olderFailed.value).toBe(false)
    expect(asked).toHaveLength(2)
  })

  test('is not joined to a window that was reset meanwhile', async () => {
    const { show, shown, asked, loadOlder } = open()
    show(10)
    const loading = loadOlder()
    show(50)
    asked[0]?.answer({ items: [messageAt(8), messageAt(9)], older: true })
    await loading
    expect(shown()).toEqual([50, 51])
  })
})
