import { expect, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { ServerFrame } from '../../../node/api/frames.ts'
import type { Bridge } from '../../../node/bridge/bridge.ts'
import { letIn } from './open-test-bridge.ts'

/** A socket that notes down what it hears. */
export function openSocket(bridge: Bridge, headers: Record<string, string>, options: ClientOptions = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${bridge.port}/api/events`, {
    headers: { host: `localhost:${bridge.port}`, ...headers },
    ...options,
  })
  onTestFinished(() => socket.terminate())
  const heard: ServerFrame[] = []
  let wake = () => {}
  socket.on('message', (data) => {
    heard.push(JSON.parse(String(data)) as ServerFrame)
    wake()
  })
  socket.on('error', () => {})
  const opened = new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (asking, { statusCode = 0 }) => {
      resolve(statusCode)
      asking.destroy()
    })
    socket.on('error', () => resolve(0))
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))

  return {
    socket,
    heard,
    /** The status of the answer; 101 when the socket is open. */
    opened,
    /** The code that it was closed with. */
    closed,
    send: (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    async next(): Promise<ServerFrame> {
      while (heard.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return heard.shift()!
    },
  }
}

/** A socket of a tab that was let in. */
export async function openKnownSocket(bridge: Bridge, options: ClientOptions = {}) {
  const browser = await letIn(bridge)
  const socket = openSocket(bridge, { origin: bridge.url, cookie: browser.cookie }, options)
  expect(await socket.opened).toBe(101)
  socket.send({ type: 'authenticate', bearer: browser.bearer })
  expect(await socket.next()).toEqual({ type: 'authenticated' })
  return { ...socket, browser }
}
