import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { look } from '../support/browser-look.ts'
import { messagesIn, say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
/** At a wide screen. */
let ada: Person
/** At a phone's. */
let ben: Person

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

const standing = () => ada.page.getByTestId('standing')

test('who waits in the lobby is told so, let in as a reader, made a member, and removed', async () => {
  const { page } = ada
  await page.getByTestId('new-room').click()
  await page.getByTestId('room-name-field').fill('Clinic')
  await page.getByTestId('room-policy').selectOption('lobby')
  await look(page, 'new-lobby')
  await page.getByTestId('create-room').click()
  await say(page, 'The doctor is in')
  const { link } = await ada.parley('room', 'share', 'Clinic')
  await ben.page.goto(`${ben.url}/#/join/${link.replace(/^.*join\//, '')}`)
  await ben.page.getByTestId('join-confirm').click()
  await ben.page.getByText('Somebody in the room has to let you in').waitFor()
  await look(ben.page, 'in-the-lobby')

  await page.getByTestId('member-row').filter({ hasText: 'Ben' }).getByTestId('member-name').click()
  await page.getByText('Ben came by a link and waits to be let in').waitFor()
  await look(page, 'letting-in')
  await page.getByTestId('role-field').selectOption('reader')
  await page.getByTestId('role-save').click()
  await page.getByText('Ben may read, and not write').waitFor()
  await ben.page.getByText('You may read here, and not write').waitFor()
  expect(await ben.page.getByTestId('composer').count()).toBe(0)
  await until(async () => (await messagesIn(ben.page)).some(({ text }) => text === 'The doctor is in'))
  await look(ben.page, 'reader')

  await page.getByTestId('role-field').selectOption('member')
  await page.getByTestId('role-save').click()
  await page.getByText('Ben is a member').waitFor()
  await say(ben.page, 'It hurts here')
  await until(async () => (await messagesIn(page)).some(({ text }) => text === 'It hurts here'))

  await page.getByTestId('member-remove').click()
  await look(page, 'removing')
  await page.getByTestId('confirm-remove').click()
  await until(async () => (await standing().innerText()) === 'Ben was removed.')
  await ben.page.getByText('You were removed from this room').waitFor()
  expect(await ben.page.getByTestId('composer').count()).toBe(0)
  await look(ben.page, 'removed')
  await page.keyboard.press('Escape')
  await page.getByTestId('members-out').locator('summary').click()
  await look(page, 'members-out')
  await page.getByTestId('members-out').getByTestId('member-name').click()
  await page.getByTestId('role-save').click()
  await until(async () => (await standing().innerText()).startsWith('Ben is a member'))
  await page.keyboard.press('Escape')
  await page.getByTestId('members-out').waitFor({ state: 'detached' })
})

test('a link of a reader’s is made, shown, used, and ended', async () => {
  const { page } = ada
  await page.getByTestId('share-button').click()
  await page.getByTestId('share-link').waitFor()
  const usual = await page.getByTestId('share-link').inputValue()
  await page.getByTestId('invite-role').selectOption('reader')
  await page.getByTestId('invite-make').click()
  const row = page.getByTestId('invite-row').filter({ hasText: 'For readers' })
  await row.waitFor()
  await until(async () => (await page.getByTestId('share-link').inputValue()) !== usual)
  await look(page, 'invites')
  await row.getByTestId('invite-end').click()
  await look(page, 'invite-ending')
  await row.getByTestId('invite-confirm-end').click()
  await row.getByText('It lets in nobody any more').waitFor()
  await look(page, 'invite-over')
  await page.keyboard.press('Escape')
})

test('whoever leaves is asked, told, and gone for the others', async () => {
  await ada.page.getByTestId('room-menu').click()
  await ada.page.getByTestId('leave-room').click()
  await ada.page.getByText('You are the only owner').waitFor()
  await look(ada.page, 'only-owner')
  await ada.page.keyboard.press('Escape')
  const { page } = ben
  await page.getByTestId('room-menu').click()
  await page.getByTestId('leave-room').click()
  await look(page, 'leaving')
  await page.getByTestId('leave-confirm').click()
  await page.getByText('You have left this room').waitFor()
  await look(page, 'left')
  await ada.page.getByTestId('members-out').waitFor()
})
