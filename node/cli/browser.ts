import type { Output } from './output.ts'

/** Whether there is somebody in front of a screen that a page could open on. */
export function hasDisplay(): boolean {
  if (process.stdout.isTTY !== true) return false
  if (process.platform === 'darwin' || process.platform === 'win32') return true
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

/** Open a page in the person's browser; where none opens, say the address. */
export async function openBrowser(url: string, output: Output): Promise<void> {
  try {
    const { default: open } = await import('open')
    const browser = await open(url)
    browser.once('error', () => output.note(`No browser opened. Open this page yourself: ${url}`))
  } catch {
    output.note(`No browser opened. Open this page yourself: ${url}`)
  }
}
