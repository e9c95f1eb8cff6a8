import { t } from '../locales/t.ts'
import type { Progress, Report, VerifyAnswer, VerifyRequest } from './report.ts'
import type { Verifier } from './use-verification.ts'

/** Check in a worker. It is there before a file is, so that a file can be checked when the node no longer answers. */
export function openVerifier(makeWorker: () => Worker): Verifier {
  let worker: Worker | null = null
  let fail = (_reason: Error) => {}
  let before: Promise<unknown> = Promise.resolve()

  function open(): Worker {
    const opened = makeWorker()
    // A script that could not be fetched says no more than that.
    opened.onerror = ({ message }) => {
      worker = null
      fail(new Error(message || t('verify.unloaded')))
    }
    return opened
  }

  function ask(request: VerifyRequest, onProgress: (progress: Progress) => void): Promise<Report> {
    worker ??= open()
    const asked = worker
    return new Promise((resolve, reject) => {
      fail = reject
      asked.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
        if ('progress' in data) onProgress(data.progress)
        else if ('report' in data) resolve(data.report)
        else reject(new Error(data.problem))
      }
      asked.postMessage(request, [request.bytes.buffer])
    })
  }

  worker = open()
  return {
    // One after the other: answers do not say which question they belong to.
    verify(request, onProgress) {
      const answer = before.then(() => ask(request, onProgress))
      before = answer.catch(() => {})
      return answer
    },
    close: () => worker?.terminate(),
  }
}
