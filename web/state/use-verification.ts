import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { sentenceOf } from '../bridge/bridge-problem.ts'
import type { Progress, Report, VerifyRequest } from './report.ts'

export type Verification =
  | { readonly type: 'idle' }
  | {
      readonly type: 'working'
      readonly source: string
      readonly step: 'fetching' | 'checking'
      /** Null until it is known how much there is to do. */
      readonly progress: Progress | null
    }
  | { readonly type: 'done'; readonly source: string; readonly report: Report }
  | { readonly type: 'failed'; readonly source: string; readonly text: string }

/** Checks files, off the page's own thread. */
export interface Verifier {
  verify(request: VerifyRequest, onProgress: (progress: Progress) => void): Promise<Report>
  close(): void
}

/** Whom the reader knows: those who must be among the authors, and those who may. Ids in hex. */
export type KnownAuthors = Pick<VerifyRequest, 'expect' | 'confirmed'>

export interface UseVerification {
  readonly verification: Readonly<ShallowRef<Verification>>
  /** Get the bytes, check them, show the report. */
  verify(source: string, read: () => Promise<Uint8Array>, known: KnownAuthors): Promise<void>
  reset(): void
}

/** Verification of one file at a time. The verifier is closed with the scope. */
export function useVerification(verifier: Verifier): UseVerification {
  const verification = shallowRef<Verification>({ type: 'idle' })
  let run = 0
  onScopeDispose(() => {
    run++
    verifier.close()
  })

  return {
    verification,
    async verify(source, read, known) {
      const mine = ++run
      const show = (next: Verification) => {
        if (mine === run) verification.value = next
      }
      const work = (step: 'fetching' | 'checking', progress: Progress | null = null) =>
        show({ type: 'working', source, step, progress })
      work('fetching')
      try {
        const bytes = await read()
        work('checking')
        const report = await verifier.verify({ bytes, ...known }, (progress) => work('checking', progress))
        show({ type: 'done', source, report })
      } catch (error) {
        show({ type: 'failed', source, text: sentenceOf(error) })
      }
    },
    reset() {
      run++
      verification.value = { type: 'idle' }
    },
  }
}
