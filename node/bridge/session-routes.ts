import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../api/problems.ts'
import { BearerBody, BearerReply, ProblemReply, routes, SessionBody, SessionReply } from '../api/routes.ts'
import type { Address } from './address.ts'
import { browserName } from './browser-name.ts'
import type { Callers } from './caller.ts'
import type { LoginCodes } from './login-codes.ts'
import { limitFailures } from './rate-limits.ts'
import { type Sessions, sessionLifetime } from './sessions.ts'

/** How a browser is let in: `POST /api/session`, then `POST /api/bearer` in every tab. */
export function addSessionRoutes(app: FastifyInstance, { address, callers, codes, sessions }: Surroundings): void {
  const codeFailures = limitFailures(app, () => 'codes')
  // A stranger who guesses must not lock out a browser that was let in.
  const bearerFailures = limitFailures(app, (request) => `bearers ${callers.cookieOwner(request) ?? ''}`)
  const cookieOptions = {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: address.secure,
    maxAge: sessionLifetime / 1_000,
  } as const

  app.withTypeProvider<TypeBoxTypeProvider>().post(
    routes.session,
    {
      schema: {
        summary: 'Use a login code: sets the cookie and answers the browser secret',
        security: [],
        body: SessionBody,
        response: { 200: SessionReply, default: ProblemReply },
      },
    },
    (request, reply) =>
      codeFailures.guard(request, async () => {
        codes.use(request.body.code)
        const name = browserName(request.headers['user-agent'] ?? '')
        const { cookie, secret } = await sessions.begin(name, request.cookies[address.cookieName])
        reply.setCookie(address.cookieName, cookie, cookieOptions)
        return { secret }
      }),
  )

  app.withTypeProvider<TypeBoxTypeProvider>().post(
    routes.bearer,
    {
      schema: {
        summary: 'Make a bearer for one tab from the cookie and the browser secret',
        security: [],
        body: BearerBody,
        response: { 200: BearerReply, default: ProblemReply },
      },
    },
    (request, reply) =>
      bearerFailures.guard(request, async () => {
        const cookie = request.cookies[address.cookieName]
        if (cookie === undefined) throw new Problem('not-let-in')
        const bearer = await sessions.issueBearer(cookie, request.body.secret)
        // The browser forgets a cookie that is not renewed.
        reply.setCookie(address.cookieName, cookie, cookieOptions)
        return { bearer }
      }),
  )
}

interface Surroundings {
  readonly address: Address
  readonly callers: Callers
  readonly codes: LoginCodes
  readonly sessions: Sessions
}
