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

  let [caller, callee] = [ada.page, ben.page]
  return {
    /** One call; the callee accepts as soon as it can. */
    async call() {
      // They take turns in calling: a node rings only so often for one caller.
      ;[caller, callee] = [callee, caller]
      for (const page of [caller, callee]) {
        await page.bringToFront()
        await page.evaluate(() => Object.assign(window.seen, { clicked: null, rang: null, frame: null }))
      }
      await caller.getByTestId('call-button').click()
      const [atCaller, atCallee] = await Promise.all([firstFrame(caller), firstFrame(callee)])
      await callee.getByTestId('hang-up').click()
      for (const page of [caller, callee]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
      const clicked = atCaller.clicked!
      return { ms: Math.max(atCaller.frame!, atCallee.frame!) - clicked, ringMs: atCallee.rang! - clicked }
    },
  }
}

async function firstFrame(page: Page): Promise<Seen> {
  await page.waitForFunction(() => window.seen.frame !== null, null, { polling: 50 })
  return page.evaluate(() => window.seen)
}
