import { join } from 'node:path'
import { pino } from 'pino'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PictureLayer, pictureLayers } from '../../protocol/call/fan-out.ts'
import { look } from '../support/browser-look.ts'
import { type Motif, motifs, pictureFaults, watchPicture } from '../support/browser-picture.ts'
import { type CallBot, openCallBot, type Recording } from '../support/call-bot.ts'
import { openPerson, type TestPerson } from '../support/nodes.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

const films = { Ada: { ...motifs.ada, small: true }, Ben: { ...motifs.ben, small: true } } satisfies Record<
  string,
  Motif
>
const colours = {
  Cyd: [210, 180, 40],
  Dov: [130, 50, 160],
  Eve: [40, 160, 70],
  Fay: [230, 230, 230],
} as const satisfies Record<string, Motif['colour']>
type BotName = keyof typeof colours
const botNames = Object.keys(colours) as BotName[]

let town: Town
let ada: Person
let ben: Person
let room: string
const bots = new Map<BotName, CallBot>()
const nodes: TestPerson[] = []

/** Ten pictures of one colour in each layer, as this browser encodes them. */
function record(page: Page, colour: Motif['colour']): Promise<Record<PictureLayer, string[]>> {
  return page.evaluate(
    async ([paint, layers]) => {
      const recorded: Record<string, string[]> = {}
      for (const [i, layer] of layers.entries()) {
        const [width, height] = [160 << i, 90 << i]
        const canvas = new OffscreenCanvas(width, height)
        const brush = canvas.getContext('2d')!
        const frames: string[] = []
        const encoder = new VideoEncoder({
          output(chunk) {
            const bytes = new Uint8Array(chunk.byteLength)
            chunk.copyTo(bytes)
            frames.push(btoa(String.fromCharCode(...bytes)))
          },
          error: (error) => console.error(error),
        })
        encoder.configure({ codec: 'vp8', width, height, bitrate: 100_000, latencyMode: 'realtime' })
        for (let n = 0; n < 10; n++) {
          brush.fillStyle = `rgb(${paint.join()})`
          brush.fillRect(0, 0, width, height)
          brush.fillStyle = '#888'
          brush.fillRect((n * width) / 10, height - 8, 8, 8)
          const frame = new VideoFrame(canvas, { timestamp: n * 100_000 })
          encoder.encode(frame, { keyFrame: n === 0 })
          frame.close()
        }
        await encoder.flush()
        recorded[layer] = frames
      }
      return recorded as Record<PictureLayer, string[]>
    },
    [colour, pictureLayers] as const,
  )
}

async function addBot(name: BotName, link: string): Promise<void> {
  const [host, port] = town.bootstrap.split(':')
  const node = await openPerson(name, {
    home: join(town.folder, name),
    bootstrap: [{ host: host!, port: Number(port) }],
    log: pino({ level: 'silent' }),
    name,
  })
  nodes.push(node)
  await node.run('join-room', { link })
  const recorded = await record(ada.page, colours[name])
  const pictures = Object.fromEntries(
    pictureLayers.map((layer): [PictureLayer, Recording] => [
      layer,
      recorded[layer].map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
    ]),
  ) as Record<PictureLayer, Recording>
  bots.set(name, openCallBot(node, { pictures }))
}

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: films.Ada, name: 'Ada' })
  ben = await town.addPerson({ motif: films.Ben, name: 'Ben' })
  const made = await ada.parley('room', 'create', 'Book club')
  room = made.room
  await ben.parley('room', 'join', made.link)
  for (const { page, enter } of [ada, ben]) {
    await enter()
    await page.getByTestId('room-row').click()
  }
  for (const name of botNames) await addBot(name, made.link)
  for (const { page } of [ada, ben]) await page.getByText('Connected with 5 people').waitFor()
}, 240_000)
afterAll(async () => {
  for (const bot of bots.values()) bot.close()
  for (const node of nodes) await node.close()
  await town?.close()
})

const joinAs = async (name: BotName): Promise<void> => {
  const { person } = bots.get(name)!
  const call = await until(() => person.room(room).groupCalls[0]?.call, 'the call')
  await person.run('join-call', { call })
}

/** Wait until a page shows a bot in its own colour, moving. */
async function untilSeesBot({ page }: Person, name: BotName): Promise<void> {
  const video = page.getByTestId(`video-${name}`)
  const shown = () => video.evaluate((each) => (each as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)
  await until(async () => {
    const [seen] = await watchPicture(page, `video-${name}`, 1)
    return Math.hypot(...seen!.colour.map((c, i) => c - colours[name][i]!)) < 60
  }, `the colour of ${name}`)
  const frames = await shown()
  await until(async () => (await shown()) > frames + 5, `that ${name} moves`)
}

async function untilSee(viewer: Person, own: Motif, other: Motif, name: string): Promise<void> {
  await until(async () => {
    const faults = pictureFaults(await watchPicture(viewer.page, `video-${name}`, 3), { own, other })
    if (faults.length > 0) throw new Error(faults.join(', '))
    return true
  }, `the picture of ${name}`)
}

const seesPages = async () => {
  await untilSee(ada, films.Ada, films.Ben, 'Ben')
  await untilSee(ben, films.Ben, films.Ada, 'Ada')
}

describe('a call of two pages and four others', () => {
  test('begins between the pages, and goes over to fan-out with the fifth: everybody is seen in their own tile', async () => {
    await ada.page.getByTestId('start-group-call').click()
    await ben.page.getByTestId('join-group-call').click()
    await seesPages()
    for (const name of botNames) await joinAs(name)
    for (const viewer of [ada, ben]) for (const name of botNames) await untilSeesBot(viewer, name)
    await seesPages()
    for (const viewer of [ada, ben]) {
      await viewer.page.getByTestId('group-state').getByText('secure', { exact: true }).waitFor()
    }
    await look(ada.page, 'group-call-six')
    const identities = await Promise.all(
      [ada, ben].map(async ({ parley }) => (await parley('identity', 'show')).identity),
    )
    for (const bot of bots.values()) {
      for (const identity of identities) {
        await until(() => bot.opened(identity).video > 10 && bot.opened(identity).audio > 10, 'the pages at the others')
      }
    }
  })

  test('goes on by other keys when somebody is removed from the room', async () => {
    const fay = bots.get('Fay')!
    const others = botNames.filter((name) => name !== 'Fay')
    const keyOf = (name: BotName) => Number(bots.get(name)!.call()!.fanOut!.key!.id)
    const before = others.map(keyOf)
    await ada.parley('member', 'remove', 'Book club', 'Fay')
    await until(() => others.every((name, i) => keyOf(name) > before[i]!), 'other keys')
    await ada.page.getByTestId('seat-Fay').waitFor({ state: 'detached' })
    for (const viewer of [ada, ben]) for (const name of others) await untilSeesBot(viewer, name)
    await seesPages()
    const heard = () => fay.call()?.fanOut?.slots.filter((slot) => slot !== null).length ?? 0
    await until(() => heard() === 0, 'that she hears nobody')
  })
})

test('no page has complained', () => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints()).toEqual([])
})
