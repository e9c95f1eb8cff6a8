import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'

const page = fileURLToPath(new URL('vectors/page.ts', import.meta.url))

/** What the tests of the vectors cannot have in a browser: Vitest itself, a disk and native code. */
const replacements: Readonly<Record<string, string>> = {
  vitest: fileURLToPath(new URL('vectors/vitest.ts', import.meta.url)),
  './vector-files.ts': fileURLToPath(new URL('vectors/vector-files.ts', import.meta.url)),
}
const replaced: Plugin = { name: 'replaced', enforce: 'pre', resolveId: (id) => replacements[id] ?? null }

/** protocol/, its vectors and their tests, as one script. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [replaced],
    // HPKE's library would load the crypto of old runtimes in a chunk of its own.
    build: {
      write: false,
      minify: false,
      lib: { entry: page, formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const [first] = Array.isArray(built) ? built : [built]
  const chunk = first && 'output' in first ? first.output[0] : null
  if (!chunk) throw new Error('the page was not bundled')
  return chunk.code
}

test('every vector that needs nothing but protocol/ holds in Chromium, with the primitives of a browser', async ({
  onTestFinished,
}) => {
  const script = await bundle()
  const server = createServer((request, response) => {
    const [type, body] =
      request.url === '/'
        ? ['html', '<!doctype html><script type="module" src="/x.js"></script>']
        : ['javascript', script]
    response.setHeader('content-type', `text/${type}; charset=utf-8`).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const browser = await openBrowser()
  onTestFinished(() => browser.close())
  await browser.page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
  await browser.page.waitForFunction(() => 'outcome' in window)
  const { run, failed } = await browser.page.evaluate(() => window.outcome)
  expect(failed).toEqual([])
  expect(run).toBeGreaterThan(400)
})
