import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Where pictures of every view are put, for people to look at. */
const pictures = process.env.PARLEY_SCREENSHOTS

/**
 * Look at what a page shows, by day and by night: nothing that axe finds fault with, nothing beside the screen.
 * `name` names its pictures.
 */
export async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { width } = page.viewportSize()!
    const view = `${name}-${colorScheme}-${width < 720 ? 'phone' : 'wide'}`
    if (pictures) {
      await mkdir(pictures, { recursive: true })
      await page.screenshot({ path: join(pictures, `${view}.png`) })
    }
    expect.soft({ view, faults: [...(await axeFaults(page)), ...(await besideTheScreen(page))] }).toEqual({
      view,
      faults: [],
    })
  }
}

async function axeFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] })
    return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')}`))
  })
}

/** What one could only reach by scrolling sideways, or not at all. */
function besideTheScreen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.scrollingElement!
    const faults = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide`] : []
    for (const each of document.querySelectorAll('a, button, input, textarea, select, h1, h2')) {
      const { left, right, width, height } = each.getBoundingClientRect()
      const isHidden = width <= 1 || height <= 1 || !each.checkVisibility({ visibilityProperty: true })
      if (!isHidden && (left < -1 || right > root.clientWidth + 1)) faults.push(`beside the screen: ${each.outerHTML}`)
    }
    return faults
  })
}
