import { computed, type InjectionKey, inject, type Ref, ref, shallowRef } from 'vue'

/** Messages of a room that are being chosen, by their ids. */
export interface Selection {
  /** Whether one is choosing. */
  readonly active: Readonly<Ref<boolean>>
  readonly ids: Readonly<Ref<ReadonlySet<string>>>
  readonly count: Readonly<Ref<number>>
  start(): void
  toggle(id: string): void
  /** End, and choose nothing. */
  stop(): void
}

export const selectionKey: InjectionKey<Selection> = Symbol('selection')

export function makeSelection(): Selection {
  const active = ref(false)
  const ids = shallowRef<ReadonlySet<string>>(new Set())
  return {
    active,
    ids,
    count: computed(() => ids.value.size),
    start() {
      active.value = true
    },
    toggle(id) {
      const next = new Set(ids.value)
      if (!next.delete(id)) next.add(id)
      ids.value = next
    },
    stop() {
      active.value = false
      ids.value = new Set()
    },
  }
}

/** The selection of the room that this component stands in. */
export function useSelection(): Selection {
  const selection = inject(selectionKey)
  if (!selection) throw new Error('no selection was provided')
  return selection
}
