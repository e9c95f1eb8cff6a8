import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { CommandInput, CommandResult, CommandType } from '../../node/api/commands.ts'
import { readRunFile } from '../../node/cli/run-file.ts'
import type { Address } from '../../node/config.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A node as a process of its own, as `npm start` runs it. */
export interface NodeProcess {
  readonly child: ChildProcess
  run<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult<T>>
  exportRoom(room: string): Promise<Uint8Array>
  /** End it at once, with no chance to tidy up. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Start the built command line on a home, and wait until it is ready. */
export async function startNode(home: string, bootstrap: readonly Address[], name: string): Promise<NodeProcess> {
  const network = bootstrap.map(({ host, port }) => `${host}:${port}`).join()
  const words = ['start', '--json', '--no-open', '--port', '0', '--home', home, '--bootstrap', network, '--name', name]
  const child = spawn(process.execPath, ['dist/node/main.js', ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ready = once(createInterface(child.stdout), 'line')
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the node ended with ${code}: ${said}`)
  })
  await Promise.race([ready, ended])
  ended.catch(() => {})
  const run = await readRunFile(home)
  if (!run) throw new Error('a started node has no run file')
  const headers = { authorization: `Bearer ${run.token}`, 'content-type': 'application/json' }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return {
    child,
    async run(type, input) {
      const body = JSON.stringify({ type, ...input })
      const response = await fetch(`${run.url}/api/commands`, { method: 'POST', headers, body })
      if (!response.ok) throw new Error(await response.text())
      return (await response.json()) as CommandResult<typeof type>
    },
    async exportRoom(room) {
      const response = await fetch(`${run.url}/api/rooms/${room}/bundle`, { headers })
      if (!response.ok) throw new Error(await response.text())
      return new Uint8Array(await response.arrayBuffer())
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
