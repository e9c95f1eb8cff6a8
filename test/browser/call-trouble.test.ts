import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { motifs } from '../support/browser-picture.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { talk, untilReconnecting, untilWell } from '../support/talking.ts'

let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada, name: 'Ada' })
  ben = await town.addPerson({ motif: motifs.ben, name: 'Ben' })
  const { link } = await ada.parley('room', 'create', 'Book club')
  await ben.parley('room', 'join', link)
  for (const { page, enter } of [ada, ben]) {
    await enter()
    await page.getByTestId('room-row').click()
    await page.getByText('Connected with 1 person').waitFor()
  }
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway, /status of 4(01|10)/)).toEqual([])
})

describe('a call whose node is killed', () => {
  test.each([
    ['of who called', () => ada],
    ['of who was called', () => ben],
  ] as const)('(%s) says so on both sides, and comes back by itself', async (_whose, who) => {
    await talk(ada, ben)
    await who().killNode()
    for (const person of [ada, ben]) await untilReconnecting(person)
    await who().startNode()
    await untilWell(ada, ben)
    await ada.page.getByTestId('hang-up').click()
    for (const { page } of [ada, ben]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
  })
})
