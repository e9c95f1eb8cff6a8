import { describe, expect, test } from 'vitest'
import { commands } from '../../../node/api/commands.ts'
import { Problem } from '../../../node/api/problems.ts'
import { ask, letIn, openTestBridge, post, room, terminalHeaders } from './open-test-bridge.ts'

describe('a command', () => {
  test('answers its result as JSON', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const answer = await post(bridge, '/api/commands', { type: 'send-message', room, text: 'hello' }, headers)
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.parse(answer.text)).toEqual({ id: `${room}/0` })
  })

  test.each([
    ['of an unknown name', '{"type":"drop-everything"}'],
    ['without a name', '{}'],
    ['with an unknown field', '{"type":"set-name","name":"Ada","admin":true}'],
    ['with a field missing', '{"type":"set-name"}'],
    ['with a field of another type', '{"type":"set-name","name":["Ada"]}'],
    ['with a field that is too long', JSON.stringify({ type: 'set-name', name: 'a'.repeat(65) })],
    ['with a room that is none', '{"type":"share-room","room":"../../etc/passwd"}'],
    ['that sets __proto__', '{"type":"set-name","name":"Ada","__proto__":{"admin":true}}'],
    ['that is named __proto__', '{"type":"__proto__"}'],
    ['that is named constructor', '{"type":"constructor"}'],
    ['that sets constructor.prototype', '{"type":"set-name","name":"Ada","constructor":{"prototype":{"admin":true}}}'],
    ['that sets constructor', '{"type":"set-name","name":"Ada","constructor":"x"}'],
    ['that is an array', '[{"type":"set-name","name":"Ada"}]'],
    ['that is null', 'null'],
    ['that is text', '"set-name"'],
    ['that is no JSON', '{"type":'],
    ['that is empty', ''],
  ])('%s is refused', async (_title, body) => {
    const { bridge, told } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const answer = await post(bridge, '/api/commands', body, headers)
    expect(answer).toMatchObject({ status: 400, problem: 'bad-request' })
    expect(told).toEqual([])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('that is refused names the field, and never repeats what was sent', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const flawed = await post(
      bridge,
      '/api/commands',
      { type: 'send-message', room: 'secret words', text: 'x' },
      headers,
    )
    expect(JSON.parse(flawed.text).detail).toBe('Look at "room".')
    expect(flawed.text).not.toContain('secret words')
    const more = await post(bridge, '/api/commands', { type: 'mark-read', room, 'secret words': 1 }, headers)
    expect(more.text).not.toContain('secret words')
  })

  test('of more than 128 KiB is refused', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const text = 'a'.repeat(128 * 1_024)
    const answer = await post(bridge, '/api/commands', { type: 'send-message', room, text }, headers)
    expect(answer).toMatchObject({ status: 413, problem: 'too-large' })
  })

  test('that the node refuses answers the problem', async () => {
    const { bridge, failWith } = await openTestBridge()
    failWith(new Problem('no-name', 'Please.'))
    const answer = await post(bridge, '/api/commands', { type: 'mark-read', room }, terminalHeaders(bridge))
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(answer.text)).toEqual({
      type: 'no-name',
      status: 409,
      title: 'Say first how you want to be called.',
      detail: 'Please.',
    })
  })

  test('that fails answers nothing of the failure, and the log has its place and not its words', async () => {
    const { bridge, failWith, logged } = await openTestBridge()
    const { headers, bearer, cookie, secret } = await letIn(bridge)
    failWith(new TypeError('cannot read "meet me at noon" from parley://join/secret'))
    const answer = await post(bridge, '/api/commands', { type: 'send-message', room, text: 'meet me at noon' }, headers)
    expect(answer).toMatchObject({ status: 500, problem: 'internal' })
    expect(answer.text).not.toMatch(/noon|TypeError/)
    const log = logged.join('')
    expect(log).toContain('"name":"TypeError"')
    expect(log).toContain('commands.test.ts')
    for (const word of ['noon', 'parley://', bearer, cookie, secret, bridge.token]) expect(log).not.toContain(word)
  })
})

