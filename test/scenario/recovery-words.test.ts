import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changePassphrase } from '../../node/storage/key-vault.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

/** Files of a home that hold three of the words in a row. */
async function filesWith(words: readonly string[], home: string): Promise<string[]> {
  const rows = words.slice(2).map((_, i) => words.slice(i, i + 3).join(' '))
  const files = await readdir(home, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const file of files.filter((each) => each.isFile())) {
    const text = await readFile(join(file.parentPath, file.name), 'latin1').catch(() => '')
    if (rows.some((row) => text.includes(row))) found.push(file.name)
  }
  return found.sort()
}

describe('the recovery words', () => {
  test('are shown to whoever asks for them, until they are written down, and then are nowhere', async () => {
    const ada = await net.open('Ada')
    expect(ada.status().wordsKept).toBe(true)
    const { words } = await ada.run('show-recovery-words', {})
    expect(words).toHaveLength(24)
    expect(await filesWith(words, ada.home)).toEqual(['vault.json', 'vault.json.copy'])

    await ada.run('forget-recovery-words', {})
    expect(ada.status().wordsKept).toBe(false)
    await expect(ada.run('show-recovery-words', {})).rejects.toMatchObject({ code: 'words-gone' })
    expect(await filesWith(words, ada.home)).toEqual([])
    await ada.run('forget-recovery-words', {})
    const { identity } = ada.status()
    await ada.close()

    const again = await net.open('Ada')
    expect(again.status()).toMatchObject({ identity, wordsKept: false })
    await again.run('create-room', { name: 'Book club' })
    expect(await filesWith(words, again.home)).toEqual([])
  })

  test('go from keys that are locked, too', async () => {
    await (await net.open('Ada')).close()
    await changePassphrase(net.home('Ada'), null, 'correct horse')
    const options = { passphrase: async () => 'correct horse' }
    const ada = await net.open('Ada', options)
    await ada.run('forget-recovery-words', {})
    await ada.close()
    await changePassphrase(net.home('Ada'), 'correct horse', null)
    expect(JSON.parse(await readFile(join(ada.home, 'vault.json'), 'utf8')).content.words).toBeNull()
  })

  test('stand in no view and no log of the program', async () => {
    const lines: string[] = []
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
    const ada = await net.open('Ada', { log })
    const { room } = await ada.run('create-room', { name: 'Book club' })
    const { words } = await ada.run('show-recovery-words', {})
    await ada.run('forget-recovery-words', {})
    const said = JSON.stringify([lines, ada.status(), ada.rooms(), ada.room(room), ada.timeline(room)])
    for (const [i, word] of words.slice(1).entries()) expect(said).not.toContain(`${words[i]} ${word}`)
  })
})
