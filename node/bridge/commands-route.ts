import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import type { Command, CommandResult, CommandType } from '../api/commands.ts'
import { Problem } from '../api/problems.ts'
import { CommandBody, CommandReply, commandBodies, ProblemReply, routes } from '../api/routes.ts'
import type { Backend } from '../backend.ts'
import type { Callers } from './caller.ts'
import type { Sessions } from './sessions.ts'

const validators = new Map([...commandBodies].map(([type, body]) => [type, Compile(body)]))

/** `POST /api/commands`: the bridge's own commands are run here, all others by the node. */
export function addCommandsRoute(app: FastifyInstance, { backend, callers, sessions, makeLogin }: Surroundings): void {
  async function run(command: Command): Promise<CommandResult<CommandType>> {
    switch (command.type) {
      case 'create-login-code':
        return makeLogin()
      case 'list-sessions':
        return { sessions: [...sessions.list()] }
      case 'revoke-session':
        await sessions.revoke(command.session)
        return {}
      default:
        return backend.run(command)
    }
  }

  app.post(
    routes.commands,
    {
      onRequest: callers.require,
      // The schema is for the description; a command is checked by the schema of its own type, which can say what is wrong.
      validatorCompiler: () => checkCommand,
      schema: {
        summary: 'Run a command',
        body: CommandBody,
        response: { 200: CommandReply, default: ProblemReply },
      },
    },
    // checkCommand has let only commands through.
    (request) => run(request.body as Command),
  )
}

interface Surroundings {
  readonly backend: Backend
  readonly callers: Callers
  readonly sessions: Sessions
  readonly makeLogin: () => CommandResult<'create-login-code'>
}

/** The body as a command, or the problem that says what is wrong with it. */
export function checkCommand(body: unknown): { value: unknown } | { error: Problem } {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined
  const validator = typeof type === 'string' ? validators.get(type) : undefined
  if (!validator) return { error: new Problem('bad-request', 'There is no such command.') }
  if (validator.Check(body)) return { value: body }
  const field = validator.Errors(body)[0]?.instancePath.split('/')[1] ?? ''
  // A field that the sender made up is not sent back.
  const known = Object.hasOwn(commandBodies.get(type as string)?.properties ?? {}, field)
  return { error: new Problem('bad-request', known ? `Look at "${field}".` : 'A field is missing or unknown.') }
}
