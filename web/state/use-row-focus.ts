import { nextTick, type Ref } from 'vue'

interface ScrollableList {
  readonly $el?: unknown
  scrollToIndex(index: number, options?: { align?: 'nearest' }): void
}

interface Surroundings {
  readonly list: Readonly<Ref<ScrollableList | null>>
  readonly rows: Readonly<Ref<readonly unknown[]>>
  /** Esc was pressed. */
  readonly leave: () => void
  /** Space was pressed on a row. Answers whether that meant something. */
  readonly choose: (index: number) => boolean
}

/** Arrow keys, Home and End move the focus from row to row, also to rows that are not drawn yet. */
export function useRowFocus({ list, rows, leave, choose }: Surroundings): { onKeydown(event: KeyboardEvent): void } {
  async function focusRow(index: number): Promise<void> {
    const target = Math.max(0, Math.min(rows.value.length - 1, index))
    list.value?.scrollToIndex(target, { align: 'nearest' })
    await nextTick()
    await new Promise(requestAnimationFrame)
    const root = list.value?.$el
    if (root instanceof HTMLElement)
      root.querySelector<HTMLElement>(`[data-index='${target}']`)?.focus({ preventScroll: true })
  }

  return {
    onKeydown(event) {
      if (!(event.target instanceof HTMLElement)) return
      const row = event.target.dataset.index
      const from = row === undefined ? rows.value.length : Number(row)
      const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: 0, End: rows.value.length - 1 }[event.key]
      if (event.key === 'Escape') leave()
      if (event.key === ' ' && row !== undefined && choose(from)) event.preventDefault()
      if (to === undefined || (row === undefined && event.target !== event.currentTarget)) return
      event.preventDefault()
      void focusRow(to)
    },
  }
}
