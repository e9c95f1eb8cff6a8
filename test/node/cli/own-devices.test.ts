import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeNode, openFakeNode } from './fake-node.ts'
import { parley } from './parley.ts'

let node: FakeNode

beforeEach(async () => {
  node = await openFakeNode()
})
afterEach(() => node.close())

const run = (...words: string[]) => parley([...words, '--home', node.home])

test('one’s devices are listed, with what tells them apart', async () => {
  const [listed, forPrograms] = await Promise.all([run('device', 'list'), run('device', 'list', '--json')])
  expect(listed.stdout).toMatch(/^Device 1 +Laptop +e{12} +this device +in 2 rooms +last wrote 2023-11-14/)
  expect(listed.stdout).toMatch(/Device 2 +Phone +e10{10} +in 1 room +last wrote .*\n/)
  expect(listed.stdout).toMatch(/Device 3 +e20{10} +revoked +in 0 rooms +wrote nothing that is here\n$/)
  expect(JSON.parse(forPrograms.stdout).devices).toMatchObject([{ self: true }, { number: 2 }, { revoked: true }])
})

test('a device is revoked by its number or the start of its key, and what that does is said', async () => {
  const [byNumber, byKey] = await Promise.all([run('device', 'revoke', '2'), run('device', 'revoke', 'E10', '--json')])
  expect(byNumber.stdout).toBe('Device 2 is revoked. It was written into 2 rooms.\n')
  expect(byNumber.stderr).toContain('What it has, it keeps')
  expect(JSON.parse(byKey.stdout)).toEqual({ device: `e1${'0'.repeat(62)}`, rooms: 2 })
  const command = { type: 'revoke-device', device: `e1${'0'.repeat(62)}` }
  expect(node.commands).toEqual([command, command])
})

test('a device is revoked by the words that are read from a file or stdin', async () => {
  const { code } = await parley(['device', 'revoke', '2', '--from', '-', '--home', node.home], { input: 'my words\n' })
  expect(code).toBe(0)
  expect(node.commands).toEqual([{ type: 'revoke-device', device: `e1${'0'.repeat(62)}`, words: 'my words' }])
})

test('a device that is not meant clearly is not revoked', async () => {
  const refused = await Promise.all([
    run('device', 'revoke', 'f'),
    run('device', 'revoke', 'e'),
    run('device', 'revoke'),
  ])
  expect(refused.map(({ code }) => code)).toEqual([2, 2, 2])
  expect(refused[0]!.stderr).toContain('parley device list')
  node.refuse('revoke-device', 'own-device')
  expect(await run('device', 'revoke', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('another one') })
  expect(node.commands).toEqual([])
})
