import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, nodeAway } from '../support/browser.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
let ada: Person
let ben: Person
let link: string
let elsewhere: Server
let mail: string

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ name: 'Ada' })
  ben = await town.addPerson({ name: 'Ben' })
  link = (await ada.parley('room', 'create', 'Book club')).link
  elsewhere = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><title>Mail</title><a href="${link.replace(/^.*(?=\/#)/, ben.url)}">Come in</a>`)
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  mail = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
})
afterAll(async () => {
  elsewhere?.close()
  await town?.close()
})
afterEach(() => {
  for (const browser of [...others, ben.browser]) {
    expect(browser.takeComplaints(nodeAway, /status of 401/)).toEqual([])
  }
})

const others: Browser[] = []
async function anotherBrowser(): Promise<Page> {
  const browser = await ben.openBrowser()
  others.push(browser)
  return browser.page
}

async function follow(page: Page): Promise<void> {
  await page.goto(mail)
  await page.getByText('Come in').click()
}

async function isInvited(page: Page): Promise<void> {
  await page.getByText('Ada invites you to').waitFor()
  await page.getByRole('heading', { name: 'Book club' }).waitFor()
}
const isShutOut = (page: Page) => page.getByRole('heading', { name: 'This browser has not been let in yet' }).waitFor()
const roomsOf = async (person: Person) =>
  (await person.parley('room', 'list')).rooms.map(({ name }: { name: string }) => name)

describe('a link on another site’s page', () => {
  test('tells a browser that was not let in what to do, and is kept until it is', async () => {
    const page = await anotherBrowser()
    await follow(page)
    await isShutOut(page)
    await page.getByText('parley open', { exact: true }).waitFor()
    await page.getByText('The link you opened is kept.').waitFor()

    // Copied from the terminal into this very tab.
    await page.goto((await ben.parley('open')).url)
    await isInvited(page)
  })

  test('is shown by the tab that lets the browser in, too', async () => {
    const page = await anotherBrowser()
    await follow(page)
    await isShutOut(page)
    const tab = await page.context().newPage()
    await tab.goto((await ben.parley('open')).url)
    await isInvited(tab)
    await isInvited(page)
  })

  test('opens in a browser that was let in once, and does nothing before the one click on Join', async () => {
    await ben.enter()
    await follow(ben.page)
    await isInvited(ben.page)
    await ben.page.getByText('Nobody has been contacted so far.').waitFor()
    expect(await roomsOf(ben)).toEqual([])
    await ben.page.getByTestId('join-confirm').click()
    await ben.page.getByTestId('composer').waitFor()
    expect(await roomsOf(ben)).toEqual(['Book club'])
  })

  test('leads straight into a room that one is in already', async () => {
    await follow(ben.page)
    await ben.page.getByTestId('composer').waitFor()
  })
})

describe('a login code', () => {
  test('lets in one browser, once', async () => {
    const { url } = await ben.parley('open')
    const [first, second] = [await anotherBrowser(), await anotherBrowser()]
    await first.goto(url)
    await first.getByTestId('new-room').waitFor()
    expect(first.url()).not.toContain('login')
    await second.goto(url)
    await isShutOut(second)
    await second.getByText('This login code has been used or is too old.').waitFor()
  })

  test('is not needed again after a restart of the node', async () => {
    await ben.killNode()
    await ben.startNode()
    await ben.page.reload()
    await ben.page.getByTestId('composer').waitFor()
  })
})

describe('a browser that is shut out', () => {
  test('from the terminal, loses the page at once', async () => {
    const page = await anotherBrowser()
    const before = await sessionsOf(ben)
    await page.goto((await ben.parley('open')).url)
    await page.getByTestId('room-row').waitFor()
    const [id] = (await sessionsOf(ben)).filter((each) => !before.includes(each))
    await ben.parley('sessions', 'revoke', id!)
    await isShutOut(page)
    expect(await page.getByText('Book club').count()).toBe(0)
    await page.reload()
    await isShutOut(page)
  })

  test('from the settings of another, loses the page at once', async () => {
    const page = await anotherBrowser()
    await page.goto((await ben.parley('open')).url)
    await page.getByTestId('room-row').waitFor()
    await page.getByRole('button', { name: 'Settings' }).click()
    const rows = page.getByRole('button', { name: /^Shut out/ })
    await rows.first().waitFor()
    // One by one, this browser too.
    while (!(await rows.first().isHidden())) {
      const before = await rows.count()
      await rows.last().click()
      await page.getByTestId('confirm-revoke').click()
      await page.getByTestId('confirm-revoke').waitFor({ state: 'detached' })
      await until(async () => (await rows.count()) < before, 'one browser less')
    }
    await isShutOut(page)
    await isShutOut(ben.page)
  })
})

const sessionsOf = async (person: Person): Promise<string[]> =>
  (await person.parley('sessions')).sessions.map(({ id }: { id: string }) => id)
