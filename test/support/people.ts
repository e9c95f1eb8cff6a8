import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { Command } from '../../node/api/commands.ts'
import { readRunFile } from '../../node/cli/run-file.ts'
import { type Browser, type BrowserOptions, openBrowser } from './browser.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Someone with a node and a browser, each a process of its own. */
export interface Person {
  readonly home: string
  readonly browser: Browser
  readonly page: Page
  /** Where the page of their node is, also over restarts. */
  readonly url: string
  /** Another browser of the same person, not let in yet. */
  openBrowser(options?: BrowserOptions): Promise<Browser>
  /** Run a command of theirs to its end, and read what it answers. Throws when it fails. */
  parley(...words: string[]): Promise<Answer>
  /** Tell their node what no command line says, or what would take too long that way. */
  tell(command: Command): Promise<Answer>
  /** Open their page by a fresh login code, and wait until it is in. */
  enter(): Promise<void>
  /** Open their page for the first time, and say how to be called. */
  begin(name: string): Promise<void>
  /** End the node at once, with no chance to tidy up. */
  killNode(): Promise<void>
  /** Start it again on the same home and port. */
  startNode(): Promise<void>
  /** All that their node has written into its log since it was last started. */
  said(): string
}

// biome-ignore lint/suspicious/noExplicitAny: every command answers in a shape of its own.
type Answer = any

export interface PersonOptions extends BrowserOptions {
  /** Set from the command line; by default the first run of the page asks for it. */
  readonly name?: string
}

/** A private network: whoever is on it, and all they leave behind, is gone after `close`. */
export interface Town {
  /** Where new files can be put. */
  readonly folder: string
  /** Where nodes of this network find the others, as `host:port`. */
  readonly bootstrap: string
  addPerson(options?: PersonOptions): Promise<Person>
  close(): Promise<void>
}

/** `inside`: the words that the bootstrap node is run under. */
export async function openTown({
  host,
  inside = [],
}: {
  host?: string
  inside?: readonly string[]
} = {}): Promise<Town> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-town-'))
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  async function close(): Promise<void> {
    for (const closeOne of closers.splice(0).reverse()) await closeOne().catch((error) => console.error(error))
  }
  const at = host === undefined ? [] : ['--host', host]
  const dht = await startParley(['dht', '--port', '0', '--json', ...at], folder, inside).catch(async (error) => {
    await close()
    throw error
  })
  closers.push(dht.kill)
  const bootstrap = `${dht.ready.host}:${dht.ready.port}`
  let people = 0

  return {
    folder,
    bootstrap,
    close,
    async addPerson({ name, ...options } = {}) {
      const { inside = [] } = options
      const home = join(folder, `home-${++people}`)
      const known = ['--home', home, '--bootstrap', bootstrap, ...(name === undefined ? [] : ['--name', name])]
      const start = (port: string) =>
        startParley(['start', '--json', '--no-open', '--port', port, ...known], folder, inside)
      let node = await start('0')
      closers.push(() => node.kill())
      const { url, port } = node.ready
      const parley = async (...words: string[]) => {
        const { code, stdout, stderr } = await runParley([...words, '--home', home, '--json'], folder, inside)
        if (code !== 0) throw new Error(`parley ${words.join(' ')} ended with ${code}: ${stderr}`)
        return JSON.parse(stdout)
      }
      async function tell(command: Command): Promise<Answer> {
        const run = await readRunFile(home)
        const response = await fetch(`${url}/api/commands`, {
          method: 'POST',
          headers: { authorization: `Bearer ${run!.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(command),
        })
        if (!response.ok) throw new Error(await response.text())
        return response.json()
      }
      async function open(given?: BrowserOptions): Promise<Browser> {
        const browser = await openBrowser(given)
        closers.push(browser.close)
        return browser
      }
      const browser = await open(options)
      const { page } = browser
      const enter = async () => {
        await page.goto((await parley('open')).url)
        await page.getByTestId('new-room').or(page.getByTestId('name-field')).waitFor()
      }
      return {
        home,
        url,
        browser,
        page,
        openBrowser: open,
        parley,
        tell,
        enter,
        async begin(name) {
          await enter()
          await page.getByTestId('name-field').fill(name)
          await page.getByTestId('start-button').click()
          await page.getByTestId('new-room').waitFor()
        },
        killNode: () => node.kill(),
        said: () => node.said(),
        async startNode() {
          node = await start(String(port))
        },
      }
    },
  }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Run the built command line to its end. `before`: a program to run it under. */
export async function runParley(
  words: readonly string[],
  home: string,
  before: readonly string[] = [],
): Promise<Ended> {
  const child = spawnParley(words, home, before)
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    let said = ''
    stream?.on('data', (text) => {
      said += text
    })
    return () => said
  })
  const [code] = await once(child, 'close')
  return { code, stdout: stdout!(), stderr: stderr!() }
}

interface Started {
  readonly ready: Answer
  said(): string
  kill(): Promise<void>
}

/** Start what goes on until it is ended, and wait for the line that says it is ready. */
async function startParley(words: readonly string[], home: string, inside: readonly string[]): Promise<Started> {
  const child = spawnParley(words, home, inside)
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const gone = once(child, 'exit').then(([code]) => {
    process.off('exit', endWithUs)
    throw new Error(`parley ${words[0]} ended with ${code}: ${said}`)
  })
  gone.catch(() => {})
  let said = ''
  child.stderr!.on('data', (text) => {
    said += text
  })
  const [line] = await Promise.race([once(createInterface(child.stdout!), 'line'), gone])
  return {
    ready: JSON.parse(line),
    said: () => said,
    async kill() {
      child.kill('SIGKILL')
      await gone.catch(() => {})
    },
  }
}

function spawnParley(words: readonly string[], home: string, before: readonly string[]): ChildProcess {
  const [program, ...rest] = [...before, process.execPath, 'dist/node/main.js', ...words]
  return spawn(program!, rest, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: process.env.TMPDIR, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
