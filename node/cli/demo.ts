import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { RoomsView } from '../api/views.ts'
import type { Backend } from '../backend.ts'
import { defaultPort, parsePort, readSettings } from '../config.ts'
import { addCommand, type CommonOptions, outputOf } from './command.ts'
import { showPage } from './open.ts'
import type { ServedNode } from './served-node.ts'
import { closeWhenStopped } from './stop.ts'
import { table } from './terminal-text.ts'

interface DemoOptions extends CommonOptions {
  readonly port: string
  readonly open: boolean
}

/** `parley demo`: two people on one machine. */
export function addDemo(program: Command): void {
  addCommand(program, {
    usage: 'demo',
    summary: 'run two nodes, Ada and Ben, in one room on this computer; needs no internet',
    examples: ['demo', 'demo --no-open --json'],
    json: '{room, nodes: [{name, url, port, login}]}, once both are ready; no browser is opened',
    home: false,
  })
    .option('--home <dir>', 'keep both nodes in this folder (default: a temporary one, removed at the end)')
    .option('--port <port>', 'where the first page is', String(defaultPort))
    .option('--no-open', 'print the addresses instead of opening a browser')
    .action(async (options: DemoOptions) => {
      const output = outputOf(options)
      const port = parsePort(options.port)
      output.note('Starting a private network with two nodes …')
      const demo = await openDemo(options.home, port)
      closeWhenStopped(demo.close, output)
      const { room, nodes } = demo
      output.result({ room, nodes }, () => table(nodes.map(({ name, login }) => [name, login])))
      for (const { login } of nodes) await showPage(login, options.open, output)
      output.note('Each address lets one browser in, once. Use two browsers, or a private window for the second.')
      output.note('Stop with Ctrl-C.')
    })
}

interface DemoNode {
  readonly name: string
  readonly url: string
  readonly port: number
  readonly login: string
}

interface Demo {
  readonly room: string
  readonly nodes: readonly DemoNode[]
  close(): Promise<void>
}

const roomName = 'Demo'

async function openDemo(home: string | undefined, port: number): Promise<Demo> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne()
  }
  try {
    const folder = await openFolder(home, closers)
    const { openBootstrap } = await import('../replication/bootstrap.ts')
    const bootstrap = await openBootstrap({ host: '127.0.0.1', port: 0 })
    closers.push(() => bootstrap.close())

    const [{ openServedNode }, { pino }] = await Promise.all([import('./served-node.ts'), import('pino')])
    const { logLevel } = readSettings({}, process.env)
    const log = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }))
    async function openPerson(name: string, wantedPort: number): Promise<ServedNode> {
      const config = { home: join(folder, name.toLowerCase()), bootstrap: [bootstrap], name, log }
      const node = await openServedNode({ config, port: wantedPort, host: '127.0.0.1' })
      closers.push(() => node.close())
      return node
    }
    const ada = await openPerson('Ada', port)
    const ben = await openPerson('Ben', port === 0 ? 0 : ada.port + 1)
    const room = await meet(ada.backend, ben.backend)
    return { room, nodes: [describe('Ada', ada), describe('Ben', ben)], close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openFolder(home: string | undefined, closers: (() => Promise<void>)[]): Promise<string> {
  if (home !== undefined) return resolve(home)
  const folder = await mkdtemp(join(tmpdir(), 'parley-demo-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Bring both into one room, unless an earlier demo in this folder has. */
async function meet(ada: Backend, ben: Backend): Promise<string> {
  const known = roomsOf(ada).rooms.find(({ name }) => name === roomName)
  const { room, link } = known
    ? { room: known.id, link: (await ada.run({ type: 'share-room', room: known.id })).link }
    : await ada.run({ type: 'create-room', name: roomName })
  if (!roomsOf(ben).rooms.some(({ id }) => id === room)) await ben.run({ type: 'join-room', link })
  return room
}

/** The rooms as they are now: a view pushes its present value at once. */
function roomsOf(backend: Backend): RoomsView {
  let rooms: RoomsView = { rooms: [] }
  backend.watch({ type: 'rooms' }, (value) => {
    rooms = value
  })()
  return rooms
}

function describe(name: string, { url, port, createLoginUrl }: ServedNode): DemoNode {
  return { name, url, port, login: createLoginUrl() }
}
