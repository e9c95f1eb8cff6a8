import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { ServerFrame } from '../../../node/api/views.ts'
import type { Bridge } from '../../../node/bridge/bridge.ts'
import { ask, letIn, openTestBridge, post, room, terminalHeaders } from './open-test-bridge.ts'

/** A socket that notes down what it hears. */
function openSocket(bridge: Bridge, headers: Record<string, string>, options: ClientOptions = {}) {
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
async function openKnownSocket(bridge: Bridge, options: ClientOptions = {}) {
  const browser = await letIn(bridge)
  const socket = openSocket(bridge, { origin: bridge.url, cookie: browser.cookie }, options)
  expect(await socket.opened).toBe(101)
  socket.send({ type: 'authenticate', bearer: browser.bearer })
  expect(await socket.next()).toEqual({ type: 'authenticated' })
  return { ...socket, browser }
}

describe('the events socket', () => {
  test('pushes what is watched until it is no longer watched', async () => {
    const { bridge, watching, push } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 7, query: { type: 'rooms' } })
    expect(await socket.next()).toEqual({ type: 'view', id: 7, value: { rooms: [] } })
    push({ rooms: ['new'] })
    expect(await socket.next()).toEqual({ type: 'view', id: 7, value: { rooms: ['new'] } })
    socket.send({ type: 'unwatch', id: 7 })
    socket.send({ type: 'page', id: 8, room, before: null, limit: 10 })
    expect(await socket.next()).toEqual({ type: 'page', id: 8, items: [], older: false })
    expect(watching.size).toBe(0)
  })

  test('stops watching when it is closed', async () => {
    const { bridge, watching } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    await socket.next()
    expect(watching.size).toBe(1)
    socket.socket.close()
    await expect.poll(() => watching.size).toBe(0)
  })

  test('answers a problem to the query that has it', async () => {
    const { bridge } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 3, query: { type: 'room', room: '00'.repeat(32) } })
    expect(await socket.next()).toMatchObject({ type: 'problem', id: 3, code: 'no-such-room' })
    socket.send({ type: 'watch', id: 3, query: { type: 'status' } })
    expect(await socket.next()).toMatchObject({ type: 'view', id: 3 })
    socket.send({ type: 'watch', id: 3, query: { type: 'status' } })
    expect(await socket.next()).toMatchObject({ type: 'problem', id: 3, code: 'bad-request' })
  })

  test("is open to the terminal's token without an origin", async () => {
    const { bridge } = await openTestBridge()
    const socket = openSocket(bridge, terminalHeaders(bridge))
    expect(await socket.opened).toBe(101)
    socket.send({ type: 'authenticate', bearer: bridge.token })
    expect(await socket.next()).toEqual({ type: 'authenticated' })
  })

  test('is refused from another origin, from null, and from none', async () => {
    const { bridge } = await openTestBridge()
    const { cookie } = await letIn(bridge)
    for (const origin of ['http://evil.example', 'null', `http://localhost:${bridge.port + 1}`]) {
      expect(await openSocket(bridge, { cookie, origin }).opened, origin).toBe(403)
    }
    expect(await openSocket(bridge, { cookie }).opened).toBe(403)
    const crossSite = { cookie, origin: bridge.url, 'sec-fetch-site': 'cross-site' }
    expect(await openSocket(bridge, crossSite).opened).toBe(403)
  })

  test('is refused to a foreign Host', async () => {
    const { bridge } = await openTestBridge()
    const host = `evil.example:${bridge.port}`
    expect(await openSocket(bridge, { host, origin: `http://${host}` }).opened).toBe(421)
    expect(await openSocket(bridge, { host, origin: bridge.url }).opened).toBe(421)
  })

  test('opens nowhere else', async () => {
    const { bridge } = await openTestBridge()
    const socket = new WebSocket(`ws://127.0.0.1:${bridge.port}/healthz`, {
      headers: { host: `localhost:${bridge.port}`, origin: bridge.url },
    })
    onTestFinished(() => socket.terminate())
    await new Promise((resolve) => socket.on('close', resolve).on('error', resolve))
    const plain = await ask(bridge, '/api/events')
    expect(plain).toMatchObject({ status: 404, problem: 'not-found' })
  })

  test('is closed when it does not say within five seconds who it is', async () => {
    const { bridge } = await openTestBridge()
    const socket = openSocket(bridge, { origin: bridge.url })
    await socket.opened
    const start = Date.now()
    expect(await socket.closed).toBe(4401)
    expect(Date.now() - start).toBeGreaterThan(4_500)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'not-let-in' }])
  })

  test.each([
    ['a wrong bearer', { type: 'authenticate', bearer: 'A'.repeat(43) }],
    ['something else first', { type: 'watch', id: 1, query: { type: 'rooms' } }],
    ['no JSON', 'hello'],
    ['an unknown field', { type: 'authenticate', bearer: 'A'.repeat(43), admin: true }],
  ])('is closed when it begins with %s', async (_title, frame) => {
    const { bridge, watching } = await openTestBridge()
    const socket = openSocket(bridge, { origin: bridge.url })
    await socket.opened
    socket.send(frame)
    expect(await socket.closed).toBe(4401)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'not-let-in' }])
    expect(watching.size).toBe(0)
  })

  test("is closed when its bearer comes without that browser's cookie", async () => {
    const { bridge } = await openTestBridge()
    const { bearer } = await letIn(bridge)
    const socket = openSocket(bridge, { origin: bridge.url })
    await socket.opened
    socket.send({ type: 'authenticate', bearer })
    expect(await socket.closed).toBe(4401)
  })

  test.each([
    ['no JSON', '{'],
    ['an unknown name', { type: 'send-message', text: 'hi' }],
    ['an unknown field', { type: 'unwatch', id: 1, admin: true }],
    ['__proto__', '{"type":"unwatch","id":1,"__proto__":{"admin":true}}'],
    ['constructor', '{"type":"unwatch","id":1,"constructor":{"prototype":{"admin":true}}}'],
    ['a query with an unknown field', { type: 'watch', id: 1, query: { type: 'rooms', admin: true } }],
    ['too much asked for', { type: 'page', id: 1, room, before: null, limit: 501 }],
  ])('is closed after a frame with %s', async (_title, frame) => {
    const { bridge } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send(frame)
    expect(await socket.closed).toBe(4400)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'bad-request' }])
  })

  test('is closed after a binary frame', async () => {
    const { bridge } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.socket.send(Buffer.from('{"type":"unwatch","id":1}'))
    expect(await socket.closed).toBe(4400)
  })

  test('is closed by a frame of 5 MB, let in or not', async () => {
    const { bridge } = await openTestBridge()
    const frame = JSON.stringify({ type: 'authenticate', bearer: 'a'.repeat(5_000_000) })
    const stranger = openSocket(bridge, { origin: bridge.url })
    await stranger.opened
    stranger.send(frame)
    const known = await openKnownSocket(bridge)
    known.send(frame)
    for (const socket of [stranger, known]) expect([1006, 1009]).toContain(await socket.closed)
    expect(await ask(bridge, '/healthz')).toMatchObject({ status: 200 })
  })

  test('watches 64 things and not more', async () => {
    const { bridge, watching } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    for (let id = 0; id < 65; id++) socket.send({ type: 'watch', id, query: { type: 'rooms' } })
    for (let id = 0; id < 64; id++) expect(await socket.next()).toMatchObject({ type: 'view', id })
    expect(await socket.next()).toMatchObject({ type: 'problem', id: 64, code: 'too-many-requests' })
    expect(watching.size).toBe(64)
  })

  test('is closed when it asks too often', async () => {
    const { bridge } = await openTestBridge({ now: () => 1_700_000_000_000 })
    const socket = await openKnownSocket(bridge)
    for (let id = 0; id < 200; id++) socket.send({ type: 'unwatch', id })
    expect(await socket.closed).toBe(4429)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'too-many-requests' }])
  })

  test('is closed when it does not read', async () => {
    const { bridge, watching, push } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    await socket.next()
    socket.socket.pause()
    const value = { rooms: ['a'.repeat(1_000_000)] }
    for (let i = 0; i < 64 && watching.size > 0; i++) {
      push(value)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(watching.size).toBe(0)
    socket.socket.resume()
    expect(await socket.closed).toBe(4408)
  })

  test('is closed when its session is revoked, and others stay', async () => {
    const { bridge, watching } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    const other = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    await socket.next()
    const { text } = await post(bridge, '/api/commands', { type: 'list-sessions' }, other.browser.headers)
    const { id } = (JSON.parse(text) as { sessions: { id: string }[] }).sessions[1]!
    await post(bridge, '/api/commands', { type: 'revoke-session', session: id }, other.browser.headers)
    expect(await socket.closed).toBe(4401)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'not-let-in' }])
    expect(watching.size).toBe(0)
    expect(other.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('is closed when the bridge closes', async () => {
    const { bridge } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    await bridge.close()
    expect(await socket.closed).toBe(1001)
  })
})

