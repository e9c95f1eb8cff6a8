import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Start the command line as a process of its own, straight from source. */
export function startParley(
  words: readonly string[],
  env: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  const bare = { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: process.env.TMPDIR, NO_COLOR: '1', ...env }
  return spawn(process.execPath, ['--import', 'tsx', 'node/main.ts', ...words], { cwd: root, env: bare })
}

/** Run it to its end. */
export async function parley(words: readonly string[], { input = '', env = {} } = {}): Promise<Ended> {
  const child = startParley(words, env)
  child.stdin.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}
