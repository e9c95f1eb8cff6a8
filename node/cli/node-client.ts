import type { CommandInput, CommandResult, CommandType } from '../api/commands.ts'
import type { ProblemBody } from '../api/problems.ts'
import type { KeyChoice } from '../api/routes.ts'
import { Failure, failureFromProblem } from './failure.ts'
import { type RunFile, readRunFile } from './run-file.ts'

/**
 * The running node of a home, as the terminal talks to it. Every function throws `Failure`.
 *
 * Paths are those of node/api/routes.ts, which is not imported: loading its schemas takes longer than most commands.
 */
export interface NodeClient {
  readonly home: string
  readonly run: RunFile
  send<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult<T>>
  /** A room's bundle as it arrives. */
  exportRoom(room: string, keys: KeyChoice): Promise<ReadableStream<Uint8Array>>
  /** An excerpt with these messages as it arrives. */
  excerptRoom(room: string, messages: readonly string[]): Promise<ReadableStream<Uint8Array>>
}

/** The running node of this home. Throws `Failure` with how to start one. */
export async function connectNode(home: string): Promise<NodeClient> {
  const run = await readRunFile(home)
  if (!run) throw noNode(home)
  return makeClient(run, home)
}

/** The running node of this home if it is there and answers to our token, else null. */
export async function findNode(home: string): Promise<NodeClient | null> {
  const run = await readRunFile(home)
  if (!run) return null
  const client = makeClient(run, home)
  try {
    const health = await fetch(`${run.url}/healthz`, { signal: AbortSignal.timeout(5_000) })
    if (!health.ok) return null
    await client.send('list-sessions', {})
    return client
  } catch {
    return null
  }
}

/** That no node runs here, and how to start one. */
export function noNode(home: string): Failure {
  return new Failure('no-node', `No node is running on ${home}. Start one with: parley start --home ${quoted(home)}`)
}

/** What a node refuses that has let us in. */
const refusals: readonly string[] = ['may-not-write', 'not-allowed', 'device-revoked']

function makeClient(run: RunFile, home: string): NodeClient {
  async function ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${run.token}`, ...init.headers }
    const response = await fetch(`${run.url}${path}`, { ...init, headers }).catch(() => {
      throw noNode(home)
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => null)) as Partial<ProblemBody> | null
    // Whoever refuses our token is another program on the port of a node that is gone.
    if ([401, 403, 421].includes(response.status) && !(problem?.type && refusals.includes(problem.type)))
      throw noNode(home)
    const text = [problem?.title ?? `The node answered with status ${response.status}.`, problem?.detail]
    throw failureFromProblem(problem?.type ?? 'internal', text.filter(Boolean).join(' '))
  }

  return {
    home,
    run,
    async send(type, input) {
      const body = JSON.stringify({ type, ...input })
      const headers = { 'content-type': 'application/json' }
      const response = await ask('/api/commands', {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(60_000),
      })
      return (await response.json()) as CommandResult<typeof type>
    },
    async exportRoom(room, keys) {
      return bodyOf(await ask(`/api/rooms/${room}/bundle${keys === 'all' ? '' : `?keys=${keys}`}`, {}))
    },
    async excerptRoom(room, messages) {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ messages })
      return bodyOf(await ask(`/api/rooms/${room}/excerpt`, { method: 'POST', headers, body }))
    },
  }
}

function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  if (!body) throw new Failure('internal', 'The node sent an empty answer.')
  return body
}

const quoted = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
