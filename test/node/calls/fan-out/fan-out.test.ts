import { afterEach, describe, expect, test } from 'vitest'
import {
  encodeFanOut,
  type FanOutMessage,
  type PictureLayer,
  pictureLayers,
} from '../../../../protocol/call/fan-out.ts'
import { type HeadlessPage, openHeadlessPage } from '../../../support/headless-page.ts'
import { until } from '../../../support/until.ts'
import { type Meeting, type MeetingSide, openMeeting, testKey } from './meeting.ts'

interface Guest {
  readonly page: HeadlessPage
  readonly side: MeetingSide
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A page that plays a voice, and a picture in three layers with a key frame every second and whenever one is asked for. */
async function join(meeting: Meeting, device: string): Promise<Guest> {
  const due = new Set<PictureLayer>(pictureLayers)
  const page = await openHeadlessPage({ slots: 4, onKeyFrameRequest: (layer) => due.add(layer) })
  const side = await meeting.join(device, page.offer, { ...page, setWatched: async () => {} })
  let count = 0
  const playing = setInterval(() => {
    count++
    void page.send(null, new Uint8Array(20).fill(count), count * 2_400)
    for (const layer of pictureLayers) {
      const isKey = due.delete(layer)
      const frame = new Uint8Array(isKey ? 3_000 : 400).fill(count & 0xfe)
      if (!isKey) frame[0]! |= 1
      void page.send(layer, frame, count * 4_500)
    }
  }, 50)
  closing.push(() => {
    clearInterval(playing)
    page.close()
  })
  return { page, side }
}

async function meet(...devices: string[]): Promise<{ readonly meeting: Meeting; readonly guests: readonly Guest[] }> {
  const meeting = openMeeting()
  closing.push(() => meeting.close())
  const guests: Guest[] = []
  for (const device of devices) guests.push(await join(meeting, device))
  return { meeting, guests }
}

const opened = ({ page, side }: Guest, from: Guest) => page.counts.opened[side.slotOf(from.side.device)]!
const watch = ({ side }: Guest, ...wishes: (readonly [Guest, PictureLayer | null])[]) =>
  side.out.setTiles(new Map(wishes.map(([{ side: other }, layer]) => [other.device, layer])))

describe('a call by fan-out', { timeout: 60_000 }, () => {
  test('brings the voice and picture of each to all the others', async () => {
    const { guests } = await meet('a1', 'b1', 'c1')
    const pairs = guests.flatMap((to) => guests.filter((from) => from !== to).map((from) => [to, from] as const))
    for (const [to] of pairs) watch(to, ...guests.map((from) => [from, 'medium'] as const))
    const haveOpened = (count: number) => () =>
      pairs.every(([to, from]) => opened(to, from).audio > count && opened(to, from).video > count)
    await until(haveOpened(3))
    // The first may have come before their key.
    const refused = guests.map(({ page }) => page.counts.refused)
    await until(haveOpened(20))
    expect(guests.map(({ page }) => page.counts.refused)).toEqual(refused)
  })

  test('shows nothing to a page that has other keys', async () => {
    const { meeting, guests } = await meet('a1', 'b1')
    meeting.keyOf = (sender, receiver) => (receiver === 'c1' ? testKey('d1') : testKey(sender))
    const stranger = await join(meeting, 'c1')
    const [ada, ben] = guests as [Guest, Guest]
    for (const each of [ben, stranger]) watch(each, [ada, 'small'])
    await until(() => opened(ben, ada).video > 10 && stranger.page.counts.refused > 20)
    expect([opened(stranger, ada), opened(stranger, ben)]).toEqual([
      { audio: 0, video: 0 },
      { audio: 0, video: 0 },
    ])
  })

  test('sends each layer once to whoever asked for it, and none that nobody has asked for', async () => {
    const { guests } = await meet('a1', 'b1', 'c1')
    const [ada, ben, cy] = guests as [Guest, Guest, Guest]
    watch(ben, [ada, 'large'])
    watch(cy, [ada, null])
    await until(() => opened(ben, ada).video > 10 && opened(cy, ada).audio > 10)
    expect(opened(cy, ada).video).toBe(0)
    expect(ada.side.watched()).toEqual(['audio', 'large'])
    expect(ben.side.watched()).toEqual(['audio'])

    watch(ben, [ada, 'small'])
    await until(() => ada.side.watched().join() === 'audio,small')
    const before = opened(ben, ada).video
    await until(() => opened(ben, ada).video > before + 10)
    expect(ben.side.out.counters.unannounced).toBe(0)
  })

  test('gives the slot of who has left to who comes, and does not mix them up', async () => {
    const { meeting, guests } = await meet('a1', 'b1')
    const [ada, ben] = guests as [Guest, Guest]
    watch(ada, [ben, 'small'])
    await until(() => opened(ada, ben).video > 5)
    const slot = ada.side.slotOf('b1')
    meeting.leave(ben.side)
    expect(ada.side.slotOf('b1')).toBe(-1)
    const cy = await join(meeting, 'c1')
    watch(ada, [cy, 'small'])
    expect(ada.side.slotOf('c1')).toBe(slot)
    const before = opened(ada, cy).video
    await until(() => opened(ada, cy).video > before + 10)
  })
})

describe('the node of a participant', { timeout: 60_000 }, () => {
  const voice: FanOutMessage = {
    type: 'media',
    layer: 'audio',
    marker: false,
    sequence: 1,
    timestamp: 1,
    payload: new Uint8Array(9),
  }

  test('refuses and counts what is from a stranger, of another call, malformed, or of what nobody announced or asked for', async () => {
    const { meeting, guests } = await meet('a1', 'b1')
    const { out } = guests[0]!.side
    const before = { ...out.counters }
    out.receive('e1', encodeFanOut(meeting.call, voice))
    expect(out.counters.stranger).toBe(before.stranger + 1)
    for (const datagram of [
      encodeFanOut(new Uint8Array(16).fill(8), voice),
      new Uint8Array(0),
      new Uint8Array(1_501),
      encodeFanOut(meeting.call, voice).subarray(0, 10),
    ])
      out.receive('b1', datagram)
    expect(out.counters.malformed).toBe(before.malformed + 4)
    await until(() => out.view().slots[0]?.session)
    out.receive('b1', encodeFanOut(meeting.call, { ...voice, layer: 'large', payload: Uint8Array.of(0x10, 0, 1) }))
    expect(out.counters.unannounced).toBe(before.unannounced + 1)
  })

  test('takes no more than 2,000 datagrams of one participant in a second', async () => {
    const { meeting, guests } = await meet('a1', 'b1')
    const { out } = guests[0]!.side
    const datagram = encodeFanOut(meeting.call, { type: 'wish', picture: null })
    for (let i = 0; i < 6_100; i++) out.receive('b1', datagram)
    expect(out.counters.overflowed).toBeGreaterThan(2_000)
  })

  test('sends nothing to a participant that has asked for nothing', async () => {
    const { meeting, guests } = await meet('a1')
    const { out } = guests[0]!.side
    out.setParticipants(['e1'])
    const [sent, received] = [meeting.sent, out.link.received]
    await until(() => out.link.received > received + 150)
    // Announcements and wishes alone.
    expect(meeting.sent - sent).toBeLessThan(20)
  })
})
