import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { BundleParams, BundleQuery, ExcerptBody, ProblemReply, routes } from '../api/routes.ts'
import type { Backend } from '../backend.ts'
import type { Callers } from './caller.ts'

const download = {
  200: {
    content: {
      'application/octet-stream': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
    },
  },
  default: ProblemReply,
}

/** `GET /api/rooms/:room/bundle` and `POST /api/rooms/:room/excerpt`: files that verify offline, never shown as a page. */
export function addBundleRoute(app: FastifyInstance, backend: Backend, callers: Callers): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  typed.get(
    routes.bundle,
    {
      onRequest: callers.require,
      schema: {
        summary: "Download a room's bundle",
        params: BundleParams,
        querystring: BundleQuery,
        response: download,
      },
    },
    async ({ params: { room }, query: { keys = 'all' } }, reply) =>
      sendFile(reply, `parley-${room.slice(0, 16)}`, await backend.exportRoom(room, keys)),
  )
  typed.post(
    routes.excerpt,
    {
      onRequest: callers.require,
      schema: {
        summary: 'Download chosen messages of a room',
        params: BundleParams,
        body: ExcerptBody,
        response: download,
      },
    },
    async ({ params: { room }, body: { messages } }, reply) =>
      sendFile(reply, `parley-${room.slice(0, 16)}-excerpt`, await backend.excerptRoom(room, messages)),
  )
}

/** `name`: from the id and not from the room's name, which is somebody else's words. */
function sendFile(reply: FastifyReply, name: string, bytes: Uint8Array): FastifyReply {
  reply.type('application/octet-stream')
  reply.header('content-disposition', `attachment; filename="${name}.parley"`)
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}
