import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ name: 'Ada' })
  ben = await town.addPerson({ name: 'Ben', permissions: ['camera', 'microphone'] })
  for (const { enter } of [ada, ben]) await enter()
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway, /status of 4(00|10)/)).toEqual([])
})

const codeOf = (link: string) => link.replace(/^.*join\//, '')
const openLink = (person: Person, code: string) => person.page.goto(`${person.url}/#/join/${code}`)

describe('a link', () => {
  test.each([
    ['that is no link', () => 'hello'],
    ['that was cut short', (code: string) => code.slice(0, -10)],
    ['with one character changed', (code: string) => code.replace(/.(?=.{20}$)/, (one) => (one === 'A' ? 'B' : 'A'))],
  ])('%s is refused in words, and another can be pasted', async (_what, damage) => {
    const { link } = await ada.parley('room', 'create', 'Elsewhere')
    await openLink(ben, damage(codeOf(link)))
    await ben.page.getByText('This link cannot be used').waitFor()
    await ben.page.getByText('This is not a Parley link, or a part of it is missing.').waitFor()
    await ben.page.getByRole('link', { name: 'Use another link' }).click()
    await ben.page.getByTestId('join-link-field').fill(link)
    await ben.page.getByRole('button', { name: 'Look at the link' }).click()
    await ben.page.getByText('Ada invites you to').waitFor()
  })

  test('that has expired says so, and cannot be used to join', async () => {
    const expires = Date.now() + 2_000
    const { link } = await ada.tell({ type: 'create-room', name: 'Elsewhere', expires })
    await until(() => Date.now() > expires)
    await openLink(ben, codeOf(link))
    await ben.page.getByText('This link has expired.').waitFor()
    await ben.page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
    expect(await ben.page.getByTestId('join-confirm').count()).toBe(0)
  })
})

describe('a room where nobody is online', () => {
  test('says that it waits, and opens by itself when somebody comes', async () => {
    const { link } = await ada.parley('room', 'create', 'Night watch')
    await ada.killNode()
    await openLink(ben, codeOf(link))
    await ben.page.getByTestId('join-confirm').click()
    await ben.page.getByText('Nobody who is in this room has been reached yet.').waitFor()
    await ada.startNode()
    await ben.page.getByTestId('composer').waitFor()
    await ben.page.getByText('Connected with 1 person').waitFor()
  })
})

describe('a node that has stopped', () => {
  test('is missed in words; what was typed is kept, and the page mends itself', async () => {
    await ben.killNode()
    await ben.page.getByText('Your node does not answer. What you see is as it was').waitFor()
    await say(ben.page, 'Is anybody there?')
    await ben.page.getByText('Your text is kept here.').waitFor()
    await ben.startNode()
    await ben.page.getByText('Your node does not answer').first().waitFor({ state: 'hidden' })
    expect(await ben.page.getByTestId('composer').inputValue()).toBe('Is anybody there?')
    await ben.page.getByTestId('composer').press('Enter')
    await ben.page.getByTestId('message').filter({ hasText: 'Is anybody there?' }).waitFor()
    expect(await ben.page.getByTestId('message').count()).toBe(1)
  })
})

describe('a camera', () => {
  test('that the browser refuses is explained, and no call is made', async () => {
    await ada.page.goto(`${ada.url}/`)
    await ada.page.getByTestId('room-row').filter({ hasText: 'Night watch' }).click()
    await ada.page.getByTestId('call-button').click()
    await ada.page.getByText('This page may not use the camera and microphone.').waitFor()
    await ada.page.getByRole('button', { name: 'Close' }).click()
    await ada.page.getByText('This page may not use the camera and microphone.').waitFor({ state: 'hidden' })
    expect(await ben.page.getByTestId('accept-call').count()).toBe(0)
    expect(await ada.page.getByTestId('call-row').count()).toBe(0)
  })

  test('that is refused to the one who is called ends the call, and both read why they do not talk', async () => {
    await ben.page.getByTestId('call-button').click()
    await ada.page.getByTestId('accept-call').click()
    await ada.page.getByText('This page may not use the camera and microphone.').waitFor()
    await ben.page.getByText('The call failed: it could not be set up').waitFor()
  })

  test('that is allowed then is seen on the other side, with nobody answering for the person', async () => {
    await ada.browser.context.grantPermissions(['camera', 'microphone'], { origin: ada.url })
    await ada.page.getByRole('button', { name: 'Try again' }).click()
    await ben.page.getByTestId('accept-call').click()
    for (const { page } of [ada, ben]) {
      await page.getByTestId('call-state').getByText('secure').waitFor()
      await until(async () => (await framesOf(page)) > 0, 'a picture')
      const before = await framesOf(page)
      await until(async () => (await framesOf(page)) > before + 5, 'a picture that goes on')
    }
    await ben.page.getByTestId('hang-up').click()
    for (const { page } of [ada, ben]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
  })
})

const framesOf = (page: Page) =>
  page
    .getByTestId('remote-video')
    .evaluate((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)
