import { createServer, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, openTestBridge, post, terminalHeaders } from './open-test-bridge.ts'

/** Take a port on one address; 0 means any. */
async function takePort(host: string, port: number): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return (server.address() as { port: number }).port
}

describe('a bridge', () => {
  test('listens on 127.0.0.1 and ::1 on the same port', async () => {
    const { bridge } = await openTestBridge()
    expect(bridge.url).toBe(`http://localhost:${bridge.port}`)
    for (const address of ['127.0.0.1', '::1']) {
      expect(await ask(bridge, '/healthz', { address })).toMatchObject({ status: 200 })
    }
  })

  test.each(['127.0.0.1', '::1'])('takes the next port when a stranger has the wished one on %s only', async (host) => {
    const taken = await takePort(host, 0)
    const { bridge } = await openTestBridge({ port: taken })
    expect(bridge.port).toBeGreaterThan(taken)
    expect(bridge.port).toBeLessThan(taken + 50)
    for (const address of ['127.0.0.1', '::1']) {
      expect(await ask(bridge, '/healthz', { address })).toMatchObject({ status: 200 })
    }
  })

  test('gives its port back when it closes, and cuts who is connected', async () => {
    const { bridge } = await openTestBridge()
    await ask(bridge, '/healthz')
    await bridge.close()
    await takePort('127.0.0.1', bridge.port)
    await takePort('::1', bridge.port)
  })

  test.each(['0.0.0.0', '::', '192.168.1.7'])('does not listen on %s and says why', async (host) => {
    await expect(openTestBridge({ host })).rejects.toThrow(/no secure context.*no camera.*allowHost/)
  })

  test('does not listen on a name that is no address', async () => {
    await expect(openTestBridge({ host: 'evil.example' })).rejects.toThrow(/not an IP address/)
  })
})

describe('a bridge behind a reverse proxy', () => {
  const allowHost = 'chat.example.org'
  const command = { type: 'set-name', name: 'Ada' }

  test('is spoken to by that name over https and by no other', async () => {
    const { bridge } = await openTestBridge({ host: '0.0.0.0', allowHost })
    expect(bridge.url).toBe('https://chat.example.org')
    const headers = { ...terminalHeaders(bridge), host: allowHost }
    expect(await ask(bridge, '/', { headers: { host: allowHost } })).toMatchObject({ status: 200 })
    expect(await post(bridge, '/api/commands', command, headers)).toMatchObject({ status: 200 })
    expect(await ask(bridge, '/healthz')).toMatchObject({ status: 421, problem: 'foreign-host' })
    const plain = { ...headers, origin: 'http://chat.example.org' }
    expect(await post(bridge, '/api/commands', command, plain)).toMatchObject({ status: 403 })
  })

  test('marks its cookie as secure and allows its own socket', async () => {
    const { bridge } = await openTestBridge({ allowHost })
    const code = bridge.createLoginUrl().split('/#/login/')[1]
    const session = await post(bridge, '/api/session', { code }, { host: allowHost })
    expect(session.headers['set-cookie']?.[0]).toContain('; Secure')
    const policy = session.headers['content-security-policy']
    expect(policy).toContain("connect-src 'self' wss://chat.example.org;")
  })

  test.each(['https://chat.example.org', 'chat.example.org/', '*', 'a b', ''])(
    'refuses the name "%s"',
    async (name) => {
      await expect(openTestBridge({ allowHost: name })).rejects.toThrow(/not a host name/)
    },
  )
})
