import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { BundleParams, ProblemReply, routes } from '../api/routes.ts'
import type { Backend } from '../backend.ts'
import type { Callers } from './caller.ts'

/** `GET /api/rooms/:room/bundle`: the room as one file that verifies offline, never shown as a page. */
export function addBundleRoute(app: FastifyInstance, backend: Backend, callers: Callers): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    routes.bundle,
    {
      onRequest: callers.require,
      schema: {
        summary: "Download a room's bundle",
        params: BundleParams,
        response: {
          200: {
            content: {
              'application/octet-stream': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
            },
          },
          default: ProblemReply,
        },
      },
    },
    async ({ params: { room } }, reply) => {
      const bundle = await backend.exportRoom(room)
      reply.type('application/octet-stream')
      // From the id and not from the room's name, which is somebody else's words.
      reply.header('content-disposition', `attachment; filename="parley-${room.slice(0, 16)}.parley"`)
      return reply.send(Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength))
    },
  )
}
