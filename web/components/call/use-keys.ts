import { useEventListener } from '@vueuse/core'

/** Keys of the whole page, in lower case, that act unless somebody is writing or choosing from a list. */
export function useKeys(acts: Readonly<Record<string, () => unknown>>): void {
  useEventListener(document, 'keydown', (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTaken(event.target)) return
    const act = acts[event.key.toLowerCase()]
    if (!act) return
    // What it opens may take the focus, and would take the letter too.
    event.preventDefault()
    act()
  })
}

function isTaken(target: EventTarget | null): boolean {
  const takers = 'input, textarea, select, [contenteditable], [role="menu"]'
  return target instanceof HTMLElement && target.closest(takers) !== null
}
