import { trustedWorkerUrl } from './trusted-worker-url.ts'
import workerUrl from './verify-worker.ts?worker&url'

/** The worker that checks files, from the node that served the page. */
export function makeServedWorker(): Worker {
  return new Worker(trustedWorkerUrl(workerUrl), { type: 'module' })
}