describe('a bundle', () => {
  const path = `/api/rooms/${room}/bundle`

  test('is a download that no browser shows', async () => {
    const { bridge } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const answer = await ask(bridge, path, { headers })
    expect(answer).toMatchObject({ status: 200, text: '\u0001\u0002\u0003' })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="parley-${room.slice(0, 16)}.parley"`,
      'content-length': '3',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
  })

  test('is refused without a bearer, for another room and for no room', async () => {
    const { bridge } = await openTestBridge()
    const { headers, cookie } = await letIn(bridge)
    expect(await ask(bridge, path, { headers: { cookie } })).toMatchObject({ status: 401, problem: 'not-let-in' })
    const other = `/api/rooms/${'00'.repeat(32)}/bundle`
    expect(await ask(bridge, other, { headers })).toMatchObject({ status: 404, problem: 'no-such-room' })
    for (const wrong of ['..%2f..%2fetc%2fpasswd', 'x', '%00', 'A'.repeat(64)]) {
      const answer = await ask(bridge, `/api/rooms/${wrong}/bundle`, { headers })
      expect(answer.problem, wrong).toBe('bad-request')
    }
  })
})

test('a bundle withholds what it is asked to withhold', async () => {
  const { bridge, exported } = await openTestBridge()
  const { headers } = await letIn(bridge)
  for (const keys of ['', '?keys=all', '?keys=headers', '?keys=none']) {
    expect(await ask(bridge, `/api/rooms/${room}/bundle${keys}`, { headers })).toMatchObject({ status: 200 })
  }
  expect(exported).toEqual(['all', 'all', 'headers', 'none'])
  for (const wrong of ['?keys=some', '?key=none', '?keys=none&keys=all']) {
    expect((await ask(bridge, `/api/rooms/${room}/bundle${wrong}`, { headers })).problem).toBe('bad-request')
  }
})

describe('an excerpt', () => {
  const path = `/api/rooms/${room}/excerpt`
  const messages = [`${'cd'.repeat(32)}/4`, `${'cd'.repeat(32)}/7`]

  test('is a download of the messages that were asked for', async () => {
    const { bridge, exported } = await openTestBridge()
    const { headers } = await letIn(bridge)
    const answer = await post(bridge, path, { messages }, headers)
    expect(answer).toMatchObject({ status: 200, text: '\u0004\u0005' })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="parley-${room.slice(0, 16)}-excerpt.parley"`,
      'cache-control': 'no-store',
    })
    expect(exported).toEqual([messages])
  })

  test('is refused without a bearer, for another room, and for what names no message', async () => {
    const { bridge } = await openTestBridge()
    const { headers, cookie } = await letIn(bridge)
    expect(await post(bridge, path, { messages }, { cookie })).toMatchObject({ status: 401, problem: 'not-let-in' })
    const other = `/api/rooms/${'00'.repeat(32)}/excerpt`
    expect(await post(bridge, other, { messages }, headers)).toMatchObject({ status: 404, problem: 'no-such-room' })
    const tooMany = Array.from({ length: 1_001 }, (_, i) => `${'cd'.repeat(32)}/${i}`)
    for (const wrong of [[], ['x'], [`${'cd'.repeat(32)}/-1`], [`${'CD'.repeat(32)}/1`], tooMany, 'cd', null]) {
      expect((await post(bridge, path, { messages: wrong }, headers)).problem).toBe('bad-request')
    }
  })
})

describe('the description', () => {
  test('lists every command and every route, and is only for those who are let in', async () => {
    const { bridge } = await openTestBridge()
    expect(await ask(bridge, '/api/openapi.json')).toMatchObject({ status: 401 })
    const answer = await ask(bridge, '/api/openapi.json', { headers: terminalHeaders(bridge) })
    const description = JSON.parse(answer.text)
    expect(Object.keys(description.paths).toSorted()).toEqual([
      '/api/bearer',
      '/api/commands',
      '/api/rooms/{room}/bundle',
      '/api/rooms/{room}/excerpt',
      '/api/session',
      '/healthz',
    ])
    const { requestBody, responses } = description.paths['/api/commands'].post
    const bodies: { title: string; required: string[]; additionalProperties: boolean }[] =
      requestBody.content['application/json'].schema.anyOf
    expect(bodies.map(({ title }) => title)).toEqual(Object.keys(commands))
    for (const body of bodies)
      expect(body).toMatchObject({ additionalProperties: false, description: expect.any(String) })
    const results: { title: string }[] = responses['200'].content['application/json'].schema.anyOf
    expect(results.map(({ title }) => title)).toEqual(Object.keys(commands))
  })
})

describe('healthz', () => {
  test('says ok and nothing else, to anybody', async () => {
    const { bridge } = await openTestBridge()
    const answer = await ask(bridge, '/healthz')
    expect(answer).toMatchObject({ status: 200, text: 'ok' })
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })
})
