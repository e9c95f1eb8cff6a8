import { type ShallowRef, shallowRef } from 'vue'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'bad'
}

const shownFor = 6_000
const toasts = shallowRef<readonly Toast[]>([])
let lastId = 0

export interface UseToasts {
  readonly toasts: Readonly<ShallowRef<readonly Toast[]>>
  say(text: string, tone?: Toast['tone']): void
  dismiss(id: number): void
}

/** Short sentences at the edge of the page that go away by themselves; there is one such place in a page. */
export function useToasts(): UseToasts {
  const dismiss = (id: number) => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }
  return {
    toasts,
    dismiss,
    say(text, tone = 'plain') {
      const id = ++lastId
      toasts.value = [...toasts.value, { id, text, tone }]
      setTimeout(() => dismiss(id), shownFor)
    },
  }
}
