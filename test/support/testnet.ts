import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Bootstrap, openBootstrap } from '../../node/replication/bootstrap.ts'
import { openPerson, type TestPerson, type TestPersonOptions } from './nodes.ts'
import { type NodeProcess, startNode } from './process.ts'

/** A private DHT, and the people on it: all is gone after `close`. */
export interface Testnet {
  readonly bootstrap: readonly Bootstrap[]
  /** A folder that nobody has used yet. */
  home(name: string): string
  /** Open a node on the home of this name: a new one, or one that was closed before. */
  open(name: string, options?: TestPersonOptions): Promise<TestPerson>
  /** The same, as a process of its own. */
  start(name: string): Promise<NodeProcess>
  /** Take away every node that others start from. */
  closeBootstrap(): Promise<void>
  close(): Promise<void>
}

const log = pino({ level: process.env.PARLEY_LOG_LEVEL ?? 'silent' })

export async function openTestnet(): Promise<Testnet> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-scenario-'))
  const bootstrap = [await openBootstrap({ host: '127.0.0.1', port: 0 })]
  const people = new Set<TestPerson>()
  const processes = new Set<NodeProcess>()
  const home = (name: string) => join(folder, name.toLowerCase())
  let isThere = true
  const closeBootstrap = async () => {
    if (isThere) for (const { close } of bootstrap) await close()
    isThere = false
  }
  return {
    bootstrap,
    home,
    async open(name, { unnamed, ...options } = {}) {
      const named = unnamed ? {} : { name }
      const person = await openPerson(name, { home: home(name), bootstrap, log, ...named, ...options })
      people.add(person)
      return person
    },
    async start(name) {
      const started = await startNode(home(name), bootstrap, name)
      processes.add(started)
      return started
    },
    closeBootstrap,
    async close() {
      for (const started of processes) await started.kill()
      for (const person of people) await person.close()
      await closeBootstrap()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
