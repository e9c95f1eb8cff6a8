import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { Address } from './address.ts'

const self = "'self'"
const none = "'none'"

/** What the page may do: load what this node serves, talk to this node, and nothing else. Spec: specs/bridge.md#headers. */
function contentSecurityPolicy({ socketOrigin }: Address): Record<string, string[]> {
  return {
    'default-src': [none],
    'script-src': [self],
    'style-src': [self],
    // Vue and the virtual list place elements by style attributes, which cannot load anything under this policy.
    'style-src-attr': ["'unsafe-inline'"],
    'img-src': [self, 'blob:', 'data:'],
    'media-src': [self, 'blob:'],
    // Older Safari does not count a WebSocket of the same origin as 'self'.
    'connect-src': [self, socketOrigin],
    'font-src': [self],
    'worker-src': [self],
    'manifest-src': [self],
    'frame-ancestors': [none],
    'base-uri': [none],
    'form-action': [none],
    'object-src': [none],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ['vue', 'dompurify', 'parley'],
  }
}

/** Put the headers on every answer, refusals too. Nothing may be cached unless a route says so. */
export async function addHeaders(app: FastifyInstance, address: Address): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy(address) },
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    // It would hold for every port of localhost.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(self), display-capture=(self)')
    reply.header('cache-control', 'no-store')
  })
}
