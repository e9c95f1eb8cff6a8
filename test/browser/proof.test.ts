import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { withOneBitTurned } from '../support/changed-file.ts'
import { openTown, type Person, runParley, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
let ada: Person
let file: string
let changed: string

/** As root on Linux, in a namespace that has no network at all. */
const offline = process.platform === 'linux' && process.getuid?.() === 0 ? ['unshare', '--net'] : []
const said = ['One', 'Two', 'Three', 'Four', 'Five']

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ name: 'Ada' })
  const ben = await town.addPerson({ name: 'Ben' })
  const { link } = await ada.parley('room', 'create', 'Book club')
  await ben.parley('room', 'join', link)
  for (const [i, text] of said.entries()) await sendOnceThere(i % 2 ? ben : ada, text)
  await until(async () => (await ada.parley('read', 'Book club')).messages.length === said.length)
  file = join(town.folder, 'book-club.parley')
  changed = join(town.folder, 'changed.parley')
})
afterAll(() => town?.close())
afterEach(() => {
  expect(ada.browser.takeComplaints(nodeAway)).toEqual([])
})

/** Whoever has only just joined may not be in the room yet. */
const sendOnceThere = (person: Person, text: string) => until(() => person.parley('send', 'Book club', text))

interface Report {
  readonly ok: boolean
  readonly messages: number
  /** Of an excerpt. */
  readonly said?: readonly { readonly text: string | null }[]
  readonly checks: readonly { readonly name: string; readonly outcome: string; readonly where?: string }[]
}

async function verifyOffline(path: string): Promise<{ readonly code: number | null; readonly report: Report }> {
  const { code, stdout } = await runParley(['verify', path, '--json'], town.folder, offline)
  return { code, report: JSON.parse(stdout) }
}

const outcomes = ({ checks }: Report) => checks.map(({ name, outcome }) => `${name} ${outcome}`).sort()

describe('a conversation', () => {
  test('is exported from its room into a file', async () => {
    await ada.enter()
    await ada.page.getByTestId('room-row').click()
    const downloading = ada.page.waitForEvent('download')
    await ada.page.getByTestId('export-button').click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('Book club.parley')
    await download.saveAs(file)
    await writeFile(changed, withOneBitTurned(await readFile(file)))
  })

  test('is verified by a program that has no network', async () => {
    const { code, report } = await verifyOffline(file)
    expect({ code, ok: report.ok, messages: report.messages }).toEqual({ code: 0, ok: true, messages: said.length })
  })

  test('gives an excerpt of chosen messages, by keyboard alone, which verifies by itself', async () => {
    const { page } = ada
    await page.getByTestId('choose-messages').press('Enter')
    await page.getByTestId('excerpt-bar').waitFor()
    expect(await page.getByTestId('save-excerpt').isDisabled()).toBe(true)
    await page.getByRole('group', { name: /^Messages\. Arrow keys/ }).focus()
    await page.keyboard.press('End')
    await page.locator('[data-index]:focus').getByText('Five').waitFor()
    await page.keyboard.press(' ')
    await page.getByTestId('message').filter({ hasText: 'Three' }).getByTestId('choose-message').press(' ')
    await page.getByText('2 messages chosen').waitFor()
    const downloading = page.waitForEvent('download')
    await page.getByTestId('save-excerpt').press('Enter')
    const download = await downloading
    expect(download.suggestedFilename()).toBe('Book club excerpt.parley')
    const path = join(town.folder, 'excerpt.parley')
    await download.saveAs(path)
    await page.getByTestId('composer').waitFor()
    const { code, report } = await verifyOffline(path)
    expect({ code, ok: report.ok, said: report.said?.map(({ text }) => text) }).toEqual({
      code: 0,
      ok: true,
      said: ['Three', 'Five'],
    })
  })

  test('gives the same messages on the command line, and what others cannot read', async () => {
    const { messages } = await ada.parley('read', 'Book club')
    const [path, sealed] = [join(town.folder, 'two.parley'), join(town.folder, 'headers.parley')]
    const made = await ada.parley('excerpt', 'Book club', path, '--message', messages[1].id, messages[2].id)
    expect(made).toMatchObject({ file: path, messages: 2 })
    expect((await verifyOffline(path)).report).toMatchObject({ ok: true, said: [{ text: 'Two' }, { text: 'Three' }] })
    await ada.parley('export', 'Book club', sealed, '--keys', 'headers')
    expect((await verifyOffline(sealed)).report).toMatchObject({ ok: true, messages: said.length })
    expect((await readFile(sealed)).includes('Three')).toBe(false)
  })

  test('is refused with one byte changed, and the program says what is wrong and where', async () => {
    const { code, report } = await verifyOffline(changed)
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false })
    expect(report.checks).toContainEqual({
      name: expect.any(String),
      outcome: 'failed',
      code: expect.stringContaining('/'),
      text: expect.stringMatching(/\w+ \w+/),
      where: expect.stringMatching(/^[0-9a-f]{64}/),
    })
  })

  test('is judged the same by the page, with its node dead and its network gone', async () => {
    const loading = ada.page.waitForResponse(/verify-worker/)
    await ada.page.goto(`${ada.url}/#/verify`)
    await (await loading).finished()
    await ada.killNode()
    await ada.browser.context.setOffline(true)
    expect(await ada.page.evaluate(() => fetch('/healthz').catch(() => 'unreachable'))).toBe('unreachable')

    for (const path of [file, changed]) {
      const { report } = await verifyOffline(path)
      await ada.page.getByTestId('verify-file').setInputFiles(path)
      const result = ada.page.getByTestId('verify-result')
      await result.waitFor()
      expect(await result.getAttribute('data-outcome')).toBe(report.ok ? 'passed' : 'failed')
      if (report.ok) expect(await result.innerText()).toContain('5 messages by 2 people in Book club check out.')
      const rows = await ada.page
        .getByTestId('check-row')
        .evaluateAll((found) =>
          found.map((row) => `${row.getAttribute('data-check')} ${row.getAttribute('data-outcome')}`),
        )
      expect(rows.sort()).toEqual(outcomes(report))
      await ada.page.getByRole('button', { name: 'Check something else' }).click()
    }
  })
})
