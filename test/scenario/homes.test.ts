import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changePassphrase } from '../../node/storage/key-vault.ts'
import { copyHome, makeDisk } from '../support/disk.ts'
import { meet, type TestPerson, untilAllShow, untilShows } from '../support/nodes.ts'
import { startNode } from '../support/process.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

const inHome = (name: string, file: string) => join(net.home(name), file)
const passphrase = (text: string) => ({ passphrase: async () => text })

/** Someone in a room with one message, who has stopped. */
async function stopped(): Promise<{ room: string; identity: string }> {
  const ada = await net.open('Ada')
  const { room } = await ada.run('create-room', { name: 'Book club' })
  await ada.send(room, 'Note to self')
  const { identity } = ada.status()
  await ada.close()
  return { room, identity }
}

async function expectWhole(ada: TestPerson, { room, identity }: { room: string; identity: string }): Promise<void> {
  expect(ada.status().identity).toBe(identity)
  await untilShows(ada, room, ['Note to self'])
  await ada.send(room, 'Still me')
  await untilShows(ada, room, ['Note to self', 'Still me'])
}

describe('a home', () => {
  test('is used by one process at a time', async () => {
    const ada = await net.open('Ada')
    const before = await readFile(inHome('Ada', 'vault.json'), 'utf8')
    await expect(net.open('Ada')).rejects.toMatchObject({ code: 'home/in-use' })
    expect(await readFile(inHome('Ada', 'vault.json'), 'utf8')).toBe(before)
    expect((await ada.run('create-room', { name: 'Book club' })).room).toBeTruthy()
  })

  test('that is new gets one person, whoever starts on it at once', async () => {
    const started = await Promise.allSettled([net.open('Ada'), net.open('Ada'), net.open('Ada')])
    const [ada, ...others] = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(others).toEqual([])
    const { identity } = ada!.status()
    await ada!.close()
    expect((await net.open('Ada')).status().identity).toBe(identity)
  })

  test('that was copied may be used, and writes into logs of its own', async () => {
    const ada = await stopped()
    await copyHome(net.home('Ada'), net.home('Copy'))
    const copy = await net.open('Copy')
    expect(copy.status().identity).toBe(ada.identity)
    const [before] = copy.timeline(ada.room)
    expect((await copy.send(ada.room, 'In the copy')).split('/')[0]).not.toBe(before!.id.split('/')[0])
    await untilShows(copy, ada.room, ['Note to self', 'In the copy'])
    await copy.close()
    await expectWhole(await net.open('Ada'), ada)
  })

  test('that cannot be written is refused', async ({ task, onTestFinished }) => {
    const disk = await makeDisk(256)
    if (!disk) return console.warn(task.name)
    onTestFinished(disk.remove)
    // A process of its own, so that no file is still open.
    await (await startNode(disk.folder, net.bootstrap, 'Ada')).stop()
    await disk.makeReadOnly()
    await expect(net.open('Ada', { home: disk.folder })).rejects.toMatchObject({ code: 'home/unwritable' })
    await expect(net.open('Ada', { home: join(disk.folder, 'new') })).rejects.toMatchObject({ code: 'home/unwritable' })
  })

  test('that is no folder is refused', async () => {
    await writeFile(net.home('File'), '')
    await expect(net.open('File')).rejects.toMatchObject({ code: 'home/unwritable' })
  })

  test('keeps its secrets for its owner', async () => {
    await stopped()
    for (const file of ['vault.json', 'vault.json.copy'])
      expect((await stat(inHome('Ada', file))).mode & 0o777).toBe(0o600)
    expect((await stat(net.home('Ada'))).mode & 0o777).toBe(0o700)
  })
})

describe('keys locked with a passphrase', () => {
  test('open with it, and with nothing else', async () => {
    const ada = await stopped()
    await changePassphrase(net.home('Ada'), null, 'correct horse')
    await expect(net.open('Ada')).rejects.toMatchObject({ code: 'vault/passphrase-needed' })
    await expect(net.open('Ada', passphrase('wrong horse'))).rejects.toMatchObject({ code: 'vault/passphrase-wrong' })
    const unlocked = await net.open('Ada', passphrase('correct horse'))
    await expectWhole(unlocked, ada)
    await unlocked.close()
    await changePassphrase(net.home('Ada'), 'correct horse', null)
    expect((await net.open('Ada')).status().identity).toBe(ada.identity)
  })

  test('are not opened by a copy from before the passphrase', async () => {
    await stopped()
    const open = await readFile(inHome('Ada', 'vault.json'))
    await changePassphrase(net.home('Ada'), null, 'correct horse')
    await writeFile(inHome('Ada', 'vault.json.copy'), open)
    await expect(net.open('Ada', passphrase('wrong'))).rejects.toMatchObject({ code: 'vault/passphrase-wrong' })
  })
})

