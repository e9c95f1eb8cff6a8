import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { look } from '../support/browser-look.ts'
import { messagesIn, say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
/** Ada at a wide screen, and again at a phone's: two devices of one person. */
let laptop: Person
let phone: Person

beforeAll(async () => {
  town = await openTown()
  laptop = await town.addPerson({ screen: 'wide' })
  phone = await town.addPerson({ screen: 'phone' })
  await laptop.begin('Ada')
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [laptop, phone]) expect(browser.takeComplaints(/status of 403/)).toEqual([])
})

test('a lost device is revoked in the settings of another, and says so itself', async () => {
  const { words } = await laptop.parley('identity', 'words')
  const file = join(town.folder, 'words.txt')
  await writeFile(file, words.join(' '))
  await phone.parley('identity', 'restore', '--from', file)
  await phone.begin('Ada')

  const { page } = laptop
  await page.getByTestId('new-room').click()
  await page.getByTestId('room-name-field').fill('Kitchen')
  await page.getByTestId('create-room').click()
  await say(page, 'From my laptop')
  const { link } = await laptop.parley('room', 'share', 'Kitchen')
  await phone.parley('room', 'join', link)
  await phone.page.getByTestId('room-row').filter({ hasText: 'Kitchen' }).click()
  await until(async () => (await messagesIn(phone.page)).length === 1)
  await say(phone.page, 'From my phone')
  await until(async () => (await messagesIn(page)).length === 2)

  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Settings' }).click()
  const rows = page.getByTestId('device-row')
  await rows.nth(1).waitFor()
  const other = rows.filter({ hasNotText: 'this device' })
  await other.scrollIntoViewIfNeeded()
  await look(page, 'devices')
  await other.getByRole('button').click()
  await page.getByText('What is on it stays on it').waitFor()
  await look(page, 'device-to-revoke')
  await page.getByTestId('confirm-revoke').click()
  await other.getByText('revoked', { exact: true }).waitFor()
  await page.getByText('Revoked, and written into one room.').waitFor()
  await look(page, 'device-revoked')
  await page.keyboard.press('Escape')
  await page.getByText('Ada changed which devices speak for them').waitFor()

  await phone.page.getByTestId('standing-line').waitFor()
  expect(await phone.page.getByTestId('composer').count()).toBe(0)
  await look(phone.page, 'own-device-revoked-room')
  await phone.page.goto(`${phone.url}/#/`)
  await phone.page.getByTestId('revoked-notice').waitFor()
  await look(phone.page, 'own-device-revoked')
  expect(await phone.parley('identity', 'show')).toMatchObject({ revoked: true })
  await expect(phone.parley('send', 'Kitchen', 'Hm')).rejects.toThrow('device-revoked')
  expect((await laptop.parley('device', 'list')).devices).toMatchObject([{ rooms: 1 }, { rooms: 1 }])
})
