import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { look } from '../support/browser-look.ts'
import { openTown, type Person, type Town } from '../support/people.ts'

let town: Town
let laptop: Person
let phone: Person
let tablet: Person

beforeAll(async () => {
  town = await openTown()
  laptop = await town.addPerson({ screen: 'wide' })
  phone = await town.addPerson({ screen: 'phone' })
  tablet = await town.addPerson({ screen: 'phone' })
  await laptop.begin('Ada')
  await phone.enter()
  await tablet.enter()
  await laptop.parley('room', 'create', 'Book club')
  await laptop.parley('send', 'Book club', 'From before')
})
afterAll(() => town?.close())

async function offerDevice(): Promise<string> {
  const { page } = laptop
  await page.reload()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByTestId('add-device').click()
  await page.getByTestId('device-link').waitFor()
  return page.getByTestId('device-link').inputValue()
}

describe('a new device', () => {
  test('is found by the link, shows a code, and is the same person with the same rooms once that is typed', async () => {
    const link = await offerDevice()
    await look(laptop.page, 'device-link')
    const { page } = phone
    await page.getByTestId('have-device').click()
    await look(page, 'pairing-start')
    await page.getByTestId('pairing-link-field').fill(link)
    await page.getByTestId('pairing-join').click()
    const shown = await page.getByTestId('pairing-code').innerText()
    expect(shown).toMatch(/^\d{3} \d{3}$/)
    await look(page, 'pairing-code')

    const field = laptop.page.getByTestId('device-code')
    await field.fill(shown === '000 000' ? '000 001' : '000 000')
    await laptop.page.getByTestId('device-confirm').click()
    await laptop.page.getByText('This is not the code of the device').waitFor()
    await look(laptop.page, 'device-code-wrong')
    expect(await page.getByTestId('pairing-code').innerText()).toBe(shown)
    await field.fill(shown)
    await laptop.page.getByTestId('device-confirm').click()
    await laptop.page.getByTestId('device-added').waitFor()
    await look(laptop.page, 'device-added')

    await page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
    await page.getByTestId('message-text').filter({ hasText: 'From before' }).waitFor()
    await look(page, 'paired-room')
    const ids = await Promise.all([laptop, phone].map(async (each) => (await each.parley('identity', 'show')).identity))
    expect(ids[0]).toBe(ids[1])
    for (const { browser } of [laptop, phone]) expect(browser.takeComplaints(/status of 400/)).toEqual([])
  })

  test('can be one that opens the link itself, and shows what became of it when the other stops', async () => {
    const link = await offerDevice()
    const { page } = tablet
    await page.goto(link.replace('http://localhost:7717', tablet.url))
    await page.getByTestId('pairing-join').click()
    await page.getByTestId('pairing-code').waitFor()
    await laptop.page.keyboard.press('Escape')
    await page.getByText('The other device has gone, or said no').waitFor()
    await look(page, 'pairing-cut')
  })

  test('is taken in from the terminal too', async () => {
    const { link } = await laptop.parley('device', 'add')
    await tablet.page.goto(`${tablet.url}/#/`)
    await tablet.page.reload()
    await tablet.page.getByTestId('have-device').click()
    await tablet.page.getByTestId('pairing-link-field').fill(link)
    await tablet.page.getByTestId('pairing-join').click()
    const code = await tablet.page.getByTestId('pairing-code').innerText()
    expect(await laptop.parley('device', 'confirm', code)).toMatchObject({ label: expect.any(String) })
    await tablet.page.getByTestId('room-row').filter({ hasText: 'Book club' }).waitFor()
  })

  test('is not made of a device that is somebody’s already', async () => {
    const { link } = await laptop.parley('device', 'add')
    await phone.page.goto(link.replace('http://localhost:7717', phone.url))
    await phone.page.getByText('This link is for a device where Parley is new').waitFor()
    await look(phone.page, 'pairing-elsewhere')
    await expect(phone.parley('device', 'join', link)).rejects.toThrow('not-fresh')
  })
})
