import { describe, expect, test } from 'vitest'
import { ask, openTestBridge } from './open-test-bridge.ts'

describe('the page', () => {
  test('is public, never cached, and its hashed files are cached for ever', async () => {
    const { bridge } = await openTestBridge()
    const page = await ask(bridge, '/')
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Parley') })
    expect(page.headers).toMatchObject({
      'content-type': expect.stringContaining('text/html'),
      'cache-control': 'no-store',
    })
    const script = await ask(bridge, '/assets/index-D4e5F6.js')
    expect(script).toMatchObject({ status: 200, text: 'export {}' })
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await ask(bridge, '/favicon.svg')).headers['cache-control']).toBe('no-cache')
    expect(await ask(bridge, '/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })

  test('may do what this policy allows and nothing else', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await ask(bridge, '/')
    expect(String(headers['content-security-policy']).split(';')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "style-src-attr 'unsafe-inline'",
      "img-src 'self' blob: data:",
      "media-src 'self' blob:",
      `connect-src 'self' ws://localhost:${bridge.port}`,
      "font-src 'self'",
      "worker-src 'self'",
      "manifest-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "object-src 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types vue dompurify parley',
    ])
  })

  test('cannot be put into a frame, opened beside another site, or embedded', async () => {
    const { bridge } = await openTestBridge()
    for (const path of ['/', '/assets/index-D4e5F6.js', '/nowhere', '/healthz', '/api/openapi.json']) {
      const { headers } = await ask(bridge, path)
      expect(headers, path).toMatchObject({
        'x-frame-options': 'DENY',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self)',
      })
      expect(headers).not.toHaveProperty('strict-transport-security')
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })

  test('opens from a link on any site, but not inside it', async () => {
    const { bridge } = await openTestBridge()
    const from = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect(await ask(bridge, '/', { headers: { ...from, 'sec-fetch-dest': 'document' } })).toMatchObject({
      status: 200,
    })
    expect(await ask(bridge, '/', { headers: { ...from, 'sec-fetch-dest': 'iframe' } })).toMatchObject({ status: 403 })
    const load = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }
    expect(await ask(bridge, '/assets/index-D4e5F6.js', { headers: load })).toMatchObject({ status: 403 })
    const api = { ...from, 'sec-fetch-dest': 'document' }
    for (const path of ['/healthz', '/api/openapi.json', '/%61pi/openapi.json']) {
      expect(await ask(bridge, path, { headers: api }), path).toMatchObject({ status: 403, problem: 'foreign-origin' })
    }
  })

  test('moves from 127.0.0.1 and ::1 to localhost', async () => {
    const { bridge } = await openTestBridge()
    for (const name of ['127.0.0.1', '[::1]']) {
      const headers = { host: `${name}:${bridge.port}` }
      const answer = await ask(bridge, '/?a=1', { headers })
      expect(answer).toMatchObject({ status: 307, headers: { location: `${bridge.url}/?a=1` } })
      const slashes = await ask(bridge, '//evil.example/', { headers })
      expect(slashes.headers.location ?? bridge.url).toMatch(new RegExp(`^${bridge.url}(/|$)`))
      expect(await ask(bridge, '/healthz', { headers })).toMatchObject({ status: 200 })
    }
  })

  test.each([
    '/../private.txt',
    '/%2e%2e/private.txt',
    '/%2e%2e%2fprivate.txt',
    '/..%2fprivate.txt',
    '/..%5cprivate.txt',
    '/..\\private.txt',
    '/assets/../../private.txt',
    '/assets/%2e%2e/%2e%2e/private.txt',
    '/%252e%252e/private.txt',
    '/....//private.txt',
    '//private.txt',
    '/index.html%00.js',
    '/%00',
    '/%',
    '/%c0%ae%c0%ae/private.txt',
    '/.hidden',
    '/assets/',
    '/nowhere',
    '/login/abc',
    '/api/nowhere',
  ])('does not lead out of its folder: %s', async (path) => {
    const { bridge } = await openTestBridge()
    const answer = await ask(bridge, path)
    expect(answer.text).not.toContain('not for the page')
    expect([400, 403, 404]).toContain(answer.status)
    expect(answer.problem).toMatch(/^(not-found|bad-request)$/)
    expect(answer.text).not.toContain('private')
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
  })
})
