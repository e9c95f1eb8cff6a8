import { createSocket } from 'node:dgram'
import HyperDHT from 'hyperdht'

/** A DHT node that others can start from. */
export interface Bootstrap {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Run a first DHT node on an IPv4 address of this machine; port 0: any free one.
 *
 * Throws with code EADDRINUSE if the port is taken.
 */
export async function openBootstrap({ host, port }: { host: string; port: number }): Promise<Bootstrap> {
  const free = await reserve(port, host)
  // A plain node with nobody to ask would never learn its own address, and without that never serve as anybody's first.
  const dht = HyperDHT.bootstrapper(free, host, { host })
  await dht.fullyBootstrapped()
  return { host, port: free, close: () => dht.destroy({ force: true }) }
}

/** Find a port that can be bound: HyperDHT would take 0 for its default port, and a taken one without a word. */
async function reserve(port: number, host: string): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, resolve)
  })
  const { port: bound } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return bound
}
