import { join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The page, as it was built. It is public: it holds nothing but our own code. */
export async function addStaticPage(app: FastifyInstance, webRoot: string): Promise<void> {
  const hashed = join(webRoot, 'assets') + sep
  await app.register(fastifyStatic, {
    root: webRoot,
    cacheControl: false,
    dotfiles: 'ignore',
    schemaHide: true,
    setHeaders(reply, path) {
      // A name under assets/ carries the hash of its content.
      if (path.startsWith(hashed)) reply.header('cache-control', 'public, max-age=31536000, immutable')
      else if (!path.endsWith('.html')) reply.header('cache-control', 'no-cache')
    },
  })
}
