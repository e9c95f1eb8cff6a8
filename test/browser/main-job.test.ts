import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { hearSound, motifs, pictureFaults, soundFaults, watchPicture } from '../support/browser-picture.ts'
import { messagesIn, say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada })
  ben = await town.addPerson({ motif: motifs.ben })
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway)).toEqual([])
})

const talk = [
  { author: 'Ada', text: 'Hello Ben, are you there?' },
  { author: 'Ben', text: 'I am. It was **one** click.' },
  { author: 'Ada', text: 'Then we can talk.' },
]
const shown = talk.map(({ author, text }) => ({ author, text: text.replaceAll('*', '') }))
const missed = Array.from({ length: 5 }, (_, i) => ({ author: 'Ada', text: `While you were away, ${i + 1}` }))

const showsJust = async (page: Page, messages: readonly object[]) => {
  await until(async () => (await messagesIn(page)).length >= messages.length, `${messages.length} messages`)
  expect(await messagesIn(page)).toEqual(messages)
}

describe('two people who have only just started Parley', () => {
  test('meet: one makes a room, the other opens its link and joins with one click', async () => {
    await ada.begin('Ada')
    await ada.page.getByTestId('new-room').click()
    await ada.page.getByTestId('room-name-field').fill('Book club')
    await ada.page.getByTestId('create-room').click()
    await ada.page.getByTestId('share-button').click()
    const link = await ada.page.getByTestId('share-link').inputValue()
    expect(link).toMatch(/^http:\/\/localhost:7717\/#\/join\/[\w-]+$/)
    await ada.page.keyboard.press('Escape')

    await ben.begin('Ben')
    await ben.page.goto(ben.url + link.slice('http://localhost:7717'.length))
    await ben.page.getByText('Ada invites you to').waitFor()
    await ben.page.getByRole('heading', { name: 'Book club' }).waitFor()
    await ben.page.getByTestId('join-confirm').click()
    for (const { page } of [ada, ben]) await page.getByText('Connected with 1 person').waitFor()
  })

  test('chat both ways, and see the same in the same order', async () => {
    for (const { author, text } of talk) {
      const [from, to] = author === 'Ada' ? [ada, ben] : [ben, ada]
      await say(from.page, text)
      await to.page
        .getByTestId('message')
        .filter({ hasText: text.replaceAll('*', '') })
        .waitFor()
    }
    for (const { page } of [ada, ben]) await showsJust(page, shown)
  })

  test('lose nothing when a node is killed: what was written meanwhile arrives, once', async () => {
    await ben.killNode()
    await ben.page.getByText('Your node does not answer.').waitFor()
    for (const { text } of missed) await say(ada.page, text)
    await showsJust(ada.page, [...shown, ...missed])

    await ben.startNode()
    // Without a reload.
    await showsJust(ben.page, [...shown, ...missed])
    await ben.page.getByText('Connected with 1 person').waitFor()
    await ben.page.reload()
    await showsJust(ben.page, [...shown, ...missed])
    await showsJust(ada.page, [...shown, ...missed])
    const [{ messages: atAda }, { messages: atBen }] = await Promise.all(
      [ada, ben].map((person) => person.parley('read', 'Book club')),
    )
    expect(atBen).toEqual(atAda)
    expect(atAda.map(({ text }: { text: string }) => text)).toEqual([...talk, ...missed].map(({ text }) => text))
  })

  test('see each other move and hear each other in a secure call', async () => {
    await call(ada, ben)
    await ben.page.getByTestId('accept-call').click()
    await untilTalking()
    // What a page shows of itself must not pass for the other: so the checks can tell.
    const ownPicture = await watchPicture(ada.page, 'own-video')
    expect(pictureFaults(ownPicture, of(ada))).toEqual(['own picture'])
  })

  test('mute and turn the camera off, and the other notices', async () => {
    await ada.page.getByTestId('mute').click()
    await until(async () => (await hearSound(ben.page, 'remote-video')).level < 0.001, 'silence')
    expect(soundFaults(await hearSound(ada.page, 'remote-video'), of(ada))).toEqual([])
    await ben.page.getByTestId('camera').click()
    await until(async () => (await pictureAt(ada)).includes('frozen'), 'a still picture')
    expect(await pictureAt(ben)).toEqual([])
    await ada.page.getByTestId('mute').click()
    await ben.page.getByTestId('camera').click()
    await untilTalking()
  })

  test('hang up, and both timelines say from when to when they talked, and for how long', async () => {
    await ben.page.getByTestId('hang-up').click()
    const span = /(\d\d?:\d\d to \d\d?:\d\d, \d\d:\d\d|\d\d?:\d\d, \d+ s)$/
    expect(await callsIn(ada.page, 1)).toEqual([expect.stringMatching(new RegExp(`^You called Ben ${span.source}`))])
    expect(await callsIn(ben.page, 1)).toEqual([expect.stringMatching(new RegExp(`^Ada called you ${span.source}`))])
    for (const { page } of [ada, ben]) await page.getByTestId('remote-video').waitFor({ state: 'detached' })
  })

  test('decline and cancel calls, and are told so in words', async () => {
    await call(ada, ben)
    await ben.page.getByTestId('decline-call').click()
    await ada.page.getByText('Ben declined the call.').waitFor()
    await ben.page.getByText('You declined the call.').waitFor()

    await call(ben, ada)
    await ben.page.getByTestId('hang-up').click()
    await ada.page.getByTestId('accept-call').waitFor({ state: 'detached' })
    await ada.page.getByText('You missed a call from Ben.').waitFor()
    await ben.page.getByText('The call was cancelled.').waitFor()
    expect((await callsIn(ada.page, 3)).slice(1)).toEqual([
      expect.stringMatching(/^You called Ben \d\d?:\d\d, declined$/),
      expect.stringMatching(/^Ben called you \d\d?:\d\d, cancelled$/),
    ])
    expect((await callsIn(ben.page, 3)).slice(1)).toEqual([
      expect.stringMatching(/^Ada called you \d\d?:\d\d, declined$/),
      expect.stringMatching(/^You called Ada \d\d?:\d\d, cancelled$/),
    ])
  })
})

const of = (person: Person) =>
  person === ada ? { own: motifs.ada, other: motifs.ben } : { own: motifs.ben, other: motifs.ada }
const pictureAt = async (person: Person) => pictureFaults(await watchPicture(person.page, 'remote-video'), of(person))
const soundAt = async (person: Person) => soundFaults(await hearSound(person.page, 'remote-video'), of(person))

async function call(from: Person, to: Person): Promise<void> {
  await from.page.getByTestId('call-button').click()
  await to.page.getByTestId('accept-call').waitFor()
}

/** Both see the other's picture go on, hear the other's tone, and read that it is secure. */
async function untilTalking(): Promise<void> {
  for (const person of [ada, ben]) {
    await person.page.getByTestId('call-state').getByText('secure').waitFor()
    await untilRight(() => pictureAt(person))
    await untilRight(() => soundAt(person))
  }
}

/** A call takes a moment to begin; what is still wrong with it after a long one is what the test fails with. */
async function untilRight(faults: () => Promise<string[]>): Promise<void> {
  await until(async () => {
    const found = await faults()
    if (found.length > 0) throw new Error(found.join(', '))
    return true
  }, 'the other’s picture and sound')
}

async function callsIn(page: Page, least: number): Promise<string[]> {
  const rows = page.getByTestId('call-row')
  await until(async () => {
    const texts = await rows.allInnerTexts()
    return texts.length >= least && !texts.some((text) => /ringing|since/.test(text))
  }, `${least} calls that are over`)
  return (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim())
}
