import { useIntervalFn } from '@vueuse/core'
import { type Ref, ref } from 'vue'

/** The present moment, good enough for words like "Today". */
export function useNow(): Ref<number> {
  const now = ref(Date.now())
  useIntervalFn(() => {
    now.value = Date.now()
  }, 60_000)
  return now
}
