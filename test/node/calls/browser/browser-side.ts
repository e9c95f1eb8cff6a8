import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import type { Command } from '../../../../node/api/commands.ts'
import type { CallView } from '../../../../node/api/views.ts'
import type { Side } from '../call-pair.ts'

/** A browser process of its own, with a page that stands for one side's. */
export interface BrowserSide {
  readonly page: Page
  /** Stands between the node's view and the page. */
  onView: (view: CallView) => CallView
  close(): Promise<void>
}

/** The page's code, bundled, on a port of localhost. */
export async function servePage(): Promise<{ readonly url: string; close(): void }> {
  const bundle = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: false,
      lib: { entry: new URL('page.ts', import.meta.url).pathname, formats: ['es'] },
    },
  })
  const [first] = Array.isArray(bundle) ? bundle : [bundle]
  const chunk = first && 'output' in first ? first.output[0] : null
  if (!chunk) throw new Error('the page was not bundled')
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><title>call</title><body><script type="module">${chunk.code}</script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}

/** Two pages of one browser would slow each other down, and share what two people do not. */
export async function openBrowser(
  url: string,
  side: Side,
  colour: string,
  args: readonly string[] = [],
): Promise<BrowserSide> {
  const profile = await mkdtemp(join(tmpdir(), 'parley-call-'))
  const context = await launch(profile, args)
  const page = context.pages()[0] ?? (await context.newPage())
  await page.exposeBinding('command', (_source, command: Command) => run(side, command))
  await page.addInitScript((given) => Object.assign(window, { colour: given }), colour)
  await page.goto(url)
  await page.waitForFunction(() => 'page' in window)
  const stop = side.calls.onChange(() => {
    page.evaluate((view) => window.page.show(view), opened.onView(side.calls.view())).catch(() => undefined)
  })
  const opened: BrowserSide = {
    page,
    onView: (view) => view,
    async close() {
      stop()
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
  return opened
}

function launch(profile: string, args: readonly string[]): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
      ...args,
    ],
  })
}

async function run({ calls }: Side, command: Command): Promise<unknown> {
  switch (command.type) {
    case 'start-call':
      return { call: await calls.start(command.room, command.to, command.sdp) }
    case 'accept-call':
      return (await calls.accept(command.call, command.sdp)) ?? {}
    case 'resume-call':
      return (await calls.resume(command.call, command)) ?? {}
    case 'end-call':
      return (await calls.end(command.call, command.reason, command.found)) ?? {}
    default:
      throw new Error(`no ${command.type} here`)
  }
}
