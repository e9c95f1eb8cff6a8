import { describe, expect, test } from 'vitest'
import { ask, codeOf, letIn, makeDirectory, openTestBridge, post, terminalHeaders } from './open-test-bridge.ts'

const list = { type: 'list-sessions' }

describe('a browser', () => {
  test('is let in by a login code, and its tabs by cookie and secret together', async () => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const answer = await post(bridge, '/api/commands', { type: 'set-name', name: 'Ada' }, headers)
    expect(answer).toMatchObject({ status: 200, text: '{}' })
    expect(told).toEqual([{ type: 'set-name', name: 'Ada' }])
  })

  test('gets a cookie that scripts and other sites cannot use, named after the port', async () => {
    const { bridge } = await openTestBridge()
    const answer = await post(bridge, '/api/session', { code: codeOf(bridge.createLoginUrl()) })
    const cookie = answer.headers['set-cookie']![0]!
    expect(cookie).toMatch(new RegExp(`^parley_${bridge.port}=[A-Za-z0-9_-]{43}; `))
    expect(cookie).toContain('; HttpOnly')
    expect(cookie).toContain('; SameSite=Strict')
    expect(cookie).toContain('; Path=/')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('with no cookie is refused', async () => {
    const { bridge } = await openTestBridge()
    const { bearer, secret } = await letIn(bridge)
    const headers = { authorization: `Bearer ${bearer}` }
    expect(await post(bridge, '/api/commands', list)).toMatchObject({ status: 401, problem: 'not-let-in' })
    expect(await post(bridge, '/api/commands', list, headers)).toMatchObject({ status: 401, problem: 'not-let-in' })
    expect(await post(bridge, '/api/bearer', { secret })).toMatchObject({ status: 401, problem: 'not-let-in' })
  })

  test('with a cookie and no secret is refused', async () => {
    const { bridge } = await openTestBridge()
    const { cookie } = await letIn(bridge)
    const wrong = { secret: 'A'.repeat(43) }
    expect(await post(bridge, '/api/bearer', wrong, { cookie })).toMatchObject({ status: 401, problem: 'not-let-in' })
    expect(await post(bridge, '/api/bearer', {}, { cookie })).toMatchObject({ status: 400, problem: 'bad-request' })
    expect(await post(bridge, '/api/commands', list, { cookie })).toMatchObject({ status: 401, problem: 'not-let-in' })
  })

  test('with a secret and the cookie of another browser is refused', async () => {
    const { bridge } = await openTestBridge()
    const one = await letIn(bridge)
    const other = await letIn(bridge)
    const answer = await post(bridge, '/api/bearer', { secret: one.secret }, { cookie: other.cookie })
    expect(answer).toMatchObject({ status: 401, problem: 'not-let-in' })
    const mixed = { cookie: other.cookie, authorization: `Bearer ${one.bearer}` }
    expect(await post(bridge, '/api/commands', list, mixed)).toMatchObject({ status: 401 })
  })

  test('that brings its cookie from a page of another port is refused', async () => {
    const { bridge } = await openTestBridge()
    const { cookie, secret } = await letIn(bridge)
    const headers = { cookie, origin: `http://localhost:${bridge.port + 1}`, 'sec-fetch-site': 'same-site' }
    expect(await post(bridge, '/api/bearer', { secret }, headers)).toMatchObject({
      status: 403,
      problem: 'foreign-origin',
    })
  })

  test('that logs in again takes the place of its old session', async () => {
    const { bridge } = await openTestBridge()
    const { cookie, headers } = await letIn(bridge)
    await letIn(bridge, { cookie })
    expect(await post(bridge, '/api/commands', list, headers)).toMatchObject({ status: 401 })
    const answer = await post(bridge, '/api/commands', list, terminalHeaders(bridge))
    expect(JSON.parse(answer.text).sessions).toHaveLength(1)
  })
})

describe('a login code', () => {
  test('lets in once and not twice', async () => {
    const { bridge } = await openTestBridge()
    const code = codeOf(bridge.createLoginUrl())
    expect(await post(bridge, '/api/session', { code })).toMatchObject({ status: 200 })
    expect(await post(bridge, '/api/session', { code })).toMatchObject({ status: 401, problem: 'code-used' })
  })

  test('lets in for ten minutes and not longer', async () => {
    let time = 1_700_000_000_000
    const { bridge } = await openTestBridge({ now: () => time })
    const codes = [codeOf(bridge.createLoginUrl()), codeOf(bridge.createLoginUrl())]
    time += 10 * 60_000 - 1
    expect(await post(bridge, '/api/session', { code: codes[0] })).toMatchObject({ status: 200 })
    time += 1
    expect(await post(bridge, '/api/session', { code: codes[1] })).toMatchObject({ status: 401, problem: 'code-used' })
  })

  test('can be guessed at ten times a minute', async () => {
    const { bridge } = await openTestBridge()
    const guess = () => post(bridge, '/api/session', { code: 'A'.repeat(43) })
    for (let i = 0; i < 10; i++) expect(await guess()).toMatchObject({ status: 401 })
    expect(await guess()).toMatchObject({ status: 429, problem: 'too-many-requests' })
  })

  test('that is guessed at does not lock out a browser that was let in', async () => {
    const { bridge } = await openTestBridge()
    const { cookie, secret } = await letIn(bridge)
    for (let i = 0; i < 12; i++) await post(bridge, '/api/session', { code: 'A'.repeat(43) })
    for (let i = 0; i < 12; i++) await post(bridge, '/api/bearer', { secret: 'A'.repeat(43) })
    expect(await post(bridge, '/api/bearer', { secret }, { cookie })).toMatchObject({ status: 200 })
  })

  test('is made by a command too, and lets in', async () => {
    const { bridge } = await openTestBridge()
    const answer = await post(bridge, '/api/commands', { type: 'create-login-code' }, terminalHeaders(bridge))
    const { url, expires } = JSON.parse(answer.text) as { url: string; expires: number }
    expect(url).toMatch(new RegExp(`^http://localhost:${bridge.port}/#/login/[A-Za-z0-9_-]{43}$`))
    expect(expires).toBeGreaterThan(Date.now())
    expect(await post(bridge, '/api/session', { code: codeOf(url) })).toMatchObject({ status: 200 })
  })
})

describe("a browser's secret", () => {
  test('can be guessed at ten times a minute', async () => {
    const { bridge } = await openTestBridge()
    const { cookie } = await letIn(bridge)
    const guess = () => post(bridge, '/api/bearer', { secret: 'A'.repeat(43) }, { cookie })
    for (let i = 0; i < 10; i++) expect(await guess()).toMatchObject({ status: 401 })
    expect(await guess()).toMatchObject({ status: 429, problem: 'too-many-requests' })
  })
})

describe('the terminal', () => {
  test('needs its token, and neither cookie nor origin', async () => {
    const { bridge } = await openTestBridge()
    const headers = { 'content-type': 'application/json', ...terminalHeaders(bridge) }
    const asking = { method: 'POST', body: JSON.stringify(list) }
    expect(await ask(bridge, '/api/commands', { ...asking, headers })).toMatchObject({ status: 200 })
    const host = `127.0.0.1:${bridge.port}`
    expect(await ask(bridge, '/api/commands', { ...asking, headers: { ...headers, host } })).toMatchObject({
      status: 200,
    })
    const wrong = { ...headers, authorization: `Bearer ${'A'.repeat(43)}` }
    expect(await ask(bridge, '/api/commands', { ...asking, headers: wrong })).toMatchObject({ status: 403 })
  })

  test('is let in with what fetch sends by itself', async () => {
    const { bridge } = await openTestBridge()
    const headers = { 'content-type': 'application/json', ...terminalHeaders(bridge) }
    const answer = await fetch(`${bridge.url}/api/commands`, { method: 'POST', headers, body: JSON.stringify(list) })
    expect(await answer.json()).toEqual({ sessions: [] })
  })

  test('gets another token at every start', async () => {
    const home = await makeDirectory()
    const tokens = [(await openTestBridge({ home })).bridge.token, (await openTestBridge({ home })).bridge.token]
    expect(tokens[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(tokens[0]).not.toBe(tokens[1])
  })
})
