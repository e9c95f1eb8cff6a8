import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VaultContent } from '../../node/storage/key-vault.ts'
import { copyHome } from '../support/disk.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let ada: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
})
afterEach(() => net.close())

const home = () => net.home('Ada')
const logOf = (id: string) => id.split('/')[0]!

/** What a machine leaves behind that lost its power: no word that all is on disk, and another boot. */
const cutPower = (name = 'Ada') =>
  writeFile(join(net.home(name), 'store-mark.json'), '{"version":1,"boot":"another","clean":false,"copied":false}\n')

const readVault = async (): Promise<VaultContent> =>
  JSON.parse(await readFile(join(home(), 'vault.json'), 'utf8')).content

/** The database of the logs only: their place on disk is not told apart from before. */
async function copyLogs(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true })
}

async function expectOneHistory(): Promise<void> {
  expect(ada.room(room).troubles).toEqual([])
  expect(ben.room(room).troubles).toEqual([])
  for (const person of [ada, ben]) {
    const { report } = await person.verify(room)
    expect(report.checks.filter(({ outcome }) => outcome === 'failed' || outcome === 'found')).toEqual([])
  }
  expect(ada.room(room).members.map(({ name, devices }) => [name, devices])).toEqual([
    ['Ada', 1],
    ['Ben', 1],
  ])
}

describe('a home that is restored from a backup', () => {
  test('goes on in another log, gets back what was written since, and forks nothing', async () => {
    const first = await ada.send(room, 'Before the backup')
    await ada.close()
    const backup = net.home('backup')
    await copyHome(home(), backup)
    ada = await net.open('Ada')
    await ada.send(room, 'After the backup')
    await untilAllShow([ben], room, ['Before the backup', 'After the backup'])
    await ada.close()
    await rm(home(), { recursive: true })
    await rename(backup, home())

    ada = await net.open('Ada')
    const again = await ada.send(room, 'Back again')
    expect(logOf(again)).not.toBe(logOf(first))
    await ben.send(room, 'Good')
    const all = ['Before the backup', 'After the backup', 'Back again', 'Good']
    for (const person of [ada, ben]) {
      await until(() => person.texts(room).length === all.length, `all at ${person.name}`)
      expect(person.texts(room).toSorted()).toEqual(all.toSorted())
    }
    await expectOneHistory()
    // It stays in that log from then on, and says in it what it wants to be called.
    await ada.run('set-name', { name: 'Ada' })
    await ada.close()
    ada = await net.open('Ada')
    expect(logOf(await ada.send(room, 'Still here'))).toBe(logOf(again))
    await until(() => ben.texts(room).includes('Still here'))
    await expectOneHistory()
  })

  test('and used beside the original never writes into its log', async () => {
    const first = await ada.send(room, 'The original')
    await ada.close()
    await copyHome(home(), net.home('Copy'))
    const copy = await net.open('Copy')
    const copied = await copy.send(room, 'The copy')
    await copy.close()
    ada = await net.open('Ada')
    const second = await ada.send(room, 'The original again')
    expect([logOf(second), logOf(copied) === logOf(first)]).toEqual([logOf(first), false])
    // Others seal to a device, and by what its last log says: so to the copy.
    await until(() => ben.texts(room).length === 3 && ada.texts(room).length === 2)
    await until(() => ada.room(room).unreadable === 1, 'that it is said of what the copy wrote')
    await expectOneHistory()
  })
})

