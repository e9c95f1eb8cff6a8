import { useElementSize } from '@vueuse/core'
import { onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'bad'
}

const shownFor = 6_000
const toasts = shallowRef<readonly Toast[]>([])
const footing = shallowRef(0)
let lastId = 0

export interface UseToasts {
  readonly toasts: Readonly<ShallowRef<readonly Toast[]>>
  say(text: string, tone?: Toast['tone']): void
  dismiss(id: number): void
  dismissAll(): void
  /** How many pixels at the foot of the page they leave free. */
  readonly footing: Readonly<ShallowRef<number>>
}

/** Short sentences at the foot of the page that go away by themselves; there is one such place in a page. */
export function useToasts(): UseToasts {
  const dismiss = (id: number) => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }
  return {
    toasts,
    dismiss,
    dismissAll() {
      toasts.value = []
    },
    footing,
    say(text, tone = 'plain') {
      const id = ++lastId
      toasts.value = [...toasts.value, { id, text, tone }]
      setTimeout(() => dismiss(id), shownFor)
    },
  }
}

/** Keep toasts above an element at the foot of the page, as long as it is there. */
export function useToastFooting(element: Readonly<Ref<HTMLElement | null>>): void {
  const { height } = useElementSize(element, undefined, { box: 'border-box' })
  watch(height, (now) => {
    footing.value = now
  })
  onScopeDispose(() => {
    footing.value = 0
  })
}
