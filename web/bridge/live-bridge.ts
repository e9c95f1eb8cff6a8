import type { CommandResult } from '../../node/api/commands.ts'
import type { ViewOf, ViewType } from '../../node/api/views.ts'
import type { Bridge, BridgeState } from './bridge.ts'
import { BridgeProblem, problemFromResponse, unreachable } from './bridge-problem.ts'
import { type Entrance, postJson } from './entrance.ts'
import { openEventsSocket } from './events-socket.ts'

interface Surroundings {
  readonly entrance: Entrance
  readonly fetch: typeof globalThis.fetch
  readonly connect: () => WebSocket
}

/** A bridge to the node that served this page. */
export function openLiveBridge({ entrance, fetch, connect }: Surroundings): Bridge {
  const listeners = new Set<(state: BridgeState) => void>()
  let state: BridgeState = 'connecting'

  function onState(next: BridgeState): void {
    if (next === state) return
    state = next
    for (const listener of listeners) listener(next)
  }

  const socket = openEventsSocket({ entrance, connect, onState })

  /** A bearer ends with the node's memory of it, so a refusal is answered once with a new one. */
  async function withBearer<T>(ask: (headers: Record<string, string>) => Promise<T>): Promise<T> {
    const bearer = await entrance.bearer()
    try {
      return await ask({ authorization: `Bearer ${bearer}` })
    } catch (error) {
      if (!(error instanceof BridgeProblem) || error.code !== 'not-let-in') throw error
      entrance.forget(bearer)
      return ask({ authorization: `Bearer ${await entrance.bearer()}` })
    }
  }

  async function fetchFile(path: string, init: RequestInit): Promise<Uint8Array> {
    const response = await fetch(path, init).catch(() => {
      throw unreachable()
    })
    if (!response.ok) throw await problemFromResponse(response)
    return new Uint8Array(await response.arrayBuffer())
  }

  return {
    send: (command) =>
      withBearer((headers) => postJson<CommandResult<typeof command.type>>(fetch, '/api/commands', command, headers)),
    watch: (query, push, fail = () => {}) =>
      // The node answers a query with the view of its type.
      socket.watch(query, push as (value: ViewOf[ViewType]) => void, fail),
    page: socket.page,
    exportRoom: (room) => withBearer((headers) => fetchFile(`/api/rooms/${room}/bundle`, { headers })),
    excerptRoom: (room, messages) =>
      withBearer((headers) => {
        const body = JSON.stringify({ messages })
        const json = { ...headers, 'content-type': 'application/json' }
        return fetchFile(`/api/rooms/${room}/excerpt`, { method: 'POST', headers: json, body })
      }),
    watchState(push) {
      listeners.add(push)
      push(state)
      return () => listeners.delete(push)
    },
    retry: socket.retry,
    close: socket.close,
  }
}