describe('after a power cut', () => {
  test('a node goes on in its log when a peer knows no more of it', async () => {
    const first = await ada.send(room, 'Before')
    await untilAllShow([ben], room, ['Before'])
    await ada.close()
    await cutPower()
    ada = await net.open('Ada')
    expect(logOf(await ada.send(room, 'After'))).toBe(logOf(first))
    await untilAllShow([ada, ben], room, ['Before', 'After'])
    await expectOneHistory()
  })

  test('what the disk has lost comes back first, and the log goes on behind it', async () => {
    await ada.close()
    const kept = net.home('kept')
    await mkdir(kept)
    await copyLogs(join(home(), 'logs/db'), join(kept, 'db'))
    ada = await net.open('Ada')
    const lost = await ada.send(room, 'Lost here')
    await untilAllShow([ben], room, ['Lost here'])
    await ada.close()
    await copyLogs(join(kept, 'db'), join(home(), 'logs/db'))
    await cutPower()

    ada = await net.open('Ada')
    const [log, index] = lost.split('/')
    expect(await ada.send(room, 'After')).toBe(`${log}/${Number(index) + 1}`)
    await untilAllShow([ada, ben], room, ['Lost here', 'After'])
    await expectOneHistory()
  })

  test('and nobody there, messages wait in sight, and are written into another log, in order, which the first who comes gets', async () => {
    const first = await ada.send(room, 'Before')
    await untilAllShow([ben], room, ['Before'])
    await ada.close()
    await ben.close()
    await cutPower()
    ada = await net.open('Ada')
    const sending = ['One', 'Two', 'Three'].map((text) => ada.send(room, text))
    await until(() => ada.room(room).waiting.length === 3, 'that they wait')
    expect(ada.room(room).waiting.map(({ text }) => text)).toEqual(['One', 'Two', 'Three'])
    expect(ada.texts(room)).toEqual(['Before'])
    const ids = await Promise.all(sending)
    expect(new Set(ids.map(logOf)).size).toBe(1)
    expect(logOf(ids[0]!)).not.toBe(logOf(first))
    expect(ada.room(room).waiting).toEqual([])
    ben = await net.open('Ben')
    await untilAllShow([ada, ben], room, ['Before', 'One', 'Two', 'Three'])
    await expectOneHistory()
  })

  test('and a kill -9 while messages wait, all are written once, in order, at the next start', async () => {
    await ada.close()
    await ben.close()
    await cutPower()
    const killed = await net.start('Ada')
    for (const text of ['One', 'Two']) killed.run('send-message', { room, text }).catch(() => {})
    const outbox = await until(async () => {
      const [kept] = (await readVault()).rooms
      return kept!.outbox?.length === 2 ? kept!.outbox : null
    }, 'that they are safe')
    await killed.kill()
    const texts = outbox.map(({ text }) => text)

    ada = await net.open('Ada')
    expect(ada.room(room).waiting.map(({ text }) => text)).toEqual(texts)
    ben = await net.open('Ben')
    await untilAllShow([ada, ben], room, texts)
    expect(ada.room(room).waiting).toEqual([])
    await ada.close()
    ada = await net.open('Ada')
    await ada.send(room, 'Three')
    await untilAllShow([ada, ben], room, [...texts, 'Three'])
    await expectOneHistory()
  })
})

test('a message that was written just before a node was killed is not written again', async () => {
  await ada.send(room, 'Once')
  const said = ada.timeline(room).at(-1)!
  await ada.close()
  const vault = await readVault()
  const rooms = vault.rooms.map((each) => ({
    ...each,
    outbox: [
      { time: said.time, text: 'Once' },
      { time: said.time + 1, text: 'Once' },
    ],
  }))
  for (const file of ['vault.json', 'vault.json.copy']) {
    await writeFile(join(home(), file), JSON.stringify({ version: 1, lock: null, content: { ...vault, rooms } }))
  }
  ada = await net.open('Ada')
  await untilAllShow([ada, ben], room, ['Once', 'Once'])
  await ada.send(room, 'Twice is enough')
  await untilAllShow([ada, ben], room, ['Once', 'Once', 'Twice is enough'])
})

test('a node that was killed, on a machine that went on, goes on in its log with nobody there', async () => {
  await ada.close()
  await ben.close()
  const killed = await net.start('Ada')
  const { id } = await killed.run('send-message', { room, text: 'Before' })
  await killed.kill()
  ada = await net.open('Ada')
  expect(logOf(await ada.send(room, 'After'))).toBe(logOf(id))
})
