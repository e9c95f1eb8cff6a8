import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { openKnownSocket, openSocket } from './open-socket.ts'
import { ask, letIn, openTestBridge, post, room, terminalHeaders } from './open-test-bridge.ts'

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
