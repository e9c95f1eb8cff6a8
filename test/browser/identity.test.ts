import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { look } from '../support/browser-look.ts'
import { say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'

let town: Town
/** At a wide screen. */
let ada: Person
/** At a phone's. */
let ben: Person
let words: string[] = []

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ screen: 'wide' })
  ben = await town.addPerson({ screen: 'phone' })
  await ada.begin('Ada')
  await ben.begin('Ben')
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(/status of 400/)).toEqual([])
})

async function openRoom(person: Person): Promise<void> {
  await person.page.goto(`${person.url}/#/`)
  await person.page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
}

async function openMember({ page }: Person, name: string): Promise<void> {
  if ((await page.getByTestId('member-row').count()) === 0) await page.getByRole('button', { name: /^Members/ }).click()
  await page.getByTestId('member-row').filter({ hasText: name }).first().getByTestId('member-name').click()
  await page.getByTestId('safety-number').waitFor()
}

describe('the 24 words', () => {
  test('are shown, asked for, and gone', async () => {
    for (const { page } of [ada, ben]) {
      await page.getByTestId('words-reminder').click()
      const list = page.getByTestId('recovery-words').getByRole('listitem')
      await list.nth(23).waitFor()
      await look(page, 'words')
    }
    const { page } = ada
    words = (await page.getByTestId('recovery-words').getByRole('listitem').allInnerTexts()).map((text) =>
      text.replace(/[^a-z]/g, ''),
    )
    expect(words).toHaveLength(24)
    await page.getByTestId('words-written').click()
    const fields = page.locator('[data-testid^="word-field-"]')
    await fields.nth(2).waitFor()
    for (const field of await fields.all()) await field.fill('parley')
    await page.getByTestId('words-remove').click()
    await page.getByText('Nothing was removed').waitFor()
    await look(page, 'words-asked')
    for (const field of await fields.all()) {
      const place = Number((await field.getAttribute('data-testid'))!.replace(/\D/g, ''))
      await field.fill(words[place - 1]!)
    }
    await page.keyboard.press('Enter')
    await page.getByTestId('words-gone').waitFor()
    await look(page, 'words-gone')
    await page.keyboard.press('Escape')
    await page.getByTestId('words-reminder').waitFor({ state: 'detached' })
    await expect(ada.parley('identity', 'words')).rejects.toThrow('words-gone')
    expect(await ada.parley('identity', 'show')).toMatchObject({ name: 'Ada', wordsKept: false })
  })

  test('leave nothing in the page when the dialog is left', async () => {
    await ben.page.keyboard.press('Escape')
    await ben.page.getByTestId('recovery-words').waitFor({ state: 'detached' })
    await ben.page.getByTestId('words-reminder').waitFor()
    const { words: bens } = await ben.parley('identity', 'words')
    expect(await ben.page.content()).not.toContain(bens.join(''))
    expect(await ben.page.content()).not.toMatch(new RegExp(`>\\d+</span>${bens[0]}<`))
  })
})

