import type {} from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../api/problems.ts'
import { hashSecret, isSecretOf } from './secret.ts'
import type { Sessions } from './sessions.ts'

/** Who sends a request: the command line with its token, or a tab of a browser that was let in. */
export type Caller = { readonly type: 'terminal' } | { readonly type: 'browser'; readonly session: string }

export interface Callers {
  /** Whose request this is, by its bearer and, for a tab, by its cookie too; null when nobody's. */
  of(request: FastifyRequest): Caller | null
  /** The same for a bearer that did not come as a header. */
  withBearer(bearer: string, request: FastifyRequest): Caller | null
  /** The browser's session, by its cookie alone: good for counting, not for letting in. */
  cookieOwner(request: FastifyRequest): string | null
  /** A route's hook that lets only callers through. Throws `not-let-in`. */
  require(request: FastifyRequest): Promise<void>
}

export function makeCallers({ token, sessions, cookieName }: Surroundings): Callers {
  const tokenHash = hashSecret(token)
  const cookieOf = (request: FastifyRequest) => request.cookies[cookieName]

  function withBearer(bearer: string, request: FastifyRequest): Caller | null {
    if (isSecretOf(tokenHash, bearer)) return { type: 'terminal' }
    const cookie = cookieOf(request)
    const session = cookie === undefined ? null : sessions.ofBearer(bearer, cookie)
    return session === null ? null : { type: 'browser', session }
  }

  function of(request: FastifyRequest): Caller | null {
    const bearer = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(request.headers.authorization ?? '')?.[1]
    return bearer === undefined ? null : withBearer(bearer, request)
  }

  return {
    of,
    withBearer,
    cookieOwner: (request) => sessions.ofCookie(cookieOf(request) ?? ''),
    async require(request) {
      if (of(request) === null) throw new Problem('not-let-in')
    },
  }
}

interface Surroundings {
  readonly token: string
  readonly sessions: Sessions
  readonly cookieName: string
}
