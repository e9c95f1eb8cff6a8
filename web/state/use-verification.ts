import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { sentenceOf } from '../bridge/bridge-problem.ts'
import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'
import { trustedWorkerUrl } from './trusted-worker-url.ts'
import workerUrl from './verify-worker.ts?worker&url'

export type Verification =
  | { readonly type: 'idle' }
  | { readonly type: 'working'; readonly source: string; readonly step: 'fetching' | 'checking' }
  | { readonly type: 'done'; readonly source: string; readonly report: Report }
  | { readonly type: 'failed'; readonly source: string; readonly text: string }

export type VerifyBytes = (request: VerifyRequest) => Promise<Report>

export interface UseVerification {
  readonly verification: Readonly<ShallowRef<Verification>>
  /** Get the bytes, check them, show the report. */
  verify(source: string, read: () => Promise<Uint8Array>, expect: readonly string[]): Promise<void>
  reset(): void
}

/** Verification of one bundle at a time, off the page's own thread. */
export function useVerification(verifyBytes: VerifyBytes = verifyInWorker): UseVerification {
  const verification = shallowRef<Verification>({ type: 'idle' })
  let run = 0
  onScopeDispose(() => {
    run++
  })

  return {
    verification,
    async verify(source, read, expect) {
      const mine = ++run
      const show = (next: Verification) => {
        if (mine === run) verification.value = next
      }
      show({ type: 'working', source, step: 'fetching' })
      try {
        const bytes = await read()
        show({ type: 'working', source, step: 'checking' })
        show({ type: 'done', source, report: await verifyBytes({ bytes, expect }) })
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

function verifyInWorker(request: VerifyRequest): Promise<Report> {
  const worker = new Worker(trustedWorkerUrl(workerUrl), { type: 'module' })
  return new Promise<Report>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) =>
      'report' in data ? resolve(data.report) : reject(new Error(data.problem))
    worker.onerror = ({ message }) => reject(new Error(message))
    worker.postMessage(request, [request.bytes.buffer])
  }).finally(() => worker.terminate())
}
