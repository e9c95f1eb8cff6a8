import { type InjectionKey, inject, onScopeDispose, readonly, type ShallowRef, shallowRef } from 'vue'
import type { ViewOf, ViewQuery } from '../../node/api/views.ts'
import type { Bridge, BridgeState } from '../bridge/bridge.ts'
import type { BridgeProblem } from '../bridge/bridge-problem.ts'

export const bridgeKey: InjectionKey<Bridge> = Symbol('bridge')

/** The bridge that the page was opened with. */
export function useBridge(): Bridge {
  const bridge = inject(bridgeKey)
  if (!bridge) throw new Error('no bridge was provided')
  return bridge
}

/** How the page stands with its node, live. */
export function useBridgeState(bridge: Bridge): Readonly<ShallowRef<BridgeState>> {
  const state = shallowRef<BridgeState>('connecting')
  onScopeDispose(
    bridge.watchState((next) => {
      state.value = next
    }),
  )
  return readonly(state)
}

export interface LiveView<Q extends ViewQuery> {
  /** `undefined` until the node has answered. */
  readonly view: Readonly<ShallowRef<ViewOf[Q['type']] | undefined>>
  readonly problem: Readonly<ShallowRef<BridgeProblem | undefined>>
}

/** One view of the node, live until the scope ends. */
export function useView<Q extends ViewQuery>(bridge: Bridge, query: Q): LiveView<Q> {
  const view = shallowRef<ViewOf[Q['type']]>()
  const problem = shallowRef<BridgeProblem>()
  onScopeDispose(
    bridge.watch(
      query,
      (value) => {
        view.value = value
        problem.value = undefined
      },
      (met) => {
        problem.value = met
      },
    ),
  )
  return { view, problem }
}