describe('keys on a bad disk', () => {
  test.for([null, 'correct horse'])('are read from their copy, passphrase %s', async (word) => {
    const ada = await stopped()
    if (word) await changePassphrase(net.home('Ada'), null, word)
    const options = word ? passphrase(word) : {}
    const text = await readFile(inHome('Ada', 'vault.json'), 'utf8')
    const damaged = [text.slice(0, text.length / 2), '', 'garbage', 'null', '{"version":1,"lock":null,"content":{}}']
    if (word) damaged.push(text.replace(/"box": "..../, '"box": "AAAA'))
    for (const content of damaged) {
      await writeFile(inHome('Ada', 'vault.json'), content)
      const opened = await net.open('Ada', options)
      expect(opened.status().identity).toBe(ada.identity)
      // What is written next mends the one, and does not spoil the other.
      await opened.run('set-name', { name: `Ada ${content.length}` })
      await opened.close()
      const [whole, copy] = await Promise.all(
        ['vault.json', 'vault.json.copy'].map((file) => readFile(inHome('Ada', file))),
      )
      expect(whole).toEqual(copy)
    }
    const last = await net.open('Ada', options)
    await expectWhole(last, ada)
  })

  test('with a damaged copy too are left as they are', async () => {
    await stopped()
    for (const file of ['vault.json', 'vault.json.copy']) await writeFile(inHome('Ada', file), `garbage in ${file}`)
    await expect(net.open('Ada')).rejects.toMatchObject({
      code: 'vault/damaged',
      message: expect.stringContaining('Restore both files from a backup'),
    })
    for (const file of ['vault.json', 'vault.json.copy'])
      expect(await readFile(inHome('Ada', file), 'utf8')).toBe(`garbage in ${file}`)
  })

  test('with another device than their identity has are refused', async () => {
    await stopped()
    for (const file of ['vault.json', 'vault.json.copy']) {
      const text = await readFile(inHome('Ada', file), 'utf8')
      const changed = text.replace(/("deviceSeed": ")(.)/, (_, start, digit) => start + (digit === '0' ? '1' : '0'))
      await writeFile(inHome('Ada', file), changed)
    }
    await expect(net.open('Ada')).rejects.toMatchObject({ code: 'vault/damaged' })
  })
})

describe('what a node remembers of others', () => {
  const garbage = [
    '',
    'garbage',
    'null',
    '[]',
    '{"version":1}',
    '{"version":1,"rooms":3}',
    '{"version":1,"rooms":{"x":["zz"]}}',
  ]

  test('of the network may be damaged, and it starts all the same', async () => {
    const room = await metBen()
    const more = [
      '{"version":1,"port":"x","nodes":[{"host":"nowhere.example","port":1}],"peers":[null,{"key":"zz"}]}',
      '{"version":1,"port":99999,"nodes":7,"peers":[{"key":1,"host":2,"port":3,"rooms":4,"seen":5}]}',
    ]
    for (const text of [...garbage, ...more]) {
      await writeFile(inHome('Ada', 'network.json'), text)
      const ada = await net.open('Ada')
      await untilShows(ada, room, ['Hello'])
      await ada.close()
    }
  })

  test('of whose log is whose may be damaged, and the logs on disk tell', async () => {
    const room = await metBen()
    for (const text of garbage) {
      await writeFile(inHome('Ada', 'room-logs.json'), text)
      const ada = await net.open('Ada')
      await untilShows(ada, room, ['Hello'])
      expect(ada.room(room).members.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
      await ada.close()
    }
  })

  test('that has lost its logs gets them back from others, goes on in a new one, and writes nothing that would contradict them', async () => {
    const room = await metBen()
    await rm(inHome('Ada', 'logs'), { recursive: true })
    let ada = await net.open('Ada')
    const id = await ada.send(room, 'Who am I?')
    const ben = await net.open('Ben')
    await ben.send(room, 'There you are')
    for (const person of [ada, ben]) {
      await until(() => person.texts(room).length === 3)
      expect(person.texts(room).toSorted()).toEqual(['Hello', 'There you are', 'Who am I?'])
      expect(person.room(room).troubles).toEqual([])
    }
    await until(() => ada.room(room).name === 'Book club')
    expect(ada.room(room).members.map(({ name, self, devices }) => [name, self, devices])).toEqual([
      ['Ada', true, 1],
      ['Ben', false, 1],
    ])
    await ada.close()
    ada = await net.open('Ada')
    expect((await ada.send(room, 'And now?')).split('/')[0]).toBe(id.split('/')[0])
    expect((await ada.run('create-room', { name: 'Another' })).room).toBeTruthy()
    expect((await ben.verify(room)).report.ok).toBe(true)
  })

  test('of whose log is whose may be damaged after it went on in a new one', async () => {
    const room = await metBen()
    await rm(inHome('Ben', 'logs'), { recursive: true })
    let ben = await net.open('Ben')
    await ben.send(room, 'I lost it all')
    await untilShows(ben, room, ['I lost it all'])
    const ada = await net.open('Ada')
    await untilAllShow([ada, ben], room, ['Hello', 'I lost it all'])
    await ben.close()
    await rm(inHome('Ben', 'room-logs.json'))
    ben = await net.open('Ben')
    await untilShows(ben, room, ['Hello', 'I lost it all'])
    await ben.send(room, 'And found it')
    await untilAllShow([ada, ben], room, ['Hello', 'I lost it all', 'And found it'])
  })

  /** Ada and Ben have met, Ben has written, and both have stopped. */
  async function metBen(): Promise<string> {
    const ada = await net.open('Ada')
    const ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ben.send(room, 'Hello')
    await untilAllShow([ada, ben], room, ['Hello'])
    await ada.close()
    await ben.close()
    return room
  }
})
