import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

/** An IPv4 address of this machine that every browser can send to: Firefox refuses 127.0.0.1, which is left for a machine without a network. */
export function candidateAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}

/** A UDP socket at a place of this machine; port 0: one of the system's choice. */
export async function bindLocal({ address, port }: { address: string; port: number }): Promise<Socket> {
  // A key frame comes as a burst of some hundred packets.
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 })
  socket.bind(port, address)
  try {
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw error
  }
  return socket
}

/** Whether an address is one of this machine's. Networks come and go, so an unknown one makes us look again, once a second at most. */
export function localAddresses(): (address: string) => boolean {
  let addresses = new Set<string>()
  let lookedAt = Number.NEGATIVE_INFINITY
  return (address) => {
    if (addresses.has(address)) return true
    if (performance.now() - lookedAt < 1_000) return false
    lookedAt = performance.now()
    addresses = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map((face) => face.address)))
    return addresses.has(address)
  }
}
