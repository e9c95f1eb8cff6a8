import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../api/problems.ts'
import { routes } from '../api/routes.ts'
import type { Address } from './address.ts'
import type { Callers } from './caller.ts'

/**
 * Refuse what another site sends through this browser: a foreign `Origin` or `Sec-Fetch-Site`, and every change or
 * upgrade that does not say our own origin, unless it carries the terminal's token.
 *
 * A link from anywhere may lead to the page, as a whole tab and never inside a frame. Spec: specs/bridge.md#walls.
 */
export function raiseSiteWall(app: FastifyInstance, address: Address, callers: Callers): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!isOfOurSite(request, address, callers)) throw new Problem('foreign-origin')
    if (isForPage(request) && request.headers.host?.toLowerCase() !== address.pageHost) {
      return reply.redirect(address.origin + request.raw.url, 307)
    }
  })
}

function isOfOurSite(request: FastifyRequest, { origin }: Address, callers: Callers): boolean {
  const { origin: from, 'sec-fetch-site': site } = request.headers
  if (from !== undefined && from !== origin) return false
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isTabOpening(request)) return false
  return from === origin || !changesSomething(request) || callers.of(request)?.type === 'terminal'
}

function changesSomething({ method, headers }: FastifyRequest): boolean {
  return (method !== 'GET' && method !== 'HEAD') || headers.upgrade !== undefined
}

/** By the route that was found and not by the text of the address, which can be written in more than one way. */
function isForPage({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && !url.startsWith('/api/') && url !== routes.health
}

function isTabOpening(request: FastifyRequest): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = request.headers
  return isForPage(request) && mode === 'navigate' && destination === 'document'
}
