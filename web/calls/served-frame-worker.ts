import { trustedWorkerUrl } from '../state/trusted-worker-url.ts'
import workerUrl from './frame-worker.ts?worker&url'

/** The worker that seals and opens frames, from the node that served the page. */
export function makeFrameWorker(): Worker {
  return new Worker(trustedWorkerUrl(workerUrl), { type: 'module' })
}
