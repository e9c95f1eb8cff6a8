import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { Command } from '../../../node/api/commands.ts'
import { Problem } from '../../../node/api/problems.ts'
import type { Backend } from '../../../node/backend.ts'
import { type Bridge, type BridgeOptions, openBridge } from '../../../node/bridge/bridge.ts'

export const room = 'ab'.repeat(32)

/** A node without a node behind it: remembers what it was told and answers the same things every time. */
function makeFakeBackend() {
  const told: Command[] = []
  /** Of each file: which keys, or which messages. */
  const exported: unknown[] = []
  const watching = new Set<(value: never) => void>()
  let failure: Error | null = null
  const backend = {
    async run(command: Command) {
      if (failure) throw failure
      told.push(command)
      return command.type === 'send-message' ? { id: `${room}/0` } : {}
    },
    watch(query: { type: string; room?: string }, push: (value: never) => void) {
      if (query.room && query.room !== room) throw new Problem('no-such-room')
      watching.add(push)
      push({ rooms: [] } as never)
      return () => watching.delete(push)
    },
    page: () => ({ items: [], older: false }),
    async exportRoom(wanted: string, keys: string) {
      if (wanted !== room) throw new Problem('no-such-room')
      exported.push(keys)
      return new Uint8Array([1, 2, 3])
    },
    async excerptRoom(wanted: string, messages: readonly string[]) {
      if (wanted !== room) throw new Problem('no-such-room')
      exported.push(messages)
      return new Uint8Array([4, 5])
    },
  }
  return {
    backend: backend as unknown as Backend,
    told,
    exported,
    watching,
    push: (value: unknown) => {
      for (const push of watching) push(value as never)
    },
    failWith: (error: Error) => {
      failure = error
    },
  }
}

/** A listening bridge with a page of two files, closed when the test ends. `logged` collects its log lines. */
export async function openTestBridge(options: Partial<BridgeOptions> = {}) {
  const fake = makeFakeBackend()
  const home = options.home ?? (await makeDirectory())
  const logged: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => logged.push(line) })
  const webRoot = await makePage()
  const bridge = await openBridge({ backend: fake.backend, home, port: 0, webRoot, log, ...options })
  onTestFinished(() => bridge.close())
  return { ...fake, bridge, home, logged }
}

export async function makeDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'parley-bridge-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function makePage(): Promise<string> {
  const above = await makeDirectory()
  const root = join(above, 'web')
  await mkdir(join(root, 'assets'), { recursive: true })
  await writeFile(join(above, 'private.txt'), 'not for the page')
  await writeFile(join(root, 'index.html'), '<!doctype html><title>Parley</title>')
  await writeFile(join(root, '.hidden'), 'hidden')
  await writeFile(join(root, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(root, 'assets', 'index-D4e5F6.js'), 'export {}')
  return root
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The problem's code, or undefined when it is none. */
  readonly problem: string | undefined
}

export interface Asking {
  readonly method?: string
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: string
  readonly address?: string
}

/** Ask with exactly these headers: unlike fetch, node:http lets a test lie about any of them. */
export function ask(
  { port }: Bridge,
  path: string,
  { method = 'GET', headers, body, address }: Asking = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = http.request({
      host: address ?? '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: { host: `localhost:${port}`, ...headers },
    })
    asking.on('error', reject)
    asking.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        const isProblem = response.headers['content-type']?.startsWith('application/problem+json')
        const problem = isProblem ? (JSON.parse(text).type as string) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, problem })
      })
    })
    asking.end(body)
  })
}

/** POST JSON as the page does, from its own origin. */
export function post(
  bridge: Bridge,
  path: string,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return ask(bridge, path, {
    method: 'POST',
    headers: { origin: bridge.url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export interface Browser {
  readonly cookie: string
  readonly secret: string
  readonly bearer: string
  /** The headers of a tab that was let in. */
  readonly headers: { readonly cookie: string; readonly authorization: string }
}

export function codeOf(url: string): string {
  return url.split('/#/login/')[1]!
}

/** Let a browser in, by the way that browsers go. */
export async function letIn(bridge: Bridge, headers: http.OutgoingHttpHeaders = {}): Promise<Browser> {
  const session = await post(bridge, '/api/session', { code: codeOf(bridge.createLoginUrl()) }, headers)
  const { secret } = JSON.parse(session.text) as { secret: string }
  const cookie = session.headers['set-cookie']![0]!.split(';')[0]!
  return { ...(await openTab(bridge, cookie, secret)), cookie, secret }
}

/** A new tab of a browser that was let in. */
export async function openTab(bridge: Bridge, cookie: string, secret: string) {
  const { text } = await post(bridge, '/api/bearer', { secret }, { cookie })
  const { bearer } = JSON.parse(text) as { bearer: string }
  return { bearer, headers: { cookie, authorization: `Bearer ${bearer}` } }
}

/** The headers of the command line. */
export function terminalHeaders({ token }: Bridge) {
  return { authorization: `Bearer ${token}` }
}
