import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { sentenceOf } from '../bridge/bridge-problem.ts'
import { t } from '../locales/t.ts'
import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'
import { trustedWorkerUrl } from './trusted-worker-url.ts'
import workerUrl from './verify-worker.ts?worker&url'

export type Verification =
  | { readonly type: 'idle' }
  | { readonly type: 'working'; readonly source: string; readonly step: 'fetching' | 'checking' }
  | { readonly type: 'done'; readonly source: string; readonly report: Report }
  | { readonly type: 'failed'; readonly source: string; readonly text: string }

/** Checks bundles, off the page's own thread. */
export interface Verifier {
  verify(request: VerifyRequest): Promise<Report>
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

/** Verification of one bundle at a time. */
export function useVerification(verifier: Verifier = openVerifyWorker()): UseVerification {
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
      show({ type: 'working', source, step: 'fetching' })
      try {
        const bytes = await read()
        show({ type: 'working', source, step: 'checking' })
        show({ type: 'done', source, report: await verifier.verify({ bytes, ...known }) })
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

/** The worker is there before a file is, so that a file can be checked when the node no longer answers. */
function openVerifyWorker(): Verifier {
  let worker: Worker | null = null
  let fail = (_reason: Error) => {}
  let before: Promise<unknown> = Promise.resolve()

  function open(): Worker {
    const opened = new Worker(trustedWorkerUrl(workerUrl), { type: 'module' })
    // A script that could not be fetched says no more than that.
    opened.onerror = ({ message }) => {
      worker = null
      fail(new Error(message || t('verify.unloaded')))
    }
    return opened
  }

  function ask(request: VerifyRequest): Promise<Report> {
    worker ??= open()
    const asked = worker
    return new Promise((resolve, reject) => {
      fail = reject
      asked.onmessage = ({ data }: MessageEvent<VerifyAnswer>) =>
        'report' in data ? resolve(data.report) : reject(new Error(data.problem))
      asked.postMessage(request, [request.bytes.buffer])
    })
  }

  worker = open()
  return {
    // One after the other: answers do not say which question they belong to.
    verify(request) {
      const answer = before.then(() => ask(request))
      before = answer.catch(() => {})
      return answer
    },
    close: () => worker?.terminate(),
  }
}
