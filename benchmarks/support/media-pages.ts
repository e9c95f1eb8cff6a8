import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { type Meeting, openMeeting } from '../../test/node/calls/fan-out/meeting.ts'
import { pageOf, serveFanOutPage } from '../../test/node/calls/fan-out/pages.ts'

/** Some pages that see and hear each other: 320 × 180 at 10 frames a second, and a tone. */
export interface MediaPages {
  /** Wait until each has shown a frame of each other one. */
  untilShown(): Promise<void>
  /** Frames encoded so far, and shown, by all pages together. */
  count(): Promise<{ readonly encoded: number; readonly shown: number }>
  /** Datagrams between nodes so far; 0 where there are none. */
  datagrams(): number
  close(): Promise<void>
}

const filmed = { width: 320, height: 180, framesPerSecond: 10 } as const

/** All in one browser, so that what is beside the pages is paid for once. */
async function openPages(url: string, people: number) {
  const profile = await mkdtemp(join(tmpdir(), 'parley-media-'))
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--mute-audio',
      '--autoplay-policy=no-user-gesture-required',
      // Only one of the pages is in front.
      '--disable-renderer-backgrounding',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
    ],
  })
  await context.addInitScript((given) => Object.assign(window, { filmed: [200, 60, 40], picture: given }), filmed)
  const pages = []
  for (let i = 0; i < people; i++) {
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => 'fanOut' in window)
    pages.push(page)
  }
  return {
    pages,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

/** Each sends to its own node, which sends on to the others’ in this process. */
export async function openFanOutPages(people: number): Promise<MediaPages> {
  const served = await serveFanOutPage()
  const { pages, close } = await openPages(served.url, people)
  const meeting: Meeting = openMeeting()
  for (const [i, page] of pages.entries()) {
    const at = pageOf(page)
    await meeting.join((0xa0 + i).toString(16), await at.offer(people - 1), at)
  }
  for (const { out } of meeting.sides) {
    out.setTiles(new Map(meeting.sides.map(({ device }) => [device, 'large'])))
  }
  return {
    untilShown: () => untilShown(pages, people - 1),
    count: () => countAll(pages),
    datagrams: () => meeting.sent,
    async close() {
      meeting.close()
      await close()
      served.close()
    },
  }
}

/** Each two have a connection of their own, from browser to browser: no node is between them. */
export async function openMeshPages(people: number): Promise<MediaPages> {
  const served = await serveFanOutPage()
  const { pages, close } = await openPages(served.url, people)
  for (const [i, one] of pages.entries()) {
    for (const [j, other] of pages.entries()) {
      if (j <= i) continue
      const offer = await one.evaluate((to) => window.mesh.offer(to), j)
      const answer = await other.evaluate(([from, sdp]) => window.mesh.answer(from, sdp), [i, offer] as const)
      await one.evaluate(([to, sdp]) => window.mesh.finish(to, sdp), [j, answer] as const)
    }
  }
  return {
    untilShown: () => untilShown(pages, people - 1),
    count: () => countAll(pages),
    datagrams: () => 0,
    async close() {
      await close()
      served.close()
    },
  }
}

type Pages = Awaited<ReturnType<typeof openPages>>['pages']

async function untilShown(pages: Pages, others: number): Promise<void> {
  for (const page of pages) {
    await page.waitForFunction((count) => window.framesShown().filter((frames) => frames > 0).length >= count, others, {
      timeout: 60_000,
      polling: 200,
    })
  }
}

async function countAll(pages: Pages): Promise<{ readonly encoded: number; readonly shown: number }> {
  const counts = await Promise.all(
    pages.map((page) =>
      page.evaluate(async () => ({
        encoded: await window.framesEncoded(),
        shown: window.framesShown().reduce((sum, frames) => sum + frames, 0),
      })),
    ),
  )
  return {
    encoded: counts.reduce((sum, { encoded }) => sum + encoded, 0),
    shown: counts.reduce((sum, { shown }) => sum + shown, 0),
  }
}
