import { useFullscreen, useLocalStorage } from '@vueuse/core'
import { computed, onScopeDispose, type Ref, ref } from 'vue'

/** How the pictures of a call stand on the stage. */
export interface Arrangement {
  /** Both as large as the other, instead of one small before the other. Kept over reloads. */
  readonly sideBySide: Ref<boolean>
  /** Whose picture is the small one; null if both are equal. */
  readonly small: Readonly<Ref<'own' | 'remote' | null>>
  swap(): void
  /** The stage has the whole room. */
  readonly large: Ref<boolean>
  /** The stage has the whole screen. */
  readonly full: Readonly<Ref<boolean>>
  /** Where the stage has all the room or screen, what is said in the room stands beside it. */
  readonly chat: Ref<boolean>
  /** Not where the browser has no full screen. */
  readonly canBeFull: boolean
  toggleFull(): Promise<void>
}

export function useArrangement(): Arrangement {
  const sideBySide = useLocalStorage('parley.callSideBySide', false)
  const swapped = ref(false)
  // The whole document, so that dialogs and what is said at its foot are seen too.
  const { isSupported, isFullscreen, toggle, exit } = useFullscreen(document.documentElement)
  onScopeDispose(() => {
    if (isFullscreen.value) exit().catch(() => undefined)
  })

  return {
    sideBySide,
    small: computed(() => (sideBySide.value ? null : swapped.value ? 'remote' : 'own')),
    swap() {
      swapped.value = !swapped.value
    },
    large: ref(false),
    full: isFullscreen,
    chat: ref(false),
    canBeFull: isSupported.value,
    toggleFull: toggle,
  }
}
