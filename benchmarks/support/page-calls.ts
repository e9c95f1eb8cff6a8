import type { Page } from 'playwright-core'
import type { Person } from '../../test/support/people.ts'

interface Seen {
  clicked: number | null
  rang: number | null
  frame: number | null
}

declare global {
  interface Window {
    seen: Seen
  }
}

// Source for the page, not a function: the loader that runs the benchmarks would put names into it that a page does not know.
const watch = `
  const now = () => performance.timeOrigin + performance.now()
  const watched = new WeakSet()
  window.seen = { clicked: null, rang: null, frame: null }
  const look = () => {
    const accept = document.querySelector('[data-testid=accept-call]')
    if (accept && seen.rang === null) {
      seen.rang = now()
      accept.click()
    }
    const video = document.querySelector('[data-testid=remote-video]')
    if (!video || watched.has(video)) return
    watched.add(video)
    video.requestVideoFrameCallback(() => { seen.frame ??= now() })
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true })
  addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('[data-testid=call-button]')) seen.clicked = now()
  }, { capture: true })
`

/** Calls as people make them: two nodes, the built page in two browsers, and a room of two. */
export async function openPageCalls([ada, ben]: readonly [Person, Person]) {
  for (const { page } of [ada, ben]) await page.addInitScript(watch)
  await ada.begin('Ada')
  const { link } = await ada.parley('room', 'create', 'Benchmark')
  await ben.begin('Ben')
  await ben.parley('room', 'join', link)
  for (const { page } of [ada, ben]) {
    await page.getByTestId('room-row').click()
    await page.getByText('Connected with 1 person').waitFor()
  }

  return {
    /** One call; the callee accepts as soon as it can. */
    async call() {
      const pages = [ada.page, ben.page]
      for (const page of pages) {
        await page.bringToFront()
        await page.evaluate(() => Object.assign(window.seen, { clicked: null, rang: null, frame: null }))
      }
      await ada.page.getByTestId('call-button').click()
      const [caller, callee] = await Promise.all(pages.map(firstFrame))
      await ben.page.getByTestId('hang-up').click()
      for (const page of pages) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
      const clicked = caller!.clicked!
      return { ms: Math.max(caller!.frame!, callee!.frame!) - clicked, ringMs: callee!.rang! - clicked }
    },
  }
}

async function firstFrame(page: Page): Promise<Seen> {
  await page.waitForFunction(() => window.seen.frame !== null, null, { polling: 50 })
  return page.evaluate(() => window.seen)
}
