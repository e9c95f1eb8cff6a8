import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ada, ben, bundle, club, type FakeNode, messageAt, openFakeNode, partial, words, work } from './fake-node.ts'
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

  test('a message to a room that one is out of, as others say, is kept, and that is told', async () => {
    const { code, stderr } = await run('send', '3fb0', 'x')
    expect([code, stderr]).toEqual([0, expect.stringContaining('nobody may get it: you were removed')])
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
      unreadable: 0,
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
    // It may end before the node has.
    const ended = once(child, 'close')
    await node.close()
    expect(await ended).toEqual([3, null])
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

  test('a conversation becomes a file with the keys of headers alone', async () => {
    const file = join(node.home, 'headers.parley')
    const { code, stderr } = await run('export', 'Book club', file, '--keys', 'headers')
    expect(code).toBe(0)
    expect(stderr).toContain('no message')
    expect(await readFile(file)).toEqual(partial)
    expect((await run('export', 'Book club', file, '--force', '--keys', 'some')).code).toBe(2)
  })

  test('chosen messages become a file, each once, and never over another', async () => {
    const file = join(node.home, 'three.parley')
    const [one, two] = [messageAt(1).id, messageAt(2).id]
    const words = ['excerpt', 'Book club', file, '--message', one, two, '--message', one.toUpperCase()]
    const made = await runJson(...words)
    const content = `excerpt of ${one},${two}`
    expect(made).toEqual({ file, bytes: content.length, messages: 2 })
    expect(await readFile(file, 'utf8')).toBe(content)
    const refused = await Promise.all([
      run(...words),
      run('excerpt', 'Book club', join(node.home, 'none.parley')),
      run('excerpt', 'Book club', join(node.home, 'none.parley'), '--message', 'the first one'),
    ])
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2])
    expect(refused[2]!.stderr).toContain('not “the first one”')
    expect((await readdir(node.home)).sort()).toEqual(['run.json', 'three.parley'])
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

  test('people are listed, compared, confirmed and named', async () => {
    const [listed, forPeople, compared] = await Promise.all([
      runJson('person', 'list'),
      run('person', 'list'),
      run('person', 'compare', 'bbb'),
    ])
    expect(listed).toMatchObject({
      people: [
        { identity: ben, name: 'Ben' },
        { name: 'Boss', chosenName: 'Ben' },
      ],
    })
    expect(forPeople.stdout).toMatch(/Boss +calls themselves Ben +confirmed 1970-01-01 \S+ +direct in calls/)
    expect(compared.stdout).toMatch(/^(\d{5} {2}){3}\d{5}\n/)
    expect(await runJson('person', 'confirm', 'Boss')).toMatchObject({ confirmed: true })
    expect(await runJson('person', 'confirm', 'bbb', '--undo')).toEqual({ identity: ben, confirmed: false })
    expect(await runJson('person', 'name', 'bbb', 'Ben from work')).toEqual({ identity: ben, name: 'Ben from work' })
    expect(await runJson('person', 'name', 'Boss', '--clear')).toMatchObject({ name: null })
    expect(await runJson('person', 'direct', 'bbb')).toEqual({ identity: ben, direct: true })
    expect(await runJson('person', 'direct', 'Boss', '--undo')).toMatchObject({ direct: false })
    expect(node.commands.slice(1)).toMatchObject([
      { type: 'confirm-person', confirmed: true },
      { type: 'confirm-person', identity: ben, confirmed: false },
      { type: 'name-person', identity: ben, name: 'Ben from work' },
      { type: 'name-person', name: null },
      { type: 'set-direct-path', identity: ben, direct: true },
      { type: 'set-direct-path', direct: false },
    ])
    const [unclear, unknown, nothing] = await Promise.all([
      run('person', 'compare', 'Ben'),
      run('person', 'compare', 'Zoe'),
      run('person', 'name', 'bbb'),
    ])
    expect([unclear.code, unknown.code, nothing.code]).toEqual([2, 2, 2])
    expect(unclear.stderr).toContain('could be')
    expect(unknown.stderr).toContain('parley person list')
  })

  test('an identity is restored from words in a file or in stdin, never from the command line', async () => {
    const file = join(node.home, 'words')
    await writeFile(file, `${words.join(' ')}\n`)
    expect(await runJson('identity', 'restore', '--from', file)).toEqual({ identity: ada })
    const piped = await parley(['identity', 'restore', '--from', '-', '--home', node.home], { input: 'a b c' })
    expect(piped.code).toBe(0)
    expect(piped.stderr).toContain('ask somebody of each room for a link')
    // Before that, each looks whether a node is there.
    expect(node.commands.filter(({ type }) => type !== 'list-sessions')).toEqual([
      { type: 'read-recovery-words', words: words.join(' ') },
      { type: 'restore-identity', words: words.join(' ') },
      { type: 'read-recovery-words', words: 'a b c' },
      { type: 'restore-identity', words: 'a b c' },
    ])
    const [nobody, argument] = await Promise.all([run('identity', 'restore'), run('identity', 'restore', 'a b c')])
    expect([nobody.code, argument.code]).toEqual([2, 2])
    expect(nobody.stderr).toContain('--from FILE')
  })

  test('the recovery words are shown, and removed only when that is asked for', async () => {
    const [shown, forPeople, who] = await Promise.all([
      runJson('identity', 'words'),
      run('identity', 'words'),
      runJson('identity', 'show'),
    ])
    expect(shown).toEqual({ words })
    expect(forPeople.code).toBe(0)
    expect(forPeople.stdout).toMatch(/ 1\. word1 +2\. word2[\s\S]*24\. word24/)
    expect(forPeople.stderr).toContain('Whoever has these words is you')
    expect(who).toMatchObject({ name: 'Ada', identity: ada, wordsKept: true })
    expect(node.commands.map(({ type }) => type)).not.toContain('forget-recovery-words')
    expect(await runJson('identity', 'words', '--written-down')).toEqual({})
    expect(node.commands.at(-1)).toEqual({ type: 'forget-recovery-words' })
    node.refuse('show-recovery-words', 'words-gone')
    const gone = await run('identity', 'words', '--json')
    expect(gone.code).toBe(2)
    expect(JSON.parse(gone.stderr).error.code).toBe('words-gone')
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
