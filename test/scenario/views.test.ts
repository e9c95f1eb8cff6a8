import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { meet, type TestPerson, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const texts = Array.from({ length: 300 }, (_, i) => `Message ${i} ${'…'.repeat(40)}`)

let net: Testnet
let ada: TestPerson
let room: string
let another: string

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  const ben = await net.open('Ben')
  room = await meet(ada, ben)
  another = (await ada.run('create-room', { name: 'Another' })).room
  await ada.send(another, 'Alone')
  for (const text of texts.slice(0, 10)) await ben.send(room, text)
  await untilShows(ada, room, texts.slice(0, 10))
  await Promise.all(texts.slice(10).map((text) => ada.send(room, text)))
  await untilShows(ada, room, texts)
})
afterEach(() => net.close())

const viewFile = () => join(net.home('Ada'), 'view.db')

function overwrite(from: number, length: number): void {
  const file = openSync(viewFile(), 'r+')
  writeSync(file, Buffer.alloc(length, 0x5a), 0, length, from)
  closeSync(file)
}

/** Whatever was done to the views, the logs have everything. */
async function expectEverything(person: TestPerson): Promise<void> {
  await untilShows(person, room, texts)
  await untilShows(person, another, ['Alone'])
  expect(person.rooms().map(({ name, unread }) => [name, unread])).toEqual([
    ['Book club', 0],
    ['Another', 0],
  ])
  const id = await person.send(room, 'And on it goes')
  await untilShows(person, room, [...texts, 'And on it goes'])
  expect(new Set(person.timeline(room).map((item) => item.id)).size).toBe(person.timeline(room).length)
  expect(person.timeline(room).at(-1)).toMatchObject({ id, flaw: null })
  await until(() => person.status().storage === 'ok')
}

describe('the views of a stopped node', () => {
  const damages: Record<string, () => unknown> = {
    'were deleted': () => rm(viewFile()),
    'are garbage': () => overwrite(0, statSync(viewFile()).size),
    'have a good first page and garbage behind it': () => overwrite(4_096, statSync(viewFile()).size - 4_096),
    'have a garbage page in the middle': () => overwrite(8 * 4_096, 4_096),
    'were cut off': () => truncateSync(viewFile(), 5 * 4_096),
    'are empty': () => truncateSync(viewFile(), 0),
  }
  test.for(Object.entries(damages))('%s, and everything is shown again', async ([, damage]) => {
    await ada.run('mark-read', { room })
    await ada.close()
    await damage()
    await expectEverything(await net.open('Ada'))
  })
})

describe('the views of a running node', () => {
  test('become garbage, and everything is shown again', async () => {
    await ada.run('mark-read', { room })
    const shown: unknown[] = []
    ada.backend.watch({ type: 'timeline', room, limit: 500 }, (view) => {
      if (view.reset) shown.splice(0)
      shown.push(...view.items)
    })
    const wal = openSync(`${viewFile()}-wal`, 'r+')
    writeSync(wal, Buffer.alloc(statSync(`${viewFile()}-wal`).size, 0x5a))
    closeSync(wal)
    overwrite(0, statSync(viewFile()).size)
    await expectEverything(ada)
    expect(shown.length).toBe(ada.timeline(room).length)
    await ada.close()
    await untilShows(await net.open('Ada'), room, [...texts, 'And on it goes'])
  })
})
