import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messagesIn } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
let ada: Person
let ben: Person
let room: string

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ name: 'Ada' })
  ben = await town.addPerson({ name: 'Ben' })
  const created = await ada.parley('room', 'create', 'Reading group')
  room = created.room
  await ben.parley('room', 'join', created.link)
  await ada.enter()
  await ada.page.getByTestId('room-row').filter({ hasText: 'Reading group' }).click()
  await ada.page.getByText('Connected with 1 person').waitFor()
})
afterAll(() => town?.close())

let said = 0

/** Ben writes these, and Ada's page shows all that he wrote up to them. */
async function benSays(...texts: readonly string[]): Promise<void> {
  const end = `That is all, ${++said}.`
  for (const text of [...texts, end]) await ben.tell({ type: 'send-message', room, text })
  await ada.page.getByTestId('message').last().getByText(end).waitFor()
}

/** How the newest message with such a text is drawn. */
const drawn = (page: Page, text: string) =>
  page
    .getByTestId('message-text')
    .filter({ hasText: text })
    .last()
    .evaluate((element) => {
      const { overflow, unicodeBidi } = getComputedStyle(element)
      const { height, right } = element.getBoundingClientRect()
      return { overflow, unicodeBidi, height, isInside: right <= innerWidth, text: element.textContent!.trim() }
    })

describe('a message that wants to be more than a text', () => {
  const attacks = [
    '<img src=x onerror="hacked=1">',
    '<svg onload="hacked=1"></svg>',
    '<script>hacked=1</script>',
    '<a href="javascript:hacked=1">link</a>',
    '<style>body{display:none}</style>',
    '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
    '<p style="background:url(https://evil.example/x)">p</p>',
    '<math><mtext></p><img src=x onerror=hacked=1>',
    '{{ constructor.constructor("hacked=1")() }}',
  ]
  const links = [
    '[a](javascript:hacked=1)',
    '[b](data:text/html,<script>hacked=1</script>)',
    '![c](https://evil.example/pixel.png)',
    '[d](vbscript:x)',
    '<javascript:hacked=1>',
  ]

  test('is shown as it was typed: nothing runs, nothing is fetched, and the policy has nothing to report', async () => {
    const asked: string[] = []
    ada.page.on('request', (request) => asked.push(request.url()))
    ada.browser.takeComplaints()
    await benSays(...attacks, ...links)
    const shown = (await messagesIn(ada.page)).map(({ text }) => text)
    for (const attack of attacks) expect(shown).toContain(attack)
    const found = await ada.page.evaluate(() => ({
      hacked: 'hacked' in window,
      links: document.querySelectorAll('[data-testid=message-text] a:not([href^="https://"])').length,
      alien: document.querySelectorAll('[data-testid=message-text] :is(img, svg, script, style, iframe, math)').length,
    }))
    expect(found).toEqual({ hacked: false, links: 0, alien: 0 })
    expect(asked.filter((url) => !url.startsWith(ada.url))).toEqual([])
    expect(ada.browser.takeComplaints()).toEqual([])
  })

  test('by the policy of the page could not run even if it had become HTML', async () => {
    await ada.page.evaluate(() => {
      const holder = document.createElement('div')
      try {
        // What a hole in the page would do: trusted types are the first wall, the policy for scripts the second.
        holder.innerHTML = '<img src=x onerror="hacked=1">'
        document.body.append(holder)
      } catch {
        return
      }
    })
    expect(await ada.page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(ada.browser.takeComplaints().length).toBeGreaterThan(0)
  })
})

describe('a message that wants to be larger than its place', () => {
  test('of one letter and thousands of marks keeps four of them, and draws over nobody', async () => {
    await benSays(`zalgo ${'h\u0336'}${'\u0315'.repeat(7_900)}i`)
    const { overflow, height, text } = await drawn(ada.page, 'zalgo')
    expect([...text].length).toBeLessThan(20)
    expect(overflow).toBe('clip')
    expect(height).toBeLessThan(60)
  })

  test('of one emoji without an end, or one word, stays inside the page', async () => {
    for (const [name, text] of [
      ['family', '👩\u200d'.repeat(2_600)],
      ['word', 'w'.repeat(7_900)],
    ] as const) {
      await benSays(`${name} ${text}`)
      expect(await drawn(ada.page, name)).toMatchObject({ isInside: true })
    }
    expect(await ada.page.evaluate(() => document.scrollingElement!.scrollWidth <= innerWidth)).toBe(true)
  })

  test('that turns its direction turns nothing but itself', async () => {
    await benSays('gpj\u202Eexe.photo', 'isolate \u2067left open, \u2066twice', 'שלום')
    const { text, unicodeBidi } = await drawn(ada.page, 'exe.photo')
    expect(text).toBe('gpjexe.photo')
    expect(unicodeBidi).toBe('isolate')
    // The name and the time of its row stand where those of every row stand.
    const places = await ada.page
      .getByTestId('message')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('time')].map((time) => time.getBoundingClientRect().left)),
      )
    const left = places.flat()
    expect(new Set(left.map(Math.round)).size).toBeLessThanOrEqual(2)
  })

  test('of thousands of beginnings that never end is drawn, and the page goes on', async () => {
    const beginnings = ['*_`[', '``a', 'http://', 'https://a.b/(', '[]()', '[a](b ', '<', '> ', '* a\n  ', 'a*']
    for (const each of beginnings) await benSays(`many ${each.repeat(Math.floor(7_900 / each.length))}`)
    await ada.page.getByTestId('composer').fill('Still here')
    await ada.page.getByTestId('composer').press('Enter')
    await until(async () => (await messagesIn(ada.page)).at(-1)?.text === 'Still here', 'what Ada writes')
    expect(ada.browser.takeComplaints()).toEqual([])
  })
})
