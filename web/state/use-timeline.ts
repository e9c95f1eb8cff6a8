import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import type { Bridge } from '../bridge/bridge.ts'
import type { BridgeProblem } from '../bridge/bridge-problem.ts'
import { applyTimelineView, keepNewest, prependPage, type Timeline } from './timeline.ts'

const pageSize = 100
const mostRows = 2_000

export interface UseTimeline {
  /** `undefined` until the node has answered. */
  readonly timeline: Readonly<ShallowRef<Timeline | undefined>>
  readonly problem: Readonly<ShallowRef<BridgeProblem | undefined>>
  readonly loadingOlder: Readonly<ShallowRef<boolean>>
  readonly olderFailed: Readonly<ShallowRef<boolean>>
  /** Ask for the page before the first item, if there is one and it is not being asked for. */
  loadOlder(): Promise<void>
  /** Let go of a long past, so that the page stays light. */
  trim(): void
}

/** A room's timeline, live. */
export function useTimeline(bridge: Bridge, room: string): UseTimeline {
  const timeline = shallowRef<Timeline>()
  const problem = shallowRef<BridgeProblem>()
  const loadingOlder = shallowRef(false)
  const olderFailed = shallowRef(false)
  let resets = 0

  onScopeDispose(
    bridge.watch(
      { type: 'timeline', room, limit: pageSize },
      (view) => {
        if (view.reset) resets++
        timeline.value = applyTimelineView(timeline.value, view)
        problem.value = undefined
      },
      (met) => {
        problem.value = met
      },
    ),
  )

  return {
    timeline,
    problem,
    loadingOlder,
    olderFailed,
    async loadOlder() {
      const first = timeline.value?.items[0]
      if (!first || !timeline.value?.older || loadingOlder.value) return
      const asked = resets
      loadingOlder.value = true
      olderFailed.value = false
      try {
        const page = await bridge.page(room, first.order, pageSize)
        // A reset in between may have moved the window: the page would not join on to it.
        if (asked === resets && timeline.value) timeline.value = prependPage(timeline.value, page)
      } catch {
        olderFailed.value = true
      } finally {
        loadingOlder.value = false
      }
    },
    trim() {
      if (timeline.value) timeline.value = keepNewest(timeline.value, mostRows)
    },
  }
}
