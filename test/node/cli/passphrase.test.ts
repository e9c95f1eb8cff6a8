import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyVault, type VaultContent } from '../../../node/storage/key-vault.ts'
import { parley } from './parley.ts'

const content: VaultContent = {
  words: 'abandon',
  deviceSeed: '1'.repeat(64),
  networkSeed: '2'.repeat(64),
  viewKey: '3'.repeat(64),
  keyStoreKey: '4'.repeat(64),
  identity: '',
  name: 'Ada',
  rooms: [],
  ownRoom: { genesis: '', secret: '', inviteSeed: '', name: 'laptop' },
  contacts: [],
}
const secret = content.deviceSeed
let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-passphrase-'))
  await openKeyVault(home, undefined, () => content)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const vaultText = () => readFile(join(home, 'vault.json'), 'utf8')

test('a passphrase from a file locks the keys, a wrong one does not open them, the right one unlocks them', async () => {
  const [right, wrong] = [join(home, 'right'), join(home, 'wrong')]
  await writeFile(right, 'correct horse\n')
  await writeFile(wrong, 'battery staple\n')
  expect(await vaultText()).toContain(secret)

  const set = await parley(['passphrase', 'set', '--home', home, '--json'], { env: { PARLEY_PASSPHRASE_FILE: right } })
  expect(set).toEqual({ code: 0, stdout: '{}\n', stderr: '' })
  expect(await vaultText()).not.toContain(secret)

  const [again, refused, nobody] = await Promise.all([
    parley(['passphrase', 'set', '--home', home], { env: { PARLEY_PASSPHRASE_FILE: wrong } }),
    parley(['passphrase', 'remove', '--home', home], { env: { PARLEY_PASSPHRASE_FILE: wrong } }),
    parley(['passphrase', 'remove', '--home', home, '--json']),
  ])
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('locked already')
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('does not open')
  expect(nobody.code).toBe(3)
  expect(JSON.parse(nobody.stderr).error.code).toBe('vault/passphrase-needed')
  expect(await vaultText()).not.toContain(secret)

  const removed = await parley(['passphrase', 'remove', '--home', home], { env: { PARLEY_PASSPHRASE_FILE: right } })
  expect(removed.code).toBe(0)
  expect(await vaultText()).toContain(secret)
})
