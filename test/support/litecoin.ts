import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BitcoinRpc, openBitcoinRpc } from '../../node/anchors/bitcoin-rpc.ts'
import { until } from './until.ts'

// The one in /usr/bin is a script that writes into the home of whoever runs it.
const program = '/usr/lib/litecoin/litecoind'

/** A chain of one's own, with a wallet that has coins. */
export interface LitecoinChain {
  /** With user, password and wallet. */
  readonly url: URL
  readonly rpc: BitcoinRpc
  /** Make so many blocks. */
  mine(blocks: number): Promise<string[]>
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Whether this machine has litecoind, as Debian installs it. */
export const hasLitecoin = existsSync(program)

/** Open litecoind on a chain for tests (regtest), with some coins. */
export async function openLitecoin(): Promise<LitecoinChain> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-litecoin-'))
  const port = await freePort()
  const url = new URL(`http://parley:secret@127.0.0.1:${port}/wallet/parley`)
  const rpc = openBitcoinRpc(url)
  let daemon: ChildProcess | null = null

  async function start(): Promise<void> {
    const ports = [`-rpcport=${port}`, '-rpcbind=127.0.0.1', '-rpcallowip=127.0.0.1']
    const quiet = ['-listen=0', '-dnsseed=0', '-printtoconsole=0', '-fallbackfee=0.0002']
    const users = ['-rpcuser=parley', '-rpcpassword=secret']
    daemon = spawn(program, ['-regtest', `-datadir=${folder}`, '-server', ...ports, ...users, ...quiet], {
      stdio: 'ignore',
    })
    const anyWallet = openBitcoinRpc(new URL(`http://parley:secret@127.0.0.1:${port}/`))
    await until(
      () =>
        anyWallet.call('getblockcount').then(
          () => true,
          () => false,
        ),
      'litecoind',
    )
    await anyWallet.call('createwallet', 'parley').catch(() => anyWallet.call('loadwallet', 'parley'))
  }

  async function stop(): Promise<void> {
    if (!daemon) return
    const over = once(daemon, 'exit')
    daemon.kill()
    await over
    daemon = null
  }

  await start()
  const mine = async (blocks: number) =>
    rpc.call<string[]>('generatetoaddress', blocks, await rpc.call<string>('getnewaddress', '', 'bech32'))
  // Coins that were made can be spent a hundred blocks later; and each message takes one until it is in a block.
  await mine(110)
  return {
    url,
    rpc,
    mine,
    start,
    stop,
    async close() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
