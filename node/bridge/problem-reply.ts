import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemBody, problems } from '../api/problems.ts'

function problemBody({ code, status, detail }: Problem): ProblemBody {
  return { type: code, status, title: problems[code][1], ...(detail === undefined ? {} : { detail }) }
}

/** Answer every error as a problem, and every unknown address with `not-found`. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler(async () => {
    throw new Problem('not-found')
  })
}

/** For errors before a route is found, where no hook has run. */
export function answerBadAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  sendProblem(error, request, reply)
}

/** Which problem an error is. Whatever is not known to be the sender's fault is `internal` and tells nothing. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error
  const status = (error as Partial<FastifyError> | null)?.statusCode ?? 500
  if (status === 413) return new Problem('too-large')
  if (status === 404) return new Problem('not-found')
  return new Problem(status >= 400 && status < 500 ? 'bad-request' : 'internal')
}

/** An error for the log: where it came from and not what it says, because messages can quote texts and links. */
export function withoutWords(error: unknown): { readonly name: string; readonly code: string; readonly at: string[] } {
  const { name = typeof error, code = '', stack = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return {
    name,
    code: String(code),
    at: stack
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
  }
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemFrom(error)
  if (problem.code === 'internal') {
    const cause = withoutWords(error)
    request.log.error({ method: request.method, route: request.routeOptions.url, cause }, 'a request failed')
  }
  reply.code(problem.status).type('application/problem+json').send(problemBody(problem))
}
