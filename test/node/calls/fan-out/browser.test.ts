import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PictureLayer } from '../../../../protocol/call/fan-out.ts'
import { until } from '../../../support/until.ts'
import { type Meeting, type MeetingSide, openMeeting, testKey } from './meeting.ts'
import { type FanOutBrowser, openFanOutPage, serveFanOutPage } from './pages.ts'

type Colour = readonly [red: number, green: number, blue: number]

const red: Colour = [200, 40, 40]
const blue: Colour = [40, 60, 200]
let served: Awaited<ReturnType<typeof serveFanOutPage>>
let meeting: Meeting
let atAda: FanOutBrowser
let atBen: FanOutBrowser
let ada: MeetingSide
let ben: MeetingSide

beforeAll(async () => {
  served = await serveFanOutPage()
  meeting = openMeeting()
  atAda = await openFanOutPage(served.url, red)
  atBen = await openFanOutPage(served.url, blue)
  ada = await meeting.join('a1', await atAda.offer(2), atAda)
  ben = await meeting.join('b1', await atBen.offer(2), atBen)
}, 60_000)

afterAll(async () => {
  await Promise.all([atAda.close(), atBen.close()])
  meeting.close()
  served.close()
})

const watch = (side: MeetingSide, other: MeetingSide, layer: PictureLayer | null) =>
  side.out.setTiles(new Map([[other.device, layer]]))
const look = (at: FanOutBrowser, side: MeetingSide, other: MeetingSide) => at.look(side.slotOf(other.device))
const isLike = (seen: readonly number[], colour: Colour) => Math.hypot(...seen.map((c, i) => c - colour[i]!)) < 60
const counts = (at: FanOutBrowser) => at.page.evaluate(() => window.fanOut.frames())

describe('two browsers in a call by fan-out', { timeout: 60_000 }, () => {
  test('see each other move and hear each other, by frames that only they can open', async () => {
    watch(ada, ben, 'large')
    watch(ben, ada, 'large')
    for (const [at, side, other, colour] of [
      [atAda, ada, ben, blue],
      [atBen, ben, ada, red],
    ] as const) {
      const first = await until(() => look(at, side, other))
      expect(isLike(first.colour, colour)).toBe(true)
      // The first frames may have come before their key.
      const { refused } = await counts(at)
      await until(async () => (await look(at, side, other))!.frames > first.frames + 10)
      await until(async () => (await at.page.evaluate((slot) => window.fanOut.soundEnergy(slot), 0)) > 0.01)
      expect((await counts(at)).refused).toBe(refused)
    }
  })

  test('are sent the size that their tile has use for, and encode no other', async () => {
    for (const [layer, width] of [
      ['small', 160],
      ['medium', 320],
      ['large', 640],
    ] as const) {
      watch(ben, ada, layer)
      await until(async () => (await look(atBen, ben, ada))?.width === width)
      await until(() => ada.watched().join() === `audio,${layer}`)
      await until(async () => (await atAda.sentLayers()).join() === layer)
    }
  })

  test('go on where every twentieth datagram is lost: it is sent again', async () => {
    const before = await until(() => look(atBen, ben, ada))
    const { refused } = await counts(atBen)
    meeting.loss = 0.05
    await until(async () => (await look(atBen, ben, ada))!.frames > before.frames + 60)
    meeting.loss = 0
    expect((await counts(atBen)).refused).toBe(refused)
    expect(isLike((await look(atBen, ben, ada))!.colour, red)).toBe(true)
  })

  test('keep the voice and lose the picture where far too much gets lost, and have it again once that is over', async () => {
    const heard = () => atBen.page.evaluate(() => window.fanOut.soundEnergy(0))
    meeting.loss = 0.4
    await until(() => ada.watched().join() === 'audio')
    const energy = await heard()
    await until(async () => (await heard()) > energy)
    meeting.loss = 0
    await until(() => ada.watched().includes('small'))
    const seen = (await look(atBen, ben, ada))!.frames
    await until(async () => (await look(atBen, ben, ada))!.frames > seen + 10)
  })

  test('go on by another key without another connection', async () => {
    meeting.keyOf = (sender) => testKey(sender, sender === 'a1' ? 2 : 1)
    const opened = (await counts(atBen)).opened
    await atBen.openBy(0, atBen.senders.get(0)!, [testKey('a1', 1), testKey('a1', 2)])
    await atAda.sealBy(testKey('a1', 2))
    await until(async () => (await counts(atBen)).opened > opened + 300)
    const { frames } = (await look(atBen, ben, ada))!
    await until(async () => (await look(atBen, ben, ada))!.frames > frames + 10)
  })

  test('show nothing of what is sealed by a key that they lack', async () => {
    await atAda.sealBy(testKey('a1', 3))
    const before = await counts(atBen)
    await until(async () => (await counts(atBen)).refused > before.refused + 100)
    const { frames } = (await look(atBen, ben, ada))!
    const { opened } = await counts(atBen)
    await until(async () => (await counts(atBen)).refused > before.refused + 300)
    expect((await look(atBen, ben, ada))!.frames).toBeLessThanOrEqual(frames + 1)
    expect((await counts(atBen)).opened).toBe(opened)
  })
})
