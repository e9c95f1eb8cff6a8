import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ada, ben, bundle, club, type FakeNode, messageAt, openFakeNode, work } from './fake-node.ts'
import { jsonLinesOf } from './lines.ts'
import { type Ended, parley, startParley } from './parley.ts'

let node: FakeNode

beforeEach(async () => {
  node = await openFakeNode(1_100)
})
afterEach(() => node.close())

async function run(...words: string[]): Promise<Ended> {
  return parley([...words, '--home', node.home])
}

/** The JSON of a command that must succeed and say nothing else. */
async function runJson(...words: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...words, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  return JSON.parse(stdout)
}

describe('with a running node', () => {
  test('rooms are made, joined, shared and listed', async () => {
    const [made, joined, shared, listed] = await Promise.all([
      runJson('room', 'create', 'Book club', '--expires', '7d'),
      runJson('room', 'join', 'parley:join/abc'),
      runJson('room', 'share', 'Book club'),
      runJson('room', 'list'),
    ])
    expect(made).toEqual({ room: club, link: 'http://localhost:7717/#/join/abc' })
    expect(joined).toEqual({ room: work })
    expect(shared).toEqual({ link: 'http://localhost:7717/#/join/def', expires: null })
    expect(listed).toMatchObject({ rooms: [{ id: club, name: 'Book club' }, { id: work }] })
    const create = node.commands.find((command) => command.type === 'create-room')
    expect(create?.expires).toBeGreaterThan(Date.now() + 6.9 * 86_400_000)
  })

  test('a message is sent, also from stdin', async () => {
    expect(await runJson('send', '3fa9', 'hello')).toEqual({ id: `${'d'.repeat(64)}/7` })
    const piped = await parley(['send', 'Book club', '-', '--home', node.home], { input: 'two\nlines\n' })
    expect(piped).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(node.commands).toEqual([
      { type: 'send-message', room: club, text: 'hello' },
      { type: 'send-message', room: club, text: 'two\nlines' },
    ])
  })

  test('a conversation is read whole, in display order, or its newest messages', async () => {
    const [whole, newest] = (await Promise.all([
      runJson('read', 'Book club'),
      runJson('read', club, '--limit', '2'),
    ])) as { messages: { text: string }[] }[]
    expect(whole?.messages.map(({ text }) => text)).toEqual(Array.from({ length: 1_100 }, (_, i) => `message ${i}`))
    expect(newest).toEqual({
      messages: [1_098, 1_099].map((index) => {
        const { id, author, text, time } = messageAt(index)
        return { id, author, text, time }
      }),
      waiting: [{ time: 1_700_000_000_000, text: 'not written yet' }],
    })
  })

  test('a conversation is followed until Ctrl-C', async () => {
    const child = startParley(['read', 'Book club', '--follow', '--limit', '1', '--json', '--home', node.home])
    const next = jsonLinesOf(child)
    expect(await next()).toMatchObject({ messages: [{ text: 'message 1099' }] })
    node.say(messageAt(1_100))
    expect(await next()).toMatchObject({ author: ada, text: 'message 1100' })
    node.say(messageAt(1_101))
    expect(await next()).toMatchObject({ author: ben, text: 'message 1101' })
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  test('following ends with 3 when the node stops', async () => {
    const child = startParley(['read', 'Book club', '--follow', '--limit', '1', '--home', node.home])
    await once(child.stdout, 'data')
    await node.close()
    expect(await once(child, 'close')).toEqual([3, null])
    node = await openFakeNode()
  })

  test('a conversation becomes a file, whole, for its owner, and never over another', async () => {
    const file = join(node.home, 'club.parley')
    expect(await runJson('export', 'Book club', file)).toEqual({ file, bytes: bundle.length })
    expect(await readFile(file)).toEqual(bundle)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const [again, forced] = [await run('export', 'Book club', file), await run('export', '3fa9', file, '--force')]
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('--force')
    expect(forced.code).toBe(0)
    expect((await readdir(node.home)).sort()).toEqual(['club.parley', 'run.json'])
  })

  test('status, sessions and open answer', async () => {
    const [status, sessions, revoked, opened, joined] = await Promise.all([
      runJson('status'),
      runJson('sessions'),
      runJson('sessions', 'revoke', 's1'),
      runJson('open'),
      runJson('open', 'parley:join/abc'),
    ])
    expect(status).toMatchObject({ name: 'Ada', network: 'online', url: node.url })
    expect(sessions).toEqual({ sessions: [{ id: 's1', browser: 'Firefox on Linux', created: 1, lastSeen: 2 }] })
    expect(revoked).toEqual({})
    expect(node.commands).toContainEqual({ type: 'revoke-session', session: 's1' })
    expect(opened).toEqual({ url: `${node.url}/#/login/one` })
    expect(joined).toEqual({ url: `${node.url}/#/join/abc` })
  })

  test('people get the same without JSON, and no control characters of strangers', async () => {
    const [rooms, link] = await Promise.all([run('room', 'list'), run('room', 'create', 'X')])
    expect(rooms.stdout).toContain('Book club')
    expect(rooms.stdout).not.toContain('\u001b')
    expect(link.stdout).toBe('http://localhost:7717/#/join/abc\n')
    expect(link.stderr).toContain('Whoever has this link')
  })

  test('a room that is unclear or unknown is a usage error', async () => {
    const [unclear, unknown] = await Promise.all([run('send', '3f', 'x'), run('send', 'Nobody', 'x')])
    expect(unclear.code).toBe(2)
    expect(unclear.stderr).toContain('could be')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('parley room list')
    expect(node.commands).toEqual([])
  })

  test('what the node refuses is told with its code', async () => {
    node.refuse('join-room', 'link-malformed')
    node.refuse('send-message', 'disk-full')
    const [join_, send] = await Promise.all([run('room', 'join', 'x', '--json'), run('send', '3fa9', 'x', '--json')])
    expect(join_.code).toBe(2)
    expect(JSON.parse(join_.stderr)).toEqual({
      error: { code: 'link-malformed', text: 'This is not a Parley link, or a part of it is missing.' },
    })
    expect(send.code).toBe(3)
    expect(JSON.parse(send.stderr).error.code).toBe('disk-full')
  })

  test('a second start shows the first one and ends well', async () => {
    const [asJson, forPeople] = await Promise.all([runJson('start'), run('start')])
    expect(asJson).toEqual({ url: node.url, port: node.port })
    expect(forPeople.code).toBe(0)
    expect(forPeople.stdout).toContain(`${node.url}/#/login/one`)
    expect(forPeople.stderr).toContain('running already')
  })

  test('a program that does not know our token is not our node', async () => {
    node.forgetToken()
    const { code, stderr } = await run('send', '3fa9', 'x')
    expect(code).toBe(3)
    expect(stderr).toContain('No node is running')
  })
})
