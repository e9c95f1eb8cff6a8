import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import type { MeetingPage } from './meeting.ts'
import type { FanOutPage } from './page.ts'

/** The page's code and its worker, on a port of localhost. */
export async function serveFanOutPage(): Promise<{ readonly url: string; close(): void }> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: new URL('page.ts', import.meta.url).pathname, output: { entryFileNames: 'page.js' } },
    },
  })
  const [first] = Array.isArray(built) ? built : [built]
  if (!first || !('output' in first)) throw new Error('the page was not bundled')
  const files = new Map(
    first.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  )
  const server = createServer((request, response) => {
    const script = files.get(request.url ?? '')
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(script ?? '<!doctype html><title>call</title><body><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}

/** Such a page, as a participant of a meeting. */
export interface PageOfMeeting extends MeetingPage {
  /** By which names the slots were given, as the page was told last. */
  readonly senders: ReadonlyMap<number, string>
  offer(slots: number): Promise<string>
  look(slot: number): Promise<ReturnType<FanOutPage['look']>>
  /** The layers that its encoder makes now. */
  sentLayers(): Promise<readonly string[]>
}

/** A browser process of its own with such a page. */
export interface FanOutBrowser extends PageOfMeeting {
  readonly page: Page
  close(): Promise<void>
}

export function pageOf(page: Page): PageOfMeeting {
  const senders = new Map<number, string>()
  return {
    senders,
    offer: (slots) => page.evaluate((count) => window.fanOut.offer(count), slots),
    begin: (answer) => page.evaluate((sdp) => window.fanOut.begin(sdp), answer),
    sealBy: (key) => page.evaluate((given) => window.fanOut.sealBy(given), key),
    async openBy(slot, sender, keys) {
      senders.set(slot, sender)
      await page.evaluate(([...given]) => window.fanOut.openBy(...given), [slot, sender, keys] as const)
    },
    setWatched: (layers) => page.evaluate((given) => window.fanOut.setWatched(given), layers),
    look: (slot) => page.evaluate((given) => window.fanOut.look(given), slot),
    async sentLayers() {
      const stats = await page.evaluate(() => window.fanOut.stats())
      const sent = stats.filter(({ type, kind, active }) => type === 'outbound-rtp' && kind === 'video' && active)
      return sent.map(({ rid }) => String(rid))
    },
  }
}

/** `filmed`: the colour that its camera sees. */
export async function openFanOutPage(url: string, filmed: readonly number[]): Promise<FanOutBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'parley-fan-out-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--mute-audio', '--autoplay-policy=no-user-gesture-required'],
  })
  const page = context.pages()[0] ?? (await context.newPage())
  await page.addInitScript((given) => Object.assign(window, { filmed: given }), filmed)
  await page.goto(url)
  await page.waitForFunction(() => 'fanOut' in window)
  return {
    page,
    ...pageOf(page),
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
