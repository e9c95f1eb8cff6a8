import { useTimeoutFn } from '@vueuse/core'
import { type Ref, ref } from 'vue'
import { t } from '../locales/t.ts'
import { useToasts } from './use-toasts.ts'

/** Copy to the clipboard, and say so for a moment. */
export function useCopy(): { readonly copied: Ref<boolean>; copy(text: string): Promise<void> } {
  const copied = ref(false)
  const { say } = useToasts()
  const { start } = useTimeoutFn(
    () => {
      copied.value = false
    },
    2_000,
    { immediate: false },
  )
  return {
    copied,
    async copy(text) {
      try {
        await navigator.clipboard.writeText(text)
        copied.value = true
        start()
      } catch {
        say(t('app.copyFailed'), 'bad')
      }
    },
  }
}
