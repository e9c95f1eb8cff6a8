import type { Page } from 'playwright-core'

/** Write a message and send it with Enter. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer').fill(text)
  await page.getByTestId('composer').press('Enter')
}

/** The messages that the open room shows, from top to bottom. */
export function messagesIn(page: Page): Promise<{ author: string; text: string }[]> {
  return page.getByTestId('message').evaluateAll((rows) =>
    rows.map((row) => ({
      author: row.getAttribute('aria-label')!.replace(/, [^,]*$/, ''),
      text: row.querySelector('[data-testid="message-text"]')!.textContent!.trim(),
    })),
  )
}
