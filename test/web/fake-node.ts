import type { ClientFrame, ServerFrame } from '../../node/api/frames.ts'

/** One connection as the node sees it. */
export class FakeSocket {
  readonly heard: ClientFrame[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null

  send(frame: string): void {
    this.heard.push(JSON.parse(frame) as ClientFrame)
  }

  tell(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  /** Open, and let the page in. */
  welcome(): void {
    this.onopen?.()
    this.tell({ type: 'authenticated' })
  }

  close(): void {
    this.onclose?.()
  }
}

export interface Request {
  readonly path: string
  readonly body: unknown
  readonly authorization: string | null
}

/** An HTTP side that notes every request and answers as told. */
export function fakeFetch(answer: (request: Request) => [number, unknown] | Promise<[number, unknown]>): {
  fetch: typeof globalThis.fetch
  requests: Request[]
} {
  const requests: Request[] = []
  const fetch = async (path: unknown, init: RequestInit = {}) => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : null
    const request = { path: String(path), body, authorization: new Headers(init.headers).get('authorization') }
    requests.push(request)
    const [status, value] = await answer(request)
    return new Response(JSON.stringify(value), { status })
  }
  return { fetch: fetch as typeof globalThis.fetch, requests }
}

/** The body of a problem, as it travels. */
export function problemBody(type: string, status: number): [number, unknown] {
  return [status, { type, status, title: `A sentence about ${type}.` }]
}
