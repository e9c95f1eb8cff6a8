import { useIntervalFn } from '@vueuse/core'
import { type Ref, ref } from 'vue'

/** The present moment; unless told, good enough for words like "Today". */
export function useNow(everyMs = 60_000): Ref<number> {
  const now = ref(Date.now())
  useIntervalFn(() => {
    now.value = Date.now()
  }, everyMs)
  return now
}
