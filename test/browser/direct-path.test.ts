import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { tunnelPriority } from '../../protocol/call/candidate.ts'
import { nodeAway } from '../support/browser.ts'
import { look } from '../support/browser-look.ts'
import { type Motif, motifs, pictureFaults, watchPicture } from '../support/browser-picture.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

declare global {
  interface Window {
    /** All that the page has been told of the other side's sockets, but for the one of its own node. */
    told: string[]
    connections: RTCPeerConnection[]
  }
}

let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada, name: 'Ada' })
  ben = await town.addPerson({ motif: motifs.ben, name: 'Ben', screen: 'phone' })
  const { link } = await ada.parley('room', 'create', 'Book club')
  await ben.parley('room', 'join', link)
  for (const { page, enter } of [ada, ben]) {
    await page.addInitScript(() => {
      window.told = []
      window.connections = []
      window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given: ConstructorParameters<typeof RTCPeerConnection>) {
          super(...given)
          window.connections.push(this)
        }
      }
      const { addIceCandidate } = RTCPeerConnection.prototype
      Object.assign(RTCPeerConnection.prototype, {
        addIceCandidate(this: RTCPeerConnection, candidate: RTCIceCandidateInit) {
          window.told.push(candidate.candidate ?? '')
          return Reflect.apply(addIceCandidate, this, [candidate])
        },
      })
    })
    await enter()
    await page.getByTestId('room-row').click()
    await page.getByText('Connected with 1 person').waitFor()
  }
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway)).toEqual([])
})

async function talk(): Promise<void> {
  await ada.page.getByTestId('call-button').click()
  await ben.page.getByTestId('accept-call').click()
  for (const { page } of [ada, ben]) await page.getByTestId('call-state').getByText('secure').waitFor()
}

async function hangUp(): Promise<void> {
  await ada.page.getByTestId('hang-up').click()
  for (const { page } of [ada, ben]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
}

/** What a page says of the way of its call. */
async function wayAt({ page }: Person, words: string): Promise<void> {
  await page.getByTestId('call-details').click()
  await page.getByTestId('call-quality').getByText(words).waitFor()
}

/** The priority of the other end of the way that a page's call takes. */
const priorityAt = ({ page }: Person) =>
  page.evaluate(async () => {
    const stats: Record<string, unknown>[] = [...(await window.connections.at(-1)!.getStats()).values()]
    const find = (id: unknown) => stats.find((each) => each.id === id)
    const pair = find(stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId)
    return Number(find(pair?.remoteCandidateId)?.priority)
  })

const closeDetails = ({ page }: Person) => page.keyboard.press('Escape')
const toldTo = ({ page }: Person) => page.evaluate(() => window.told)

async function untilSeen({ page }: Person, own: Motif, other: Motif): Promise<void> {
  await until(async () => {
    const faults = pictureFaults(await watchPicture(page, 'remote-video'), { own, other })
    if (faults.length > 0) throw new Error(faults.join(', '))
    return true
  }, 'the picture')
}

describe('a call', () => {
  test('goes through the nodes when one of the two alone allows more, and no address reaches the other', async () => {
    await ada.parley('person', 'direct', 'Ben')
    await talk()
    for (const person of [ada, ben]) {
      await wayAt(person, 'through your node and theirs')
      expect(await toldTo(person)).toEqual([])
      expect(await priorityAt(person)).toBe(tunnelPriority)
    }
    for (const person of [ada, ben]) await closeDetails(person)
    await hangUp()
  })

  test('goes from page to page when both allow it, and both are told so', async () => {
    await ben.page.getByRole('button', { name: 'Members: 2' }).click()
    await ben.page.getByTestId('member-name').getByText('Ada').click()
    await ben.page.getByTestId('direct-path').check()
    await look(ben.page, 'person-direct')
    await ben.page.keyboard.press('Escape')
    await ben.page.getByRole('button', { name: 'Hide members' }).click()
    await talk()
    await wayAt(ada, 'direct, encrypted from page to page: Ben can see your network address')
    await wayAt(ben, 'direct, encrypted from page to page: Ada can see your network address')
    for (const person of [ada, ben]) {
      await look(person.page, 'call-direct')
      await closeDetails(person)
    }
    await untilSeen(ada, motifs.ada, motifs.ben)
    await untilSeen(ben, motifs.ben, motifs.ada)
  })

  test('stays direct and goes on, although no packet of a page comes by its node any more', async () => {
    await ada.page.waitForTimeout(45_000)
    for (const person of [ada, ben]) {
      await person.page.getByTestId('call-state').getByText('secure').waitFor()
      expect(await priorityAt(person)).toBeGreaterThan(tunnelPriority)
    }
    await untilSeen(ada, motifs.ada, motifs.ben)
    await hangUp()
  })
})
