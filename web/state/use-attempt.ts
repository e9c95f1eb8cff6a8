import { type Ref, ref } from 'vue'
import { sentenceOf } from '../bridge/bridge-problem.ts'

/** One thing at a time that may go wrong. */
export interface UseAttempt {
  /** Why the last one did not succeed, in words. */
  readonly problem: Ref<string | null>
  readonly busy: Readonly<Ref<boolean>>
  attempt(act: () => Promise<unknown>): Promise<void>
}

export function useAttempt(): UseAttempt {
  const problem = ref<string | null>(null)
  const busy = ref(false)
  return {
    problem,
    busy,
    async attempt(act) {
      problem.value = null
      busy.value = true
      try {
        await act()
      } catch (error) {
        problem.value = sentenceOf(error)
      } finally {
        busy.value = false
      }
    },
  }
}
