import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a role can be asked for: each takes one value and gives one. */
export type Handlers = Record<string, (input: never) => unknown>

/** A part played by a process of its own. */
export interface Role<H extends Handlers> {
  readonly pid: number
  ask<K extends keyof H & string>(name: K, ...input: Parameters<H[K]>): Promise<Awaited<ReturnType<H[K]>>>
  /** Resolves when the process has ended. */
  end(): Promise<void>
}

interface Request {
  readonly id: number
  readonly name: string
  readonly input: unknown
}

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** Start a file of roles/ in a process of its own. `profile`: a folder for its CPU profile. */
export function startRole<H extends Handlers>(file: string, profile: string | null): Role<H> {
  const profiling = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = fork(fileURLToPath(new URL(`../roles/${file}`, import.meta.url)), {
    execArgv: [...process.execArgv, ...profiling],
    serialization: 'advanced',
  })
  const pending = new Map<number, (reply: Reply) => void>()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let asked = 0
  child.on('message', (reply: Reply) => {
    pending.get(reply.id)?.(reply)
    pending.delete(reply.id)
  })
  child.once('exit', (code) => {
    for (const [id, settle] of pending) settle({ id, error: `${file} ended with exit code ${code}` })
  })
  return {
    pid: child.pid!,
    async ask(name, ...[input]) {
      const reply = await new Promise<Reply>((resolve) => {
        const id = asked++
        pending.set(id, resolve)
        child.send({ id, name, input } satisfies Request)
      })
      if (reply.error !== undefined) throw new Error(`${file}, ${name}: ${reply.error}`)
      return reply.result as never
    },
    async end() {
      disconnect(child)
      await ended
    },
  }
}

function disconnect(child: ChildProcess): void {
  if (child.connected) child.disconnect()
}

/** Play a role: answer what is asked until the asking process lets go. `close` is run before the end. */
export function playRole(handlers: Handlers, close: () => unknown): void {
  process.on('message', async ({ id, name, input }: Request) => {
    try {
      const result = await handlers[name]!(input as never)
      process.send!({ id, result } satisfies Reply)
    } catch (error) {
      process.send!({ id, error: (error as Error).stack ?? String(error) } satisfies Reply)
    }
  })
  process.once('disconnect', async () => {
    await close()
    process.exit(0)
  })
}
