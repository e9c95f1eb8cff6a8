import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { ask, codeOf, letIn, openTestBridge, post, terminalHeaders } from './open-test-bridge.ts'

const command = { type: 'set-name', name: 'Ada' }

/** Send bytes as they are and read what comes back until the end. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (data) => {
      heard += data
    })
    socket.on('error', () => resolve(heard))
    socket.on('close', () => resolve(heard))
  })
}

describe('a request with a foreign Host', () => {
  test('is refused before routing, on every path and with every right (DNS rebinding)', async () => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const evil = { ...headers, host: `evil.example:${bridge.port}` }
    for (const path of ['/', '/healthz', '/api/openapi.json', '/nowhere', '/%']) {
      expect(await ask(bridge, path, { headers: evil })).toMatchObject({ status: 421, problem: 'foreign-host' })
    }
    expect(await post(bridge, '/api/commands', command, evil)).toMatchObject({ status: 421 })
    expect(told).toEqual([])
  })

  test('is refused for our names on another port, with more behind them, or with none', async () => {
    const { bridge } = await openTestBridge()
    const { port } = bridge
    const hosts = ['localhost', `localhost:${port + 1}`, `localhost:${port}.evil.example`, `x@localhost:${port}`]
    for (const host of [...hosts, `localhost.:${port}`, `0.0.0.0:${port}`]) {
      expect(await ask(bridge, '/healthz', { headers: { host } }), host).toMatchObject({ status: 421 })
    }
    expect(await sendRaw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /)
    expect(await sendRaw(port, 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /)
    expect(await ask(bridge, '/healthz', { headers: { host: `LOCALHOST:${port}` } })).toMatchObject({ status: 200 })
  })

  test('is refused when it hides behind a second Host or an absolute address', async () => {
    const { bridge } = await openTestBridge()
    const ours = `Host: localhost:${bridge.port}\r\n`
    const close = 'Connection: close\r\n\r\n'
    const two = await sendRaw(bridge.port, `GET /healthz HTTP/1.1\r\n${ours}Host: evil.example\r\n${close}`)
    expect(two).toMatch(/^HTTP\/1.1 4(00|21) /)
    const absolute = await sendRaw(bridge.port, `GET http://evil.example/ HTTP/1.1\r\n${ours}${close}`)
    expect(absolute).toMatch(/^HTTP\/1.1 421 /)
  })
})

describe('a change', () => {
  test('is refused from another origin, from null, and from none', async () => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const { port } = bridge
    const origins = ['http://evil.example', 'null', `http://127.0.0.1:${port}`, `http://localhost:${port + 1}`]
    for (const origin of [...origins, `https://localhost:${port}`, `http://localhost:${port}/`, '']) {
      const answer = await post(bridge, '/api/commands', command, { ...headers, origin })
      expect(answer, origin).toMatchObject({ status: 403, problem: 'foreign-origin' })
    }
    const json = { ...headers, 'content-type': 'application/json' }
    const without = await ask(bridge, '/api/commands', { method: 'POST', headers: json, body: JSON.stringify(command) })
    expect(without).toMatchObject({ status: 403, problem: 'foreign-origin' })
    expect(told).toEqual([])
  })

  test('is refused when the browser says that another site asks', async () => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    for (const site of ['cross-site', 'same-site', 'anything']) {
      const answer = await post(bridge, '/api/commands', command, { ...headers, 'sec-fetch-site': site })
      expect(answer, site).toMatchObject({ status: 403, problem: 'foreign-origin' })
    }
    expect(told).toEqual([])
  })

  test('is refused from a form of another site, and as a form of our own', async () => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' }
    const foreign = { ...form, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }
    expect(await post(bridge, '/api/commands', 'type=set-name&name=Ada', foreign)).toMatchObject({ status: 403 })
    expect(await post(bridge, '/api/commands', 'type=set-name&name=Ada', form)).toMatchObject({ status: 400 })
    const plain = { ...headers, 'content-type': 'text/plain' }
    expect(await post(bridge, '/api/commands', JSON.stringify(command), plain)).toMatchObject({ status: 400 })
    expect(told).toEqual([])
  })

  test('is refused to a login from another site, and its code stays good', async () => {
    const { bridge } = await openTestBridge()
    const code = codeOf(bridge.createLoginUrl())
    const origin = 'http://evil.example'
    expect(await post(bridge, '/api/session', { code }, { origin })).toMatchObject({ status: 403 })
    expect(await post(bridge, '/api/session', { code })).toMatchObject({ status: 200 })
  })

  test("is refused with the terminal's token from another origin", async () => {
    const { bridge } = await openTestBridge()
    const headers = { ...terminalHeaders(bridge), origin: 'http://evil.example' }
    expect(await post(bridge, '/api/commands', command, headers)).toMatchObject({ status: 403 })
  })
})

describe('a method that is not ours', () => {
  test.each(['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])(
    '%s gets a problem and no CORS',
    async (method) => {
      const { bridge } = await openTestBridge()
      const headers = { ...terminalHeaders(bridge), 'access-control-request-method': 'POST' }
      const answer = await ask(bridge, '/api/commands', { method, headers })
      expect(answer).toMatchObject({ status: 404, problem: 'not-found' })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    },
  )

  test('as a preflight of another site is refused without CORS headers', async () => {
    const { bridge } = await openTestBridge()
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const answer = await ask(bridge, '/api/commands', { method: 'OPTIONS', headers })
    expect(answer).toMatchObject({ status: 403, problem: 'foreign-origin' })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('CONNECT and nonsense end the connection', async () => {
    const { bridge } = await openTestBridge()
    expect(await sendRaw(bridge.port, 'CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n')).toBe('')
    expect(await sendRaw(bridge.port, 'BREW / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await ask(bridge, '/healthz')).toMatchObject({ status: 200, text: 'ok' })
  })
})

describe('requests', () => {
  test('of strangers are answered 600 times a minute, and those who are let in go on', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const statuses: number[] = []
    for (let i = 0; i < 31; i++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(bridge, '/nowhere')))
      statuses.push(...answers.map(({ status }) => status))
    }
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20)
    const limited = await ask(bridge, '/healthz')
    expect(limited).toMatchObject({ status: 429, problem: 'too-many-requests' })
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect(await post(bridge, '/api/commands', command, headers)).toMatchObject({ status: 200 })
  })
})
