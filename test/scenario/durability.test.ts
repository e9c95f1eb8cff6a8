import Corestore from 'corestore'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TimelineItem } from '../../node/api/views.ts'
import { textsOf, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await net.close()
})

describe('an acknowledged message', () => {
  test('was flushed to the disk after it had been appended, and many share one flush', async () => {
    const stores: Corestore[] = []
    const ready = Corestore.prototype.ready
    vi.spyOn(Corestore.prototype, 'ready').mockImplementation(function (this: Corestore) {
      stores.push(this)
      return ready.call(this)
    })
    const ada = await net.open('Ada')
    const { db } = stores[0]!.storage
    const { room } = await ada.run('create-room', { name: 'Book club' })
    const happened: string[] = []
    let flushes = 0
    const flush = db.flush.bind(db)
    db.flush = async () => {
      const number = flushes++
      happened.push(`flush ${number} begins`)
      await flush()
      happened.push(`flush ${number} ends`)
    }
    ada.backend.watch({ type: 'timeline', room }, (view) => {
      for (const text of textsOf(view.items)) happened.push(`${text} is in the log`)
    })
    for (const text of ['one', 'two', 'three']) {
      await ada.send(room, text)
      happened.push(`${text} is acknowledged`)
    }
    for (const text of ['one', 'two', 'three']) {
      const acknowledged = happened.indexOf(`${text} is acknowledged`)
      const ended = happened.slice(0, acknowledged).findLastIndex((each) => each.endsWith('ends'))
      const begun = happened.indexOf(happened[ended]!.replace('ends', 'begins'))
      expect(happened.indexOf(`${text} is in the log`)).toBeGreaterThan(-1)
      // The flush that its acknowledgement waited for is its own, and not one that had begun for an earlier one.
      const before = happened.indexOf(`${text === 'one' ? 'none' : text === 'two' ? 'one' : 'two'} is acknowledged`)
      expect(begun).toBeGreaterThan(before)
      expect(ended).toBeLessThan(acknowledged)
    }
    const flushedBefore = flushes
    await Promise.all(Array.from({ length: 500 }, (_, i) => ada.send(room, `many ${i}`)))
    expect(flushes).toBeGreaterThan(flushedBefore)
    expect(flushes - flushedBefore).toBeLessThan(100)
  })

  test('is refused an acknowledgement if the disk does not take it', async () => {
    const stores: Corestore[] = []
    const ready = Corestore.prototype.ready
    vi.spyOn(Corestore.prototype, 'ready').mockImplementation(function (this: Corestore) {
      stores.push(this)
      return ready.call(this)
    })
    const ada = await net.open('Ada')
    const { room } = await ada.run('create-room', { name: 'Book club' })
    const { db } = stores[0]!.storage
    const flush = db.flush.bind(db)
    db.flush = () => Promise.reject(new Error('IO error: the disk is on fire'))
    const refused = await Promise.allSettled([ada.send(room, 'a'), ada.send(room, 'b'), ada.send(room, 'c')])
    for (const each of refused) expect(each).toMatchObject({ status: 'rejected', reason: { code: 'storage-failing' } })
    await expect(ada.send(room, 'd')).rejects.toMatchObject({ code: 'storage-failing' })
    db.flush = flush
    await ada.send(room, 'e')
    await untilShows(ada, room, ['a', 'b', 'c', 'd', 'e'])
  })
})

test('thousands of messages are caught up with, and the pages walk through all of them once', async () => {
  const ada = await net.open('Ada')
  const { room, link } = await ada.run('create-room', { name: 'Book club' })
  const texts = Array.from({ length: 2_000 }, (_, i) => `Message ${i}`)
  await Promise.all(texts.map((text) => ada.send(room, text)))
  const ben = await net.open('Ben')
  await ben.run('join-room', { link })
  await until(() => ben.room(room).syncing === null && ben.room(room).state === 'open')
  await untilShows(ben, room, texts)

  for (const limit of [1, 7, 100, 499, 500]) {
    const walked: TimelineItem[] = []
    let before: string | null = null
    let pages = 0
    do {
      const page = ben.backend.page(room, before, limit)
      expect(page.items.length).toBe(page.older ? limit : page.items.length)
      walked.unshift(...page.items)
      before = page.older ? page.items[0]!.order : null
      pages++
      // One by one is enough to see of the first hundred.
    } while (before !== null && !(limit === 1 && pages === 100))
    expect(walked.map(({ id }) => id)).toEqual(
      ben
        .timeline(room)
        .slice(-walked.length)
        .map(({ id }) => id),
    )
    if (limit > 1) expect(textsOf(walked)).toEqual(texts)
  }
  for (const before of ['', 'garbage', 'f'.repeat(256), '0'.repeat(105)]) ben.backend.page(room, before, 10)
  expect((await ben.verify(room)).report).toMatchObject({ ok: true, messages: 2_000 })
})
