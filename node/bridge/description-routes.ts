import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { routes } from '../api/routes.ts'
import type { Callers } from './caller.ts'

/** Begin to note down every route that is added from now on. */
export async function noteRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley bridge',
        description: 'What the page and the terminal ask of the node. See specs/bridge.md.',
        version,
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  })
}

/** `GET /api/openapi.json`, made from the schemas that check the requests, and `GET /healthz`, which says only ok. */
export function addDescriptionRoutes(app: FastifyInstance, callers: Callers): void {
  app.get(routes.openapi, { onRequest: callers.require, schema: { hide: true } }, async () => app.swagger())
  app.get(
    routes.health,
    { schema: { summary: 'Whether the node answers', security: [], response: { 200: Type.Literal('ok') } } },
    async (_request, reply) => reply.type('text/plain').send('ok'),
  )
}
