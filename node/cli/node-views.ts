import type { ClientFrame, ServerFrame } from '../api/frames.ts'
import type { TimelineItem, ViewOf, ViewQuery, ViewType } from '../api/views.ts'
import { Failure, failureFromProblem } from './failure.ts'
import { type NodeClient, noNode } from './node-client.ts'

/** The views of a running node, over one socket that its opener closes. */
export interface NodeViews {
  /** The present value of a view. */
  read<T extends ViewType>(query: QueryOf<T>): Promise<ViewOf[T]>
  /** Push the present value and every later one. */
  watch<T extends ViewType>(query: QueryOf<T>, push: (value: ViewOf[T]) => void): void
  /** Items of a room before an `order`, newest last. */
  page(room: string, before: string | null, limit: number): Promise<TimelinePage>
  /** Rejects when the socket is lost or the node refuses something; never resolves. */
  readonly lost: Promise<never>
  close(): void
}

type QueryOf<T extends ViewType> = Extract<ViewQuery, { type: T }>

export interface TimelinePage {
  readonly items: readonly TimelineItem[]
  readonly older: boolean
}

/** Connect to the node's views. Throws `Failure`. */
export async function openViews({ home, run }: NodeClient): Promise<NodeViews> {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`${run.url.replace(/^http/, 'ws')}/api/events`, {
    handshakeTimeout: 10_000,
    // The wall against other sites lets an upgrade through by the token; the frame below is for the socket itself.
    headers: { authorization: `Bearer ${run.token}` },
  })
  const listeners = new Map<number, (frame: Extract<ServerFrame, { type: 'view' | 'page' }>) => void>()
  const tell = (frame: ClientFrame) => socket.send(JSON.stringify(frame))
  let lastId = 0
  let welcomed = false
  let welcome: () => void
  let lose: (failure: Failure) => void
  const ready = new Promise<void>((resolve) => {
    welcome = resolve
  })
  const lost = new Promise<never>((_, reject) => {
    lose = reject
  })
  // Whoever waits on it hears of it; nobody waiting is no crash.
  lost.catch(() => {})

  socket.on('open', () => tell({ type: 'authenticate', bearer: run.token }))
  const gone = () => lose(welcomed ? new Failure('node-gone', 'The node has stopped.') : noNode(home))
  socket.on('error', gone)
  socket.on('close', gone)
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame
    if (frame.type === 'authenticated') {
      welcomed = true
      welcome()
    } else if (frame.type === 'problem') lose(failureFromProblem(frame.code, frame.text))
    else listeners.get(frame.id)?.(frame)
  })

  const views: NodeViews = {
    lost,
    async read<T extends ViewType>(query: QueryOf<T>) {
      const id = lastId + 1
      const value = await Promise.race([new Promise<ViewOf[T]>((resolve) => views.watch<T>(query, resolve)), lost])
      listeners.delete(id)
      tell({ type: 'unwatch', id })
      return value
    },
    watch<T extends ViewType>(query: QueryOf<T>, push: (value: ViewOf[T]) => void) {
      lastId += 1
      listeners.set(lastId, (frame) => {
        // The node answers a query with the view of its type.
        if (frame.type === 'view') push(frame.value as ViewOf[T])
      })
      tell({ type: 'watch', id: lastId, query })
    },
    page(room, before, limit) {
      lastId += 1
      const id = lastId
      const answer = new Promise<TimelinePage>((resolve) => {
        listeners.set(id, (frame) => {
          listeners.delete(id)
          if (frame.type === 'page') resolve(frame)
        })
      })
      tell({ type: 'page', id, room, before, limit })
      return Promise.race([answer, lost])
    },
    close: () => socket.close(),
  }

  await Promise.race([ready, lost])
  return views
}
