import type { Command } from 'commander'
import { parsePort } from '../config.ts'
import { addCommand, outputOf } from './command.ts'
import { closeWhenStopped } from './stop.ts'

interface DhtOptions {
  readonly json?: true
  readonly port: string
  readonly host: string
}

/** `parley dht`: a bootstrap node of one's own. */
export function addDht(program: Command): void {
  addCommand(program, {
    usage: 'dht',
    summary: 'run a bootstrap node of your own, so that nodes find each other without the public ones',
    examples: ['dht', 'dht --host 192.0.2.7 --port 49737', 'start --bootstrap 192.0.2.7:49737'],
    json: '{host, port}, once listening',
    home: false,
  })
    .option('--port <port>', 'UDP port; 0 for any free one', '49737')
    .option('--host <host>', 'the address under which other nodes reach it', '127.0.0.1')
    .action(async (options: DhtOptions) => {
      const output = outputOf(options)
      const port = parsePort(options.port)
      const { openBootstrap } = await import('../replication/bootstrap.ts')
      const bootstrap = await openBootstrap({ host: options.host, port })
      closeWhenStopped(() => bootstrap.close(), output)
      const address = `${bootstrap.host}:${bootstrap.port}`
      output.result({ host: bootstrap.host, port: bootstrap.port }, () => `Listening on ${address}`)
      output.note(`Start nodes with: parley start --bootstrap ${address}\nStop with Ctrl-C.`)
    })
}
