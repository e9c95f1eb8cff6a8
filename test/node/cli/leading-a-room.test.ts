import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ada, ben, club, type FakeNode, firstInvite, openFakeNode } from './fake-node.ts'
import { type Ended, parley } from './parley.ts'

let node: FakeNode

beforeEach(async () => {
  node = await openFakeNode()
})
afterEach(() => node.close())

async function run(...words: string[]): Promise<Ended> {
  return parley([...words, '--home', node.home])
}

/** The JSON of a command that must succeed and say nothing else. */
async function runJson(...words: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...words, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('from the command line', () => {
  test('a room is made with a lobby, asked to be let in to, seen from outside, and left', async () => {
    const [made, joined, listed, left] = await Promise.all([
      run('room', 'create', 'Clinic', '--policy', 'lobby'),
      run('room', 'join', 'parley:join/abc'),
      run('room', 'list'),
      runJson('room', 'leave', 'Book club'),
    ])
    expect(made.stderr).toContain('ask to come in')
    expect(joined.stderr).toContain('Asked to come in')
    expect(listed.stdout).toMatch(/Book club +1 online\n.*you were removed\n$/)
    expect(left).toEqual({ room: club })
    expect(node.commands).toContainEqual({ type: 'create-room', name: 'Clinic', policy: 'lobby', history: 'all' })
    expect(node.commands).toContainEqual({ type: 'leave-room', room: club })
  })

  test('links are made, listed, shown and revoked', async () => {
    const [made, listed, forPeople, shown, revoked] = await Promise.all([
      runJson('invite', 'create', 'Book club', '--role', 'reader', '--uses', '3', '--expires', '7d'),
      runJson('invite', 'list', 'Book club'),
      run('invite', 'list', 'Book club'),
      runJson('invite', 'show', 'Book club', '7C1D'),
      runJson('invite', 'revoke', 'Book club', firstInvite),
    ])
    expect(made).toEqual({ invite: firstInvite, link: 'http://localhost:7717/#/join/ghi' })
    expect(listed).toMatchObject({
      invites: [
        { invite: firstInvite, uses: null },
        { uses: 2, held: false },
      ],
    })
    expect(forPeople.stdout).toMatch(/^7c1d2{8} +for members +used 2 times +no end +made with the room\n/)
    expect(forPeople.stdout).toMatch(/for readers +used 2 of 2 times +no end +by Ben +the link is used up\n$/)
    expect(shown).toEqual({ link: 'http://localhost:7717/#/join/def', expires: null })
    expect(revoked).toEqual({ invite: firstInvite })
    const create = node.commands.find((command) => command.type === 'create-invite')
    expect(create).toMatchObject({ room: club, role: 'reader', uses: 3 })
    expect(create?.expires).toBeGreaterThan(Date.now() + 6.9 * 86_400_000)
    expect(node.commands).toContainEqual({ type: 'share-room', room: club, invite: firstInvite })
    expect(node.commands).toContainEqual({ type: 'revoke-invite', room: club, invite: firstInvite })
  })

  test('a link that is not there, or cannot be, is refused in words', async () => {
    const refused = await Promise.all([
      run('invite', 'show', 'Book club', '7c'),
      run('invite', 'revoke', 'Book club', '9'),
      run('invite', 'create', 'Book club', '--uses', '0'),
      run('invite', 'create', 'Book club', '--role', 'admin'),
    ])
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    expect(refused[1]!.stderr).toContain('parley invite list')
  })

  test('members are listed, let in, given roles and removed', async () => {
    const [listed, forPeople] = await Promise.all([
      runJson('member', 'list', 'Book club'),
      run('member', 'list', 'Book club'),
    ])
    expect(listed).toMatchObject({
      members: [{ identity: ada }, { name: 'Ben' }, {}],
      others: [{ standing: 'banned' }],
    })
    expect(forPeople.stdout).toMatch(/Ada +owner +you\n.*Ben +member +online\n.*waits to be let in/)
    expect(await runJson('member', 'admit', 'Book club', 'f1', '--role', 'reader')).toMatchObject({ role: 'reader' })
    expect(await runJson('member', 'role', 'Book club', 'Ben', 'admin')).toEqual({ identity: ben, role: 'admin' })
    expect(await runJson('member', 'remove', 'Book club', 'bbb', '--ban')).toEqual({ identity: ben, ban: true })
    const said = await run('member', 'remove', 'Book club', 'Ben')
    expect(said).toMatchObject({ code: 0, stdout: 'Ben was removed.\n' })
    expect(said.stderr).toContain('keep what they have read')
    expect(node.commands).toMatchObject([
      { type: 'admit-person', role: 'reader' },
      { type: 'change-role', person: ben, role: 'admin' },
      { type: 'remove-member', person: ben, ban: true },
      { type: 'remove-member', person: ben, ban: false },
    ])
  })

  test('a member who is not there, a role that is none, and what one may not do are refused in words', async () => {
    node.refuse('change-role', 'not-allowed')
    const refused = await Promise.all([
      run('member', 'admit', 'Book club', 'Fay'),
      run('member', 'admit', 'Book club', 'Zoe'),
      run('member', 'role', 'Book club', 'Ben', 'king'),
      run('member', 'role', 'Book club', 'Ben', 'owner'),
    ])
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    expect(refused[0]!.stderr).toContain('could be')
    expect(refused[1]!.stderr).toContain('parley member list')
    expect(refused[2]!.stderr).toContain('reads only')
    expect(refused[3]!.stderr).toContain('You may not do this in this room')
  })
})
