import type { IncomingMessage } from 'node:http'
import { problems } from '../api/problems.ts'
import type { Address } from './address.ts'
import type { ListenerHandlers } from './listener.ts'

/**
 * Let only requests through that name this node as their host, before anything else looks at them.
 *
 * A foreign page can give its own name the address 127.0.0.1 (DNS rebinding) and is then same-origin to itself, but it
 * cannot make the browser say another `Host`. Spec: specs/bridge.md#walls.
 */
export function behindHostWall(address: Address, { request, upgrade }: ListenerHandlers): ListenerHandlers {
  return {
    request(incoming, response) {
      if (isForUs(address, incoming)) return request(incoming, response)
      response.writeHead(421, refusalHeaders).end(refusal)
    },
    upgrade(incoming, socket, head) {
      if (isForUs(address, incoming)) return upgrade(incoming, socket, head)
      socket.on('error', () => socket.destroy())
      socket.end('HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    },
  }
}

function isForUs({ hosts }: Address, { headersDistinct, url = '' }: IncomingMessage): boolean {
  const [host, ...more] = headersDistinct.host ?? []
  // An absolute request target would name a second host.
  return host !== undefined && more.length === 0 && hosts.has(host.toLowerCase()) && url.startsWith('/')
}

const [status, title] = problems['foreign-host']
const refusal = JSON.stringify({ type: 'foreign-host', status, title })
const refusalHeaders = {
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}
