import { Compile } from 'typebox/compile'
import type { WebSocket } from 'ws'
import { ClientFrame, type ServerFrame } from '../api/frames.ts'
import { Problem, type ProblemCode } from '../api/problems.ts'
import { closeCodes } from '../api/routes.ts'
import type { Backend } from '../backend.ts'
import type { Caller } from './caller.ts'
import { problemFrom } from './problem-reply.ts'
import { makeTokenBucket } from './token-bucket.ts'

const mostWatches = 64
const mostWaitingBytes = 16 * 1_024 * 1_024
const authenticateWithin = 5_000
const frame = Compile(ClientFrame)

/** One page or terminal that listens. */
export interface EventsSocket {
  /** Who it is; null until it has authenticated. */
  caller(): Caller | null
  /** Say why, if there is a problem, and close. */
  end(code: number, problem?: ProblemCode): void
  /** Ask for a sign of life; cut the connection if the last question was not answered. */
  ping(): void
}

/** Serve one socket: the first frame authenticates, then views flow. Spec: specs/bridge.md#events. */
export function serveEvents(socket: WebSocket, { backend, authenticate, now, onFailure }: Surroundings): EventsSocket {
  const watches = new Map<number, () => void>()
  const mayAsk = makeTokenBucket(128, 32, now)
  let caller: Caller | null = null
  let alive = true
  let ended = false
  const impatience = setTimeout(() => end(closeCodes.notLetIn, 'not-let-in'), authenticateWithin)

  function send(answer: ServerFrame): void {
    if (ended) return
    if (socket.bufferedAmount > mostWaitingBytes) end(closeCodes.tooSlow)
    else socket.send(JSON.stringify(answer))
  }

  function sendProblem(id: number | null, error: unknown): void {
    const problem = problemFrom(error)
    if (problem.code === 'internal') onFailure(error)
    send({ type: 'problem', id, code: problem.code, text: problem.message })
  }

  function end(code: number, problem?: ProblemCode): void {
    if (ended) return
    if (problem) sendProblem(null, new Problem(problem))
    stop()
    socket.close(code)
    // One that does not read does not answer the closing either.
    setTimeout(() => socket.terminate(), 2_000).unref()
  }

  function stop(): void {
    ended = true
    clearTimeout(impatience)
    for (const unwatch of watches.values()) unwatch()
    watches.clear()
  }

  function hear(asked: ClientFrame): void {
    if (asked.type === 'authenticate') letIn(asked.bearer)
    else if (caller) answer(asked)
    else end(closeCodes.notLetIn, 'not-let-in')
  }

  function letIn(bearer: string): void {
    caller = caller ?? authenticate(bearer)
    if (!caller) end(closeCodes.notLetIn, 'not-let-in')
    clearTimeout(impatience)
    send({ type: 'authenticated' })
  }

  function answer(asked: Exclude<ClientFrame, { type: 'authenticate' }>): void {
    try {
      if (asked.type === 'watch') watch(asked)
      else if (asked.type === 'unwatch') unwatch(asked.id)
      else send({ type: 'page', id: asked.id, ...backend.page(asked.room, asked.before, asked.limit) })
    } catch (error) {
      sendProblem(asked.id, error)
    }
  }

  function watch({ id, query }: Extract<ClientFrame, { type: 'watch' }>): void {
    if (watches.has(id)) throw new Problem('bad-request', 'This id watches something already.')
    if (watches.size >= mostWatches) throw new Problem('too-many-requests')
    const unwatchView = backend.watch(query, (value) => send({ type: 'view', id, value }))
    // The first value is pushed at once, and can have been the one too many.
    if (ended) unwatchView()
    else watches.set(id, unwatchView)
  }

  function unwatch(id: number): void {
    watches.get(id)?.()
    watches.delete(id)
  }

  socket.on('message', (data, isBinary) => {
    if (ended) return
    if (!mayAsk()) return end(closeCodes.tooMany, 'too-many-requests')
    const asked = isBinary ? null : parseFrame(String(data))
    if (asked) hear(asked)
    else if (caller) end(closeCodes.badFrame, 'bad-request')
    else end(closeCodes.notLetIn, 'not-let-in')
  })
  socket.on('pong', () => {
    alive = true
  })
  socket.on('close', stop)

  return {
    caller: () => caller,
    end,
    ping() {
      if (!alive) return socket.terminate()
      alive = false
      socket.ping()
    },
  }
}

interface Surroundings {
  readonly backend: Backend
  readonly authenticate: (bearer: string) => Caller | null
  readonly now: () => number
  /** A failure of our own, to be logged without its words. */
  readonly onFailure: (error: unknown) => void
}

/** A frame as a page sends it, or null. */
export function parseFrame(text: string): ClientFrame | null {
  try {
    const value: unknown = JSON.parse(text)
    return frame.Check(value) ? value : null
  } catch {
    return null
  }
}
