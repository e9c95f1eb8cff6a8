import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOf, letIn, makeDirectory, openTab, openTestBridge, post, terminalHeaders } from './open-test-bridge.ts'

const list = { type: 'list-sessions' }

describe('sessions', () => {
  test('survive a restart, with nothing in the file that lets anybody in', async () => {
    const home = await makeDirectory()
    const { bridge } = await openTestBridge({ home })
    const { port } = bridge
    const { cookie, secret, bearer } = await letIn(bridge)
    const code = codeOf(bridge.createLoginUrl())
    await bridge.close()

    const path = join(home, 'sessions.json')
    expect(await readdir(home)).toEqual(['sessions.json'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const text = await readFile(path, 'utf8')
    for (const clear of [cookie.split('=')[1]!, secret, bearer, code, bridge.token]) expect(text).not.toContain(clear)

    const again = await openTestBridge({ home, port })
    expect(again.bridge.port).toBe(port)
    const old = { cookie, authorization: `Bearer ${bearer}` }
    expect(await post(again.bridge, '/api/commands', list, old)).toMatchObject({ status: 401 })
    const { headers } = await openTab(again.bridge, cookie, secret)
    expect(await post(again.bridge, '/api/commands', list, headers)).toMatchObject({ status: 200 })
  })

  test('are listed in plain words', async () => {
    const { bridge } = await openTestBridge({ now: () => 1_700_000_000_000 })
    const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 <script>'
    const { headers } = await letIn(bridge, { 'user-agent': agent })
    const { text } = await post(bridge, '/api/commands', list, headers)
    const session = { id: expect.stringMatching(/^[0-9a-f]{32}$/), browser: 'Firefox on Linux' }
    const times = { created: 1_700_000_000_000, lastSeen: 1_700_000_000_000 }
    expect(JSON.parse(text)).toEqual({ sessions: [{ ...session, ...times }] })
  })

  test('end when they are revoked', async () => {
    const { bridge } = await openTestBridge()
    const { cookie, secret, headers } = await letIn(bridge)
    const { text } = await post(bridge, '/api/commands', list, headers)
    const revoke = { type: 'revoke-session', session: JSON.parse(text).sessions[0].id }
    expect(await post(bridge, '/api/commands', revoke, terminalHeaders(bridge))).toMatchObject({ status: 200 })
    expect(await post(bridge, '/api/commands', list, headers)).toMatchObject({ status: 401 })
    expect(await post(bridge, '/api/bearer', { secret }, { cookie })).toMatchObject({ status: 401 })
    const again = await post(bridge, '/api/commands', revoke, terminalHeaders(bridge))
    expect(again).toMatchObject({ status: 404, problem: 'no-such-session' })
  })

  test('are at most 32, and the one unseen longest goes first', async () => {
    let time = 1_700_000_000_000
    const { bridge } = await openTestBridge({ now: () => time++ })
    const first = await letIn(bridge)
    const second = await letIn(bridge)
    await openTab(bridge, first.cookie, first.secret)
    for (let i = 0; i < 31; i++) await letIn(bridge)
    expect(await post(bridge, '/api/commands', list, first.headers)).toMatchObject({ status: 200 })
    expect(await post(bridge, '/api/commands', list, second.headers)).toMatchObject({ status: 401 })
  })

  test('are forgotten when their file is damaged, and the bridge opens', async () => {
    const home = await makeDirectory()
    await writeFile(join(home, 'sessions.json'), '{"version":1,"sessions":[{"id":"../../x"}]}')
    const { bridge } = await openTestBridge({ home })
    const { text } = await post(bridge, '/api/commands', list, terminalHeaders(bridge))
    expect(JSON.parse(text)).toEqual({ sessions: [] })
  })

  test('that cannot be written let nobody in, and say so', async () => {
    const home = join(await makeDirectory(), 'file')
    await writeFile(home, '')
    const { bridge } = await openTestBridge({ home })
    const answer = await post(bridge, '/api/session', { code: codeOf(bridge.createLoginUrl()) })
    expect(answer).toMatchObject({ status: 500, problem: 'storage-failing' })
    expect(answer.text).not.toContain(home)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})
