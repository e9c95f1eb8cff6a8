import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { hearSound, motifs, pictureFaults, soundFaults, watchPicture } from '../support/browser-picture.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

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

async function talk(): Promise<void> {
  await ada.page.getByTestId('call-button').click()
  await ben.page.getByTestId('accept-call').click()
  await untilWell()
}

/** Both read that it is secure, see the other move, and hear their tone. */
async function untilWell(): Promise<void> {
  for (const [{ page }, own, other] of [
    [ada, motifs.ada, motifs.ben],
    [ben, motifs.ben, motifs.ada],
  ] as const) {
    await page.getByTestId('call-state').getByText('secure').waitFor()
    await until(async () => {
      const faults = [
        ...pictureFaults(await watchPicture(page, 'remote-video'), { own, other }),
        ...soundFaults(await hearSound(page, 'remote-video'), { own, other }),
      ]
      if (faults.length > 0) throw new Error(faults.join(', '))
      return true
    }, 'the picture and the sound')
  }
}

const untilReconnecting = ({ page }: Person) => page.getByTestId('call-state').getByText('reconnecting').waitFor()

describe('a call whose node is killed', () => {
  test.each([
    ['of who called', () => ada],
    ['of who was called', () => ben],
  ] as const)('(%s) says so on both sides, and comes back by itself', async (_whose, who) => {
    await talk()
    await who().killNode()
    for (const person of [ada, ben]) await untilReconnecting(person)
    await who().startNode()
    await untilWell()
    await ada.page.getByTestId('hang-up').click()
    for (const { page } of [ada, ben]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
  })
})
