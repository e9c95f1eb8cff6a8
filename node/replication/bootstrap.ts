import HyperDHT from 'hyperdht'

/** A DHT node that others can start from. */
export interface Bootstrap {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** Run a first DHT node on an address of this machine; port 0: any free one. */
export async function openBootstrap({ host, port }: { host: string; port: number }): Promise<Bootstrap> {
  const dht = new HyperDHT({
    bootstrap: [],
    ephemeral: false,
    firewalled: false,
    host,
    ...(await portOptions(port, host)),
  })
  await dht.fullyBootstrapped()
  const address = dht.io.serverSocket?.address()
  if (!address) throw new Error('the DHT node has no socket')
  if (port !== 0 && address.port !== port) {
    await dht.destroy()
    throw Object.assign(new Error(`Port ${port} is taken.`), { code: 'EADDRINUSE' })
  }
  return { host, port: address.port, close: () => dht.destroy() }
}

/** HyperDHT reads 0 as its default port, so a free one is found first. */
async function portOptions(port: number, host: string): Promise<{ port: number; anyPort: boolean }> {
  if (port !== 0) return { port, anyPort: false }
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, host, resolve)
  })
  const free = socket.address().port
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return { port: free, anyPort: true }
}
