import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { hearSound, motifs } from '../support/browser-picture.ts'
import { needs } from '../support/needs.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { talk, untilReconnecting, untilWell } from '../support/talking.ts'
import { canMakeNetworks, openTwoNetworks, type TwoNetworks } from '../support/two-networks.ts'
import { until } from '../support/until.ts'

const isPossible = canMakeNetworks()
const usual = { delay: 30, loss: 0.02 }
let between: TwoNetworks
let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  if (!isPossible) return
  // How long it takes to find each other over a bad link is no matter of calls.
  between = await openTwoNetworks({ ...usual, loss: 0 })
  const [first, second] = between.networks
  town = await openTown({ host: first.address, inside: first.inside })
  ada = await town.addPerson({ motif: motifs.ada, name: 'Ada', inside: first.inside })
  ben = await town.addPerson({ motif: motifs.ben, name: 'Ben', inside: second.inside })
  const { link } = await ada.parley('room', 'create', 'Book club')
  await ben.parley('room', 'join', link)
  for (const { page, enter } of [ada, ben]) {
    await enter()
    await page.getByTestId('room-row').click()
    await page.getByText('Connected with 1 person').waitFor()
  }
  between.setLink(usual)
})
afterAll(async () => {
  await town?.close()
  between?.close()
})
beforeEach((context) => needs(context, 'network namespaces', isPossible))
afterEach(() => {
  if (isPossible) for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway)).toEqual([])
})

describe('a call between two networks', () => {
  test('shows each the other’s own colour and number, moving, and lets each hear the other’s own tone', async () => {
    await talk(ada, ben)
    for (const { page } of [ada, ben]) await page.getByTestId('call-details').getByText('good connection').waitFor()
  })

  test('goes quiet when one is muted', async () => {
    await ada.page.keyboard.press('m')
    await ben.page.getByTestId('muted-mark').waitFor()
    await until(async () => (await hearSound(ben.page, 'remote-video')).level < 0.01, 'silence')
    await ada.page.keyboard.press('m')
    await untilWell(ada, ben)
  })

  test('says so when a third gets lost for ten seconds, goes on, and is well again', async () => {
    between.setLink({ ...usual, loss: 0.3 })
    const until10s = sleep(10_000)
    for (const { page } of [ada, ben]) await page.getByTestId('call-details').getByText('bad connection').waitFor()
    await until10s
    for (const { page } of [ada, ben]) expect(await page.getByTestId('call-state').innerText()).toBe('secure')
    between.setLink(usual)
    await untilWell(ada, ben)
    for (const { page } of [ada, ben]) await page.getByTestId('call-details').getByText('good connection').waitFor()
  })

  test('comes back by itself after nothing got through for ten seconds', async () => {
    between.setLink({ ...usual, loss: 1 })
    const until10s = sleep(10_000)
    for (const person of [ada, ben]) await untilReconnecting(person)
    await until10s
    between.setLink(usual)
    await untilWell(ada, ben)
  })
})
