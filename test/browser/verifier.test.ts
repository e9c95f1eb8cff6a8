import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { encodeBundle } from '../../protocol/verification/bundle.ts'
import { encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { type Browser, openBrowser, screens } from '../support/browser.ts'
import { look } from '../support/browser-look.ts'
import { Conversation, smallConversation } from '../support/conversation.ts'
import { runParley } from '../support/people.ts'

const { conversation, people, ada, bo } = smallConversation()
const { deviceSeed } = people.ada
const whole = encodeBundle(conversation.bundle(people.ada), deviceSeed, primitives)
const checkpoints = [conversation.checkpoint(people.ada, [people.bo, people.cy])]
const witnessed = encodeBundle({ ...conversation.bundle(people.ada), checkpoints }, deviceSeed, primitives)
const chosen = new Map([
  [ada, [2]],
  [bo, [1]],
])
const excerpt = encodeExcerpt(conversation.excerpt(people.ada, chosen), deviceSeed, primitives)

let folder: string
let verifier: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-verifier-'))
  verifier = join(folder, 'parley-verifier.html')
  await runParley(['verifier', verifier], folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(Object.keys(screens) as (keyof typeof screens)[])(
  'the verifier, a file on a disk, on a %s screen',
  (screen) => {
    let browser: Browser
    /** Whatever any page asked of anybody. */
    const requests: string[] = []

    beforeAll(async () => {
      browser = await openBrowser({ screen })
      browser.context.on('request', (request) => requests.push(request.url()))
      await browser.context.setOffline(true)
      await browser.page.goto(pathToFileURL(verifier).href)
      await browser.page.getByTestId('verify-file').waitFor({ state: 'attached' })
    })
    afterAll(() => browser?.close())
    afterEach(() => {
      expect(browser.takeComplaints()).toEqual([])
    })

    async function verify(name: string, bytes: Uint8Array): Promise<string | null> {
      const { page } = browser
      const again = page.getByRole('button', { name: 'Check something else' })
      if (await again.isVisible()) await again.click()
      await page.getByTestId('verify-file').setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) })
      await page.getByTestId('verify-result').waitFor()
      return page.getByTestId('verify-result').getAttribute('data-outcome')
    }

    test('waits for a file', () => look(browser.page, 'verifier'))

    test('shows that a conversation is whole, and what was said', async () => {
      expect(await verify('kitchen.parley', whole)).toBe('passed')
      expect(await browser.page.getByTestId('verify-result').innerText()).toContain('4 messages by 3 people in Kitchen')
      await browser.page.getByText('Read the messages').press('Enter')
      expect(await browser.page.getByTestId('said-message').last().innerText()).toContain('Yes.')
      await look(browser.page, 'verifier-bundle')
    })

    test('says of each message by how many people it was witnessed, and what that does not show', async () => {
      expect(await verify('kitchen.parley', witnessed)).toBe('passed')
      const row = browser.page.locator("[data-testid='check-row'][data-check='checkpoints']")
      expect(await row.innerText()).toContain('3 of 3 logs witnessed by others than their authors, 2 people in all')
      await browser.page.getByText('Read the messages').press('Enter')
      const chips = await browser.page.getByTestId('witnessed').allInnerTexts()
      expect(chips.map((text) => text.match(/^witnessed by (\d), no later than /)?.[1])).toEqual(['2', '1', '1', '2'])
      const hint = browser.page.getByText('they may lie together: confirm them')
      await hint.scrollIntoViewIfNeeded()
      await look(browser.page, 'verifier-witnessed')
    })

    test('shows the messages of an excerpt, and that others were left out', async () => {
      expect(await verify('two.parley', excerpt)).toBe('passed')
      const said = browser.page.getByTestId('said-message')
      expect(await said.count()).toBe(2)
      expect(await said.first().innerText()).toContain('Hello, Ada.')
      expect(await browser.page.getByTestId('verify-result').innerText()).toContain('The rest was left out.')
      await look(browser.page, 'verifier-excerpt')
    })

    test('says what is wrong with a file that was changed', async () => {
      for (const good of [whole, excerpt]) {
        const changed = Uint8Array.from(good)
        changed[good.length >> 1]! ^= 1
        expect(await verify('changed.parley', changed)).toBe('failed')
        const failed = browser.page.locator("[data-testid='check-row'][data-outcome='failed']")
        expect(await failed.first().innerText()).toMatch(/bundle\/|log\/|entry\//)
      }
      await look(browser.page, 'verifier-changed')
      expect(await verify('holiday.jpg', Buffer.from('not a bundle'))).toBe('failed')
    })

    test('confirms whom the reader expects', async () => {
      const { page } = browser
      await page.getByRole('button', { name: 'Check something else' }).click()
      await page.getByText('Ids that you know').click()
      await page.getByRole('textbox').fill([people.ada, people.bo].map(({ identity }) => toHex(identity)).join('\n'))
      expect(await verify('two.parley', excerpt)).toBe('passed')
      expect(await page.getByText('confirmed by you').count()).toBe(2)
      await page.getByRole('button', { name: 'Check something else' }).click()
      await page.getByText('Ids that you know').click()
      await page.getByRole('textbox').fill('')
    })

    test('checks many messages without holding up the page', async () => {
      const room = new Conversation(people.ada)
      const writer = room.writer(people.ada).createRoom('Kitchen')
      for (let i = 0; i < 3_000; i++) writer.say(`Message ${i}`)
      const many = encodeBundle(room.bundle(people.ada), deviceSeed, primitives)
      const beats = await browser.page.evaluateHandle(() => {
        const counted = { frames: 0 }
        const beat = () => {
          counted.frames++
          requestAnimationFrame(beat)
        }
        beat()
        return counted
      })
      const before = await beats.evaluate(({ frames }) => frames)
      expect(await verify('many.parley', many)).toBe('passed')
      expect(await beats.evaluate(({ frames }) => frames)).toBeGreaterThan(before + 2)
      expect(await browser.page.getByText('and 2,500 messages more').count()).toBe(1)
    })

    test('has asked nobody for anything, and could not', async () => {
      expect(requests.filter((url) => url !== pathToFileURL(verifier).href && !url.startsWith('blob:'))).toEqual([])
      await browser.context.setOffline(false)
      const reached = await browser.page.evaluate(() => fetch('http://localhost:9/').then(() => 'reached', String))
      expect(reached).toContain('TypeError')
      expect(browser.takeComplaints(/connect-src/, /content security policy/i)).toEqual([])
    })
  },
)