describe('500 sockets at once', () => {
  test('get eight places for strangers, and whoever is let in still gets in', async () => {
    const { bridge } = await openTestBridge()
    const known = await openKnownSocket(bridge)
    const sockets = Array.from({ length: 500 }, () => openSocket(bridge, { origin: bridge.url }))
    const answers = await Promise.all(sockets.map(({ opened }) => opened))
    expect(answers.filter((status) => status === 101)).toHaveLength(8)
    expect(answers.filter((status) => status === 429)).toHaveLength(492)
    known.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    expect(await known.next()).toMatchObject({ type: 'view', id: 1 })
    for (const { socket } of sockets) socket.terminate()
    await expect
      .poll(async () => openSocket(bridge, { origin: bridge.url, cookie: known.browser.cookie }).opened)
      .toBe(101)
  })

  test('of one browser that was let in get 64 places', async () => {
    const { bridge } = await openTestBridge()
    const { browser } = await openKnownSocket(bridge)
    const answers: number[] = []
    for (let i = 0; i < 70; i++) {
      const socket = openSocket(bridge, { origin: bridge.url, cookie: browser.cookie })
      answers.push(await socket.opened)
      if (answers.at(-1) !== 101) continue
      socket.send({ type: 'authenticate', bearer: browser.bearer })
      await socket.next()
    }
    expect(answers.filter((status) => status === 101)).toHaveLength(63)
    expect(answers.slice(-7)).toEqual(Array(7).fill(429))
  })
})
