import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLinesOf } from '../node/cli/lines.ts'
import { parley, startParley } from '../node/cli/parley.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let folder: string
const ends: (() => void)[] = []

beforeAll(async () => {
  net = await openTestnet()
  folder = await mkdtemp(join(tmpdir(), 'parley-by-command-'))
})
afterAll(async () => {
  for (const end of ends) end()
  await net.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Somebody who has nothing but the command line. Answers what runs a command of theirs. */
async function begin(name: string) {
  const home = join(folder, name)
  const bootstrap = net.bootstrap.map(({ host, port }) => `${host}:${port}`).join()
  const words = [
    'start',
    '--home',
    home,
    '--port',
    '0',
    '--bootstrap',
    bootstrap,
    '--name',
    name,
    '--json',
    '--no-open',
  ]
  const node = startParley(words)
  ends.push(() => node.kill('SIGKILL'))
  await jsonLinesOf(node)()
  return (...command: string[]) => parley([...command, '--home', home])
}

test('a room with a lobby is led from the command line: who knocks is let in, reads, writes, is removed, and is told so', async () => {
  const [ada, ben] = [await begin('Ada'), await begin('Ben')]
  const { link } = JSON.parse((await ada('room', 'create', 'Clinic', '--policy', 'lobby', '--json')).stdout)
  await ada('send', 'Clinic', 'For members only')
  expect((await ben('room', 'join', link)).stderr).toContain('Asked to come in')
  const says = async (person: typeof ada, words: readonly string[], text: RegExp) =>
    until(async () => text.test((await person(...words)).stdout), String(text))
  await says(ada, ['member', 'list', 'Clinic'], /Ben +waits to be let in/)
  await says(ben, ['room', 'list'], /you wait to be let in/)
  expect((await ben('send', 'Clinic', 'Hello?')).code).toBe(2)

  expect(await ada('member', 'admit', 'Clinic', 'Ben', '--role', 'reader')).toMatchObject({ code: 0 })
  await says(ben, ['read', 'Clinic'], /For members only/)
  const refused = await ben('send', 'Clinic', 'May I?')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('You may not write in this room.')
  await ada('member', 'role', 'Clinic', 'Ben', 'member')
  await until(async () => (await ben('send', 'Clinic', 'Now I may')).code === 0, 'Ben to write')
  await says(ada, ['read', 'Clinic'], /Now I may/)

  await ada('member', 'remove', 'Clinic', 'Ben')
  await says(ben, ['room', 'list'], /you were removed/)
  await ada('send', 'Clinic', 'Without Ben')
  expect((await ben('read', 'Clinic')).stdout).not.toContain('Without Ben')
  await says(ada, ['member', 'list', 'Clinic'], /Ben +was removed/)
})
