import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const portsToTry = 50

export interface ListenerHandlers {
  readonly request: RequestListener
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** One port taken on several addresses at once. Answers 503 until it is told how to serve. */
export interface Listener {
  readonly port: number
  serve(handlers: ListenerHandlers): void
  /** Stop listening and cut every connection. */
  close(): Promise<void>
}

/**
 * Take a port on every one of the addresses, or the next port that is free on all of them. Port 0 means any.
 *
 * All or none: whoever holds the same port on the other loopback address would be `localhost` to some browsers, and could
 * read the fragment of a link. An address that this machine does not have is left out. Throws when no port is free.
 */
export async function openListener(hosts: readonly string[], port: number): Promise<Listener> {
  for (let attempt = 0; attempt < portsToTry; attempt++) {
    const candidate = port === 0 ? 0 : port + attempt
    if (candidate > 65_535) break
    const servers = await takePort(hosts, candidate)
    if (servers) return listenerOf(servers)
  }
  throw new Error(`No free port from ${port} on.`)
}

async function takePort(hosts: readonly string[], port: number): Promise<readonly Server[] | null> {
  const servers: Server[] = []
  let wanted = port
  for (const host of hosts) {
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, answerNotYet)
    // Far above what a browser opens; it bounds what another program of this computer can hold open.
    server.maxConnections = 1_024
    try {
      await listen(server, host, wanted)
      servers.push(server)
      wanted = portOf(server)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const hostMissing = code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
      if (hostMissing && servers.length > 0) continue
      await Promise.all(servers.map(stop))
      if (code === 'EADDRINUSE' || code === 'EACCES') return null
      throw error
    }
  }
  return servers
}

function listenerOf(servers: readonly Server[]): Listener {
  const connections = new Set<Socket>()
  for (const server of servers) {
    server.on('connection', (socket) => {
      connections.add(socket)
      socket.once('close', () => connections.delete(socket))
    })
  }

  return {
    port: portOf(servers[0]!),
    serve({ request, upgrade }) {
      for (const server of servers) server.off('request', answerNotYet).on('request', request).on('upgrade', upgrade)
    },
    async close() {
      const stopped = Promise.all(servers.map(stop))
      for (const socket of connections) socket.destroy()
      await stopped
    },
  }
}

const answerNotYet: RequestListener = (_request, response) => {
  response.writeHead(503, { 'retry-after': '1', 'cache-control': 'no-store' }).end()
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
