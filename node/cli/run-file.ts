import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** How to reach the node that runs on a home: `run.json` there, readable by its owner only, because of the token. */
export interface RunFile {
  readonly pid: number
  readonly port: number
  readonly url: string
  readonly token: string
  readonly version: string
}

const pathIn = (home: string) => join(home, 'run.json')

/** The home's run file, or null if there is none that makes sense. It may be left over from a node that was killed. */
export async function readRunFile(home: string): Promise<RunFile | null> {
  try {
    const value: unknown = JSON.parse(await readFile(pathIn(home), 'utf8'))
    return isRunFile(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return null
    throw error
  }
}

/** Write the run file whole or not at all. */
export async function writeRunFile(home: string, run: RunFile): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  const draft = `${pathIn(home)}.${process.pid}`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(run)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, pathIn(home))
}

/** Remove the run file, if it is still this node's. */
export async function removeRunFile(home: string, token: string): Promise<void> {
  const run = await readRunFile(home)
  if (run?.token === token) await rm(pathIn(home), { force: true })
}

function isRunFile(value: unknown): value is RunFile {
  const { pid, port, url, token, version } = Object(value) as Partial<Record<keyof RunFile, unknown>>
  return [pid, port].every(Number.isSafeInteger) && [url, token, version].every((part) => typeof part === 'string')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
