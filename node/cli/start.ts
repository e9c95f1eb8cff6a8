import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { defaultPort, readSettings, type Settings } from '../config.ts'
import { hasDisplay } from './browser.ts'
import { addCommand, type CommonOptions, outputOf } from './command.ts'
import { findNode, type NodeClient } from './node-client.ts'
import { showPage } from './open.ts'
import type { Output } from './output.ts'
import { openUnlocked } from './passphrase-prompt.ts'
import type { ServedNode } from './served-node.ts'
import { revokedText } from './standing-text.ts'
import { closeWhenStopped } from './stop.ts'

interface StartOptions extends CommonOptions {
  readonly port?: string
  readonly host?: string
  readonly bootstrap?: string
  readonly name?: string
  readonly open: boolean
}

/** `parley start`: the node itself. */
export function addStart(program: Command): void {
  addCommand(program, {
    usage: 'start',
    summary: 'start the node and open its page; if it runs already, only open the page',
    examples: ['start', 'start --name Ada --no-open', 'start --home /tmp/ben --port 7718 --bootstrap 127.0.0.1:49737'],
    json: '{url, port}, once the page is ready; no browser is opened',
  })
    .option('--port <port>', `where the page is, or the next free port after it (default: ${defaultPort})`)
    .option('--host <host>', 'the address the page listens on; only this computer (default: 127.0.0.1)')
    .option('--bootstrap <host:port,…>', 'the DHT nodes to start from (default: the public ones)')
    .option('--name <name>', 'how to be called, on a first start')
    .option('--no-open', 'print the address instead of opening a browser')
    .action(async (options: StartOptions) => {
      const settings = readSettings(options, process.env)
      const output = outputOf(options)
      const running = await findNode(settings.home)
      if (running) return showRunning(running, options.open, output)
      const node = await openOrFind(settings, output)
      if ('run' in node) return showRunning(node, options.open, output)
      closeWhenStopped(() => node.close(), output)
      await showStarted(node, settings, options.open, output)
    })
}

/** The node, opened; or the one that another `start` was opening at the same time. */
async function openOrFind(settings: Settings, output: Output): Promise<ServedNode | NodeClient> {
  if (process.getuid?.() === 0) {
    output.note(
      'Warning: running as root. A fault in Parley would put the whole machine at risk; better run it as yourself.',
    )
  }
  const { home, bootstrap, name, port, host, logLevel, passphraseFile } = settings
  // Commands that only talk to a node do not wait for these to load.
  const [{ openServedNode }, { pino }] = await Promise.all([import('./served-node.ts'), import('pino')])
  const log = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }))
  const config = { home, bootstrap, log, ...(name === undefined ? {} : { name }) }
  try {
    return await openUnlocked(passphraseFile, (passphrase) =>
      openServedNode({ config: { ...config, ...(passphrase ? { passphrase } : {}) }, port, host }),
    )
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'home/in-use'
    const other = inUse ? await waitForNode(home) : null
    if (other) return other
    throw error
  }
}

async function waitForNode(home: string): Promise<NodeClient | null> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const node = await findNode(home)
    if (node) return node
    await sleep(250)
  }
  return null
}

async function showRunning(node: NodeClient, wanted: boolean, output: Output): Promise<void> {
  const { url, port } = node.run
  output.note('This node is running already.')
  if (output.json) return output.result({ url, port }, () => url)
  await show((await node.send('create-login-code', {})).url, url, wanted, output)
}

async function showStarted(node: ServedNode, settings: Settings, wanted: boolean, output: Output): Promise<void> {
  const { url, port } = node
  if (settings.port !== 0 && port !== settings.port) {
    output.note(`Port ${settings.port} is taken, so the page is on port ${port}. Open links with: parley open LINK`)
  }
  node.backend.watch({ type: 'status' }, ({ revoked }) => {
    if (revoked) output.note(revokedText)
  })()
  if (output.json) return output.result({ url, port }, () => url)
  await show(node.createLoginUrl(), url, wanted, output)
  output.note('Stop with Ctrl-C.')
}

/** The login address is worth showing only to whoever has to type it. */
async function show(loginUrl: string, url: string, wanted: boolean, output: Output): Promise<void> {
  if (wanted && hasDisplay()) {
    await showPage(loginUrl, wanted, output)
    output.result({}, () => `Parley is running: ${url}`)
  } else {
    output.result({}, () => `Parley is running. Open this page, which lets one browser in, once:\n${loginUrl}`)
  }
}