describe('a safety number', () => {
  test('is the same on both screens and in both terminals, and confirms a person everywhere', async () => {
    const { link } = await ada.parley('room', 'create', 'Book club')
    await ben.parley('room', 'join', link)
    for (const person of [ada, ben]) {
      await openRoom(person)
      await person.page.getByText('Connected with 1 person').waitFor()
    }
    await say(ben.page, 'It is me, Ben.')
    await ada.page.getByTestId('message').first().waitFor()
    await openMember(ada, 'Ben')
    await openMember(ben, 'Ada')
    const shown = await Promise.all([ada, ben].map(({ page }) => page.getByTestId('safety-number').innerText()))
    const [one, other] = shown.map((text) => text.replace(/\D/g, ''))
    expect(one).toMatch(/^\d{60}$/)
    expect(other).toBe(one)
    expect((await ada.parley('person', 'compare', 'Ben')).digits).toBe(one)
    expect((await ben.parley('person', 'compare', 'Ada')).digits).toBe(one)
    for (const { page } of [ada, ben]) await look(page, 'safety-number')

    await ada.page.getByTestId('confirm-person').click()
    await ada.page.getByTestId('person-confirmed').waitFor()
    await ada.page.getByTestId('petname-field').fill('Benjamin at work')
    await ada.page.getByTestId('petname-save').click()
    await ada.page.getByRole('heading', { name: 'Benjamin at work' }).waitFor()
    await look(ada.page, 'person-confirmed')
    await ada.page.keyboard.press('Escape')
    await ada.page.getByTestId('message').getByText('Benjamin at work').waitFor()
    await ada.page.getByTestId('message').getByTestId('confirmed-mark').waitFor()
    await ada.page.getByTestId('member-row').getByText('calls themselves Ben').waitFor()
    expect((await ada.parley('person', 'list')).people).toMatchObject([
      { name: 'Benjamin at work', chosenName: 'Ben', confirmed: expect.any(Number) },
    ])
    await ben.page.keyboard.press('Escape')
  })

  test('makes authors known on the page that verifies', async () => {
    await ada.page.goto(`${ada.url}/#/verify`)
    const file = `${town.folder}/club.parley`
    await ada.parley('export', 'Book club', file)
    await ada.page.getByTestId('verify-file').setInputFiles(file)
    await ada.page.getByTestId('verify-result').waitFor()
    expect(await ada.page.getByText('confirmed by you').count()).toBe(2)
    expect((await ada.parley('verify', file)).checks).toContainEqual(
      expect.objectContaining({ name: 'authors', outcome: 'passed' }),
    )
    await openRoom(ada)
  })
})

describe('who comes back by their words', () => {
  test('sees whose they are, and is the same person with one device more', async () => {
    for (const screen of ['wide', 'phone'] as const) {
      const again = await town.addPerson({ screen })
      const { page } = again
      await again.enter()
      await page.getByTestId('have-words').waitFor()
      await look(page, 'first-run-with-words')
      await page.getByTestId('have-words').click()
      await page.getByTestId('restore-words').fill(words.slice(1).join(' '))
      await page.getByTestId('restore-read').click()
      await page.getByText('These are not 24 recovery words').waitFor()
      await page.getByTestId('restore-words').fill(` ${words.join('\n').toUpperCase()}`)
      await page.getByTestId('restore-read').click()
      const { identity } = await ada.parley('status')
      expect(await page.getByTestId('restore-identity').getAttribute('data-identity')).toBe(identity)
      await look(page, 'restore')
      await page.getByTestId('restore-confirm').click()
      await page.getByText('Welcome back').waitFor()
      await look(page, 'restored')
      await page.getByTestId('name-field').fill('Ada')
      await page.getByTestId('start-button').click()
      await page.getByTestId('new-room').waitFor()
      expect((await again.parley('status')).identity).toBe(identity)
      expect(again.browser.takeComplaints(/status of 400/)).toEqual([])
      const { link } = await ben.parley('room', 'share', 'Book club')
      await again.parley('room', 'join', link)
    }
    await openRoom(ben)
    await ben.page.getByText('Ada joined with another device').first().waitFor()
    await openMember(ben, 'Ada')
    await ben.page.getByTestId('confirm-person').click()
    await ben.page.getByTestId('person-confirmed').waitFor()
    await ben.page.keyboard.press('Escape')
    await ben.page.getByTestId('member-row').getByText('3 devices').waitFor()
    await look(ben.page, 'members-devices')
    await ben.page.getByRole('button', { name: 'Hide members' }).click()
    await ben.page.getByText('Ada, whom you have confirmed, now writes from another device too').first().waitFor()
    await look(ben.page, 'room-devices')
  })
})

describe('somebody who is called like another', () => {
  test('is marked in words', async () => {
    const other = await town.addPerson({ name: 'Вen' })
    const { link } = await ada.parley('room', 'share', 'Book club')
    await other.parley('room', 'join', link)
    await openRoom(ben)
    await ben.page.getByRole('button', { name: /^Members/ }).click()
    await ben.page.getByText('another Ben is in this room').waitFor()
    await look(ben.page, 'lookalike')
  })
})
