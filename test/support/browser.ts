import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { cameraLayout, filmMotif, type Motif } from './browser-picture.ts'

/** A Chromium process of its own, with a profile of its own. */
export interface Browser {
  readonly context: BrowserContext
  /** Its first tab. */
  readonly page: Page
  /**
   * What any page of it complained of since the last time: its own policy, its console's errors, what it threw.
   * Leaves out what a test has reason to expect.
   */
  takeComplaints(...expected: RegExp[]): string[]
  close(): Promise<void>
}

export interface BrowserOptions {
  /** What camera and microphone give; without it they are Chromium's own fake devices, and nobody allows them. */
  readonly motif?: Motif | undefined
  readonly permissions?: readonly string[]
  readonly screen?: keyof typeof screens
  /** The words that it is run under. */
  readonly inside?: readonly string[]
  /** A folder to keep; by default a fresh one that goes when the browser closes. */
  readonly profile?: string
}

/** What a browser says of its own accord while the node of its page is away. */
export const nodeAway = /net::ERR_(CONNECTION|INTERNET|EMPTY|SOCKET|CONTENT_LENGTH)|WebSocket connection to/

export const screens = {
  wide: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const

/** How long anything in a page may take. Other programs may keep the machine busy. */
const patience = 60_000

export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const { motif, permissions = [], screen = 'wide', inside = [], profile } = options
  const folder = profile ?? (await mkdtemp(join(tmpdir(), 'parley-browser-')))
  const tidy = () => (profile ? Promise.resolve() : rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const executablePath = await programInside(inside, folder)
  const given = { ...screens[screen], permissions: [...permissions], executablePath }
  const context = await launch(folder, given).catch(async (error) => {
    await tidy()
    throw error
  })
  context.setDefaultTimeout(patience)
  const complaints: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => complaints.push(String(error.error().stack ?? error.error())))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
      console.error(`policy: ${violatedDirective} ${blockedURI} at ${sourceFile}:${lineNumber}`),
    )
  })
  if (motif) await context.addInitScript(filmMotif, { ...motif, layout: cameraLayout })
  const page = context.pages()[0] ?? (await context.newPage())
  return {
    context,
    page,
    takeComplaints: (...expected) => complaints.splice(0).filter((text) => !expected.some((each) => each.test(text))),
    async close() {
      await context.close()
      await tidy()
    },
  }
}

/** Chromium itself, or a program that runs it under other words. */
async function programInside(words: readonly string[], folder: string): Promise<string> {
  const chromium = process.env.CHROMIUM || '/usr/bin/chromium'
  if (words.length === 0) return chromium
  const path = join(folder, 'chromium-inside')
  await writeFile(path, `#!/bin/sh\nexec ${words.join(' ')} ${chromium} "$@"\n`, { mode: 0o755 })
  return path
}

type LaunchOptions = Parameters<typeof chromium.launchPersistentContext>[1]

function launch(profile: string, options: LaunchOptions): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    headless: true,
    locale: 'en-GB',
    acceptDownloads: true,
    ...options,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--mute-audio',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      // Whoever shares a screen shares the tab of this title.
      '--auto-select-tab-capture-source-by-title=Slides',
    ],
  })
}
