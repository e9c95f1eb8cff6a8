import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../api/problems.ts'
import type { Callers } from './caller.ts'

const minute = 60_000

/** Counts failures of one kind. */
export interface FailureLimit {
  /** Run, and count if it throws `not-let-in` or `code-used`. Throws `too-many-requests` while there were too many. */
  guard<T>(request: FastifyRequest, attempt: () => Promise<T>): Promise<T>
}

/** 600 requests a minute for each browser that was let in, and for all strangers together. The terminal may do what the node can. */
export async function limitRequests(app: FastifyInstance, callers: Callers): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: 600,
    timeWindow: minute,
    allowList: (request) => callers.of(request)?.type === 'terminal',
    // All of them have the same IP address, and no stranger should use up what a browser may do.
    keyGenerator: (request) => callerName(callers, request),
    errorResponseBuilder: () => new Problem('too-many-requests'),
  })
  app.addHook('onRequest', app.rateLimit())
}

/** 10 failures a minute. `key` says whom a failure is put down to. */
export function limitFailures(app: FastifyInstance, key: (request: FastifyRequest) => string): FailureLimit {
  const count = app.createRateLimit({ max: 10, timeWindow: minute, keyGenerator: key })

  return {
    async guard(request, attempt) {
      const before = await count(request, { increment: false })
      if (!before.isAllowed && before.remaining === 0) throw new Problem('too-many-requests')
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof Problem && error.status === 401) await count(request)
        throw error
      }
    },
  }
}

function callerName(callers: Callers, request: FastifyRequest): string {
  const caller = callers.of(request)
  const session = caller?.type === 'terminal' ? null : caller?.session
  return session ?? callers.cookieOwner(request) ?? 'stranger'
}
