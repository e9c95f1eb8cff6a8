import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../api/problems.ts'
import { closeCodes, routes } from '../api/routes.ts'
import type { Backend } from '../backend.ts'
import type { Callers } from './caller.ts'
import { type EventsSocket, serveEvents } from './events-socket.ts'
import { withoutWords } from './problem-reply.ts'

const mostSockets = 64
const mostStrangers = 8
const pingEvery = 30_000
const maxPayload = 256 * 1_024

/** All sockets of `GET /api/events`. */
export interface EventsRoute {
  /** Close the sockets of a session that has ended. */
  endSession(session: string): void
  /** Close all of them. */
  close(): void
}

/** `GET /api/events`: views over a WebSocket, at most 64 at once, and 8 of those who show neither cookie nor token. */
export async function addEventsRoute(
  app: FastifyInstance,
  { backend, callers, now }: Surroundings,
): Promise<EventsRoute> {
  const sockets = new Set<EventsSocket>()
  const strangers = new Set<EventsSocket>()
  const unknown = () => [...strangers].filter((socket) => socket.caller() === null).length
  const isStranger = (request: FastifyRequest) => !callers.of(request) && !callers.cookieOwner(request)
  const pinging = setInterval(() => {
    for (const socket of sockets) socket.ping()
  }, pingEvery).unref()

  await app.register(websocket, {
    options: { maxPayload },
    // A broken connection is no failure of ours; `close` follows.
    errorHandler: (_error, socket) => socket.terminate(),
  })

  app.route({
    method: 'GET',
    url: routes.events,
    schema: { hide: true },
    // Takes a callback, so that nothing can come between the counting and the opening.
    preHandler(request, _reply, done) {
      const full = sockets.size >= mostSockets || (isStranger(request) && unknown() >= mostStrangers)
      done(full ? new Problem('too-many-requests') : undefined)
    },
    async handler() {
      throw new Problem('not-found')
    },
    wsHandler(socket, request) {
      const served = serveEvents(socket, {
        backend,
        authenticate: (bearer) => callers.withBearer(bearer, request),
        now,
        onFailure: (error) => request.log.error({ cause: withoutWords(error) }, 'a frame failed'),
      })
      sockets.add(served)
      if (isStranger(request)) strangers.add(served)
      socket.on('close', () => {
        sockets.delete(served)
        strangers.delete(served)
      })
    },
  })

  return {
    endSession(session) {
      for (const socket of sockets) {
        const caller = socket.caller()
        if (caller?.type === 'browser' && caller.session === session) socket.end(closeCodes.notLetIn, 'not-let-in')
      }
    },
    close() {
      clearInterval(pinging)
      for (const socket of sockets) socket.end(closeCodes.goingAway)
    },
  }
}

interface Surroundings {
  readonly backend: Backend
  readonly callers: Callers
  readonly now: () => number
}
