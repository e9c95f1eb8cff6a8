import type { ClientFrame, ServerFrame } from '../../node/api/frames.ts'
import type { ViewOf, ViewQuery, ViewType } from '../../node/api/views.ts'
import type { BridgeState, TimelinePage } from './bridge.ts'
import { BridgeProblem, problemFromFrame, unreachable } from './bridge-problem.ts'
import type { Entrance } from './entrance.ts'

/** The wait before attempt `n` (from 0): 250 ms doubled each time, at most 10 s, with up to a quarter taken off by chance. */
export function backoff(attempt: number, chance: number): number {
  return Math.min(10_000, 250 * 2 ** attempt) * (1 - chance / 4)
}

interface Watcher {
  readonly query: ViewQuery
  readonly push: (value: ViewOf[ViewType]) => void
  readonly fail: (problem: BridgeProblem) => void
}

interface Asker {
  readonly resolve: (page: TimelinePage) => void
  readonly reject: (problem: BridgeProblem) => void
}

/** One socket to the node that mends itself: what was watched before a cut is watched again after it. */
export interface EventsSocket {
  watch(query: ViewQuery, push: Watcher['push'], fail: Watcher['fail']): () => void
  page(room: string, before: string | null, limit: number): Promise<TimelinePage>
  retry(): void
  close(): void
}

interface Surroundings {
  readonly entrance: Entrance
  readonly connect: () => WebSocket
  readonly onState: (state: BridgeState) => void
}

export function openEventsSocket({ entrance, connect, onState }: Surroundings): EventsSocket {
  const watchers = new Map<number, Watcher>()
  const askers = new Map<number, Asker>()
  let socket: WebSocket | null = null
  let bearer = ''
  let ready = false
  let closed = false
  let attempt = 0
  let nextId = 1
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = (frame: ClientFrame) => socket?.send(JSON.stringify(frame))

  async function start(): Promise<void> {
    clearTimeout(timer)
    if (closed || socket) return
    try {
      bearer = await entrance.bearer()
    } catch (error) {
      if (error instanceof BridgeProblem && error.code === 'not-let-in') return onState('not-let-in')
      return later()
    }
    if (closed || socket) return
    const opening = connect()
    socket = opening
    opening.onopen = () => tell({ type: 'authenticate', bearer })
    opening.onmessage = ({ data }) => hear(JSON.parse(String(data)) as ServerFrame)
    opening.onclose = () => lose()
  }

  function lose(): void {
    socket = null
    ready = false
    for (const asker of askers.values()) asker.reject(unreachable())
    askers.clear()
    if (!closed) later()
  }

  function later(): void {
    // The first misses pass in silence: a restart of the node takes a moment.
    onState(attempt < 2 ? 'connecting' : 'unreachable')
    timer = setTimeout(start, backoff(attempt++, Math.random()))
  }

  function hear(frame: ServerFrame): void {
    switch (frame.type) {
      case 'authenticated':
        ready = true
        attempt = 0
        onState('open')
        for (const [id, { query }] of watchers) tell({ type: 'watch', id, query })
        return
      case 'view':
        watchers.get(frame.id)?.push(frame.value)
        return
      case 'page':
        askers.get(frame.id)?.resolve({ items: frame.items, older: frame.older })
        askers.delete(frame.id)
        return
      case 'problem':
        hearProblem(frame.id, problemFromFrame(frame.code, frame.text))
        return
    }
  }

  function hearProblem(id: number | null, problem: BridgeProblem): void {
    if (id !== null) {
      watchers.get(id)?.fail(problem)
      askers.get(id)?.reject(problem)
      askers.delete(id)
      return
    }
    if (problem.code === 'not-let-in') entrance.forget(bearer)
    socket?.close()
  }

  void start()

  return {
    watch(query, push, fail) {
      const id = nextId++
      watchers.set(id, { query, push, fail })
      if (ready) tell({ type: 'watch', id, query })
      return () => {
        if (watchers.delete(id) && ready) tell({ type: 'unwatch', id })
      }
    },
    page(room, before, limit) {
      if (!ready) return Promise.reject(unreachable())
      const id = nextId++
      return new Promise((resolve, reject) => {
        askers.set(id, { resolve, reject })
        tell({ type: 'page', id, room, before, limit })
      })
    },
    retry() {
      attempt = 0
      void start()
    },
    close() {
      closed = true
      clearTimeout(timer)
      socket?.close()
    },
  }
}
