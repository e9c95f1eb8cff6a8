import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Disk, makeDisk } from '../support/disk.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const mebi = 2 ** 20
const size = 160

let net: Testnet
let disk: Disk | null
let ada: TestPerson
let ben: TestPerson
let room: string

beforeEach(async ({ task }) => {
  disk = await makeDisk(size)
  if (!disk) return console.warn(task.name)
  net = await openTestnet()
  ada = await net.open('Ada', { home: disk.folder })
  ben = await net.open('Ben')
  room = await meet(ada, ben)
})
afterEach(async () => {
  if (!disk) return
  await net.close()
  await disk.remove()
})

test('a full disk refuses what cannot be kept, and goes on by itself once there is space', async () => {
  if (!disk) return
  const acknowledged: string[] = []
  let refused = 0
  const talking = (async () => {
    for (let i = 0; refused < 5; i++) {
      try {
        await ada.send(room, `Ada ${i}`)
        acknowledged.push(`Ada ${i}`)
      } catch (error) {
        expect(error).toMatchObject({ code: 'disk-full' })
        refused++
      }
    }
  })()
  await until(() => acknowledged.length > 5)
  await disk.fill(32 * mebi)
  await talking
  await until(() => ada.status().storage === 'full' && ada.room(room).peers === 0, 'that it says so')
  await disk.fill(0)
  await expect(ada.send(room, 'No')).rejects.toMatchObject({ code: 'disk-full' })
  await expect(ada.run('create-room', { name: 'No' })).rejects.toMatchObject({ code: 'disk-full' })
  await ben.send(room, 'Are you there?')
  expect(ada.texts(room)).toEqual(acknowledged)

  await disk.empty()
  await until(() => ada.status().storage === 'ok', 'that there is space again')
  await until(() => ada.texts(room).includes('Are you there?'), 'what was written meanwhile')
  await ada.send(room, 'Now I am')
  await untilAllShow([ada, ben], room, [...acknowledged, 'Are you there?', 'Now I am'])
  await expectWhole()
})

test('a disk that is filled to the last byte in the middle of everything loses nothing, though it may take a restart', async () => {
  if (!disk) return
  const acknowledged: string[] = []
  let isFull = false
  const talk = async (person: TestPerson) => {
    for (let i = 0; !isFull || i % 50 !== 0; i++) {
      const text = `${person.name} ${i}`
      await person.send(room, text).then(
        () => acknowledged.push(text),
        (error) => expect(error.code).toMatch(/^(disk-full|storage-failing)$/),
      )
    }
  }
  const talking = Promise.all([talk(ada), talk(ben)])
  await until(() => acknowledged.length > 50)
  await disk.fill(0)
  isFull = true
  await talking
  // RocksDB gives back what it had reserved, and so there is more to take.
  await until(async () => {
    await disk?.fill(0)
    return ada.status().storage !== 'ok'
  }, 'that it says so')
  await disk.empty()
  await ada.close()
  ada = await net.open('Ada', { home: disk.folder })
  await ada.send(room, 'Back')
  await until(() => ben.texts(room).includes('Back'), 'the first message after')
  const shown = ben.texts(room)
  for (const text of acknowledged) expect(shown.filter((each) => each === text)).toEqual([text])
  await expectWhole()
})

async function expectWhole(): Promise<void> {
  await until(() => ada.texts(room).length === ben.texts(room).length)
  expect(ada.texts(room)).toEqual(ben.texts(room))
  for (const person of [ada, ben]) {
    expect(person.room(room).troubles).toEqual([])
    expect(person.timeline(room).filter(({ flaw }) => flaw !== null)).toEqual([])
    expect((await person.verify(room)).report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  }
}
