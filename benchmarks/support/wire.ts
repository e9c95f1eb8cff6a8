import HyperDHT from 'hyperdht'

interface Dht {
  readonly udx: { readonly bytesReceived: number; readonly bytesTransmitted: number }
  createServer(...options: unknown[]): unknown
}

const opened = new Set<Dht>()
const prototype = HyperDHT.prototype as unknown as Dht
const { createServer } = prototype

// A node does not show its sockets, so they are noted when it begins to listen.
prototype.createServer = function (this: Dht, ...options) {
  opened.add(this)
  return createServer.apply(this, options)
}

/** Bytes that this process has received and sent over UDP: blocks and proofs, acknowledgements, and the DHT's own talk. */
export function wireBytes(): number {
  return [...opened].reduce((sum, { udx }) => sum + udx.bytesReceived + udx.bytesTransmitted, 0)
}
