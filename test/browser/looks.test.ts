import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import { nodeAway } from '../support/browser.ts'
import { look } from '../support/browser-look.ts'
import { motifs, pictureFaults, watchPicture } from '../support/browser-picture.ts'
import { say } from '../support/browser-room.ts'
import { withOneBitTurned } from '../support/changed-file.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'
import { casesOf } from '../support/vectors.ts'

let town: Town
/** At a wide screen. */
let ada: Person
/** At a phone's. */
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada, screen: 'wide' })
  ben = await town.addPerson({ motif: motifs.ben, screen: 'phone' })
})
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway, /status of 400/)).toEqual([])
})

const lookAtBoth = async (name: string) => {
  for (const { page } of [ada, ben]) await look(page, name)
}
const go = (person: Person, hash: string) => person.page.goto(`${person.url}/#${hash}`)
const close = (page: Page) => page.keyboard.press('Escape')

async function makeRoom({ page }: Person, name: string): Promise<void> {
  await page.getByTestId('room-name-field').fill(name)
  await page.getByTestId('create-room').click()
  await page.getByTestId('composer').waitFor()
}

async function linkOf({ page }: Person): Promise<string> {
  await page.getByTestId('share-button').click()
  return (await page.getByTestId('share-link').inputValue()).replace(/^.*join\//, '')
}

describe('every view is in order, by day and by night, on a wide screen and on a phone', () => {
  test('the first run, and the page without rooms', async () => {
    for (const [person, name] of [
      [ada, 'Ada'],
      [ben, 'Ben'],
    ] as const) {
      await person.enter()
      await person.page.getByTestId('name-field').waitFor()
      await look(person.page, 'first-run')
      await person.begin(name)
      await look(person.page, 'no-rooms')
    }
  })

  test('a new room, its link, and joining', async () => {
    for (const [person, other, name] of [
      [ada, ben, 'Book club'],
      [ben, ada, 'A room with a name that is rather long, and goes on'],
    ] as const) {
      await person.page.getByTestId('new-room').click()
      await look(person.page, 'new-room')
      await makeRoom(person, name)
      await look(person.page, 'empty-room')
      const code = await linkOf(person)
      await look(person.page, 'share')
      await close(person.page)
      await go(other, `/join/${code}`)
      await other.page.getByTestId('join-confirm').waitFor()
      await look(other.page, 'join')
      await other.page.getByTestId('join-confirm').click()
      await other.page.getByText('Connected with 1 person').waitFor()
      await go(ben, '/')
    }
  })

  test('a link that cannot be used', async () => {
    for (const person of [ada, ben]) {
      await go(person, '/join/hello')
      await person.page.getByText('This link cannot be used').waitFor()
    }
    await lookAtBoth('join-failed')
  })

  test('the rooms, and a room in which people talk', async () => {
    for (const person of [ada, ben]) {
      await go(person, '/')
      await person.page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
    }
    await say(ada.page, 'Chapter **seven** tonight? I have put notes here: https://example.org/notes')
    await ben.page.getByTestId('message').first().waitFor()
    await say(
      ben.page,
      'Yes! I liked the part about the lighthouse.\n\n> Nothing is ever only one thing.\n\nBest line of it.',
    )
    await say(ben.page, 'Who brings tea?')
    await ada.page.getByTestId('message').nth(2).waitFor()
    await say(ada.page, 'Me.')
    await ben.page.getByTestId('message').nth(3).waitFor()
    await lookAtBoth('room')
    await ada.page.getByTestId('choose-messages').click()
    await ben.page.getByTestId('room-menu').press('Enter')
    await ben.page.getByTestId('choose-messages').click()
    for (const { page } of [ada, ben]) {
      await page.getByTestId('message').nth(1).click()
      await page.getByTestId('choose-message').nth(3).check()
      await page.getByText('2 messages chosen').waitFor()
      await look(page, 'choosing')
      await page.getByTestId('excerpt-bar').getByRole('button', { name: 'Cancel' }).click()
      await page.getByTestId('composer').waitFor()
    }
    await ben.page.getByTestId('room-menu').press('Enter')
    await ben.page.getByTestId('export-button').waitFor()
    await look(ben.page, 'room-menu')
    await close(ben.page)
    await ben.page.getByTestId('export-button').waitFor({ state: 'detached' })
    await untilFocused(ben.page, 'room-menu')
    await ben.page.getByRole('button', { name: /^Members/ }).click()
    await look(ben.page, 'members')
    await ben.page.getByRole('button', { name: 'Hide members' }).click()
    await go(ben, '/')
    await go(ada, '/')
    await ben.page.getByTestId('room-row').first().waitFor()
    await lookAtBoth('rooms')
  })

  test('a call that comes in, one that goes on, and the room after it', async () => {
    for (const person of [ada, ben]) {
      await go(person, '/')
      await person.page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
    }
    await ada.page.getByTestId('call-button').click()
    await ben.page.getByTestId('accept-call').waitFor()
    await look(ben.page, 'incoming-call')
    await look(ada.page, 'outgoing-call')
    await ben.page.getByTestId('decline-call').click()
    await ada.page.getByTestId('remote-video').waitFor({ state: 'detached' })
    await lookAtBoth('call-declined')
    await ben.page.getByRole('button', { name: /^Members/ }).click()
    await ben.page.getByTestId('call-button').click()
    await ben.page.getByTestId('member-row').first().waitFor({ state: 'detached' })
    await ada.page.getByTestId('accept-call').waitFor()
    // Everything is in sight again.
    await ada.page.getByText('Jump to latest').waitFor({ state: 'hidden' })
    await look(ada.page, 'incoming-call')
    await ada.page.getByTestId('accept-call').click()
    for (const [person, own, other] of [
      [ada, motifs.ada, motifs.ben],
      [ben, motifs.ben, motifs.ada],
    ] as const) {
      await person.page.getByTestId('call-state').getByText('secure').waitFor()
      await until(async () => {
        const faults = pictureFaults(await watchPicture(person.page, 'remote-video'), { own, other })
        return faults.length === 0
      }, 'a picture')
    }
    await lookAtBoth('call')
    // The newest row stays in sight, although the call took half of the room.
    await ada.page.getByTestId('call-row').last().waitFor()
    await ada.page.getByText('Jump to latest').waitFor({ state: 'hidden' })
    await ada.page.getByRole('button', { name: 'Larger' }).click()
    await ben.page.getByRole('button', { name: 'Larger' }).click()
    await lookAtBoth('call-larger')
    for (const { page } of [ada, ben]) await untilOnScreen(page, 'hang-up')
    for (const { page } of [ada, ben]) await page.getByRole('button', { name: 'Smaller' }).click()
    await ada.page.getByTestId('mute').click()
    await ada.page.getByTestId('camera').click()
    for (const { page } of [ada, ben]) await page.locator('figure').getByText('Camera off').waitFor()
    await lookAtBoth('call-without-picture')
    for (const person of [ada, ben]) await go(person, '/')
    await lookAtBoth('call-elsewhere')
    await ada.page.getByTestId('hang-up').click()
    for (const person of [ada, ben]) {
      await person.page.getByTestId('remote-video').waitFor({ state: 'detached' })
      await person.page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
      await person.page.getByTestId('call-row').nth(1).waitFor()
    }
    await lookAtBoth('room-after-call')
    await ada.page.getByText('Jump to latest').waitFor({ state: 'hidden' })
  })

  test('a long conversation, which opens at its end and stays there', async () => {
    const { room } = await ada.tell({ type: 'create-room', name: 'Long talk' })
    for (let i = 1; i <= 120; i++) await ada.tell({ type: 'send-message', room, text: `Line ${i}\n\nof many` })
    await go(ada, `/room/${room}`)
    await untilInSight('Line 120')
    await look(ada.page, 'long-room')
    await ada.tell({ type: 'send-message', room, text: 'Line 121' })
    await untilInSight('Line 121')
    await ada.page.getByText('Jump to latest').waitFor({ state: 'hidden' })
    await lineAt('Line 121').hover()
    // A list that is still on its way to its end would take the first turn of the wheel back.
    await until(async () => {
      await ada.page.mouse.wheel(0, -2_000)
      return ada.page.getByText('Jump to latest').isVisible()
    }, 'the way back to the latest')
    await ada.page.getByText('Jump to latest').click()
    await untilInSight('Line 121')
    await ada.page.getByText('Jump to latest').waitFor({ state: 'hidden' })
  })

  const lineAt = (text: string) => ada.page.getByTestId('message-text').filter({ hasText: text })
  const untilInSight = async (line: string) => {
    const composer = (await ada.page.getByTestId('composer').boundingBox())!
    await until(async () => {
      const box = await lineAt(line).boundingBox()
      return box !== null && box.y > 0 && box.y + box.height <= composer.y
    }, `${line} in sight`)
  }

  test('a file that is verified, and one that was changed', async () => {
    const file = join(town.folder, 'book-club.parley')
    await ada.parley('export', 'Book club', file)
    await writeFile(file.replace('book-club', 'changed'), withOneBitTurned(await readFile(file)))
    const { input } = casesOf<{ readonly bundle: string }, never>('bundle', 'verifying').find(
      ({ title }) => title === 'an author who has written two histories of two lengths',
    )!
    await writeFile(file.replace('book-club', 'forked'), fromHex(input.bundle))
    for (const person of [ada, ben]) await go(person, '/verify')
    await lookAtBoth('verify')
    for (const [path, name] of [
      [file, 'verify-passed'],
      [file.replace('book-club', 'changed'), 'verify-failed'],
      [file.replace('book-club', 'forked'), 'verify-forked'],
    ] as const) {
      for (const { page } of [ada, ben]) {
        await page.getByTestId('verify-file').setInputFiles(path)
        await page.getByTestId('verify-result').waitFor()
      }
      await lookAtBoth(name)
      for (const { page } of [ada, ben]) await page.getByRole('button', { name: 'Check something else' }).click()
    }
  })

  test('the settings', async () => {
    for (const person of [ada, ben]) {
      await go(person, '/')
      await person.page.getByRole('button', { name: 'Settings' }).click()
      await person.page.getByText('Let another browser in').waitFor()
    }
    await lookAtBoth('settings')
    for (const { page } of [ada, ben]) {
      await page.getByRole('button', { name: /^Shut out/ }).click()
      await page.getByTestId('confirm-revoke').waitFor()
    }
    await lookAtBoth('settings-shut-out')
    for (const { page } of [ada, ben]) {
      await page.getByRole('button', { name: 'Leave it in' }).click()
      await page.getByTestId('confirm-revoke').waitFor({ state: 'detached' })
      await close(page)
    }
  })

  test('a browser that was not let in', async () => {
    for (const screen of ['wide', 'phone'] as const) {
      const stranger = await ada.openBrowser({ screen })
      await stranger.page.goto(ada.url)
      await stranger.page.getByText('parley open', { exact: true }).waitFor()
      await look(stranger.page, 'not-let-in')
      expect(stranger.takeComplaints()).toEqual([])
    }
  })

  test('a room without its node, and a room that waits', async () => {
    await ada.page.getByTestId('room-row').filter({ hasText: 'Book club' }).click()
    const { link } = await ada.parley('room', 'create', 'Night watch')
    await ada.killNode()
    await ada.page.getByText('Your node does not answer. What you see is as it was').waitFor()
    await look(ada.page, 'node-away')
    await go(ben, `/join/${link.replace(/^.*join\//, '')}`)
    await ben.page.getByTestId('join-confirm').click()
    await ben.page.getByText('Nobody who is in this room has been reached yet.').waitFor()
    await look(ben.page, 'waiting')
  })

  test('a message that waits, after a power cut, with nobody there', async () => {
    await rm(join(ada.home, 'store-mark.json'))
    await ada.startNode()
    const room = await ada.parley('room', 'create', 'Diary')
    await ada.killNode()
    await rm(join(ada.home, 'store-mark.json'))
    await ada.startNode()
    await go(ada, `/room/${room.room}`)
    await ada.page.getByTestId('composer').fill('Dear diary')
    await ada.page.keyboard.press('Enter')
    await ada.page.getByTestId('waiting-message').waitFor()
    await look(ada.page, 'message-waiting')
    await ada.page.getByTestId('message-text').filter({ hasText: 'Dear diary' }).waitFor()
    await ada.page.getByText('goes on in a new log').waitFor()
    await look(ada.page, 'log-joined')
  })
})

async function untilOnScreen(page: Page, testid: string): Promise<void> {
  const { height } = page.viewportSize()!
  await until(async () => {
    const box = await page.getByTestId(testid).boundingBox()
    return box !== null && box.y >= 0 && box.y + box.height <= height
  }, `the whole of ${testid} on the screen`)
}

describe('the keyboard alone', () => {
  test('leads from the first run through a new room and a message to the share dialog and back', async () => {
    const { page, browser, enter } = await town.addPerson()
    await enter()
    // The field has the focus already.
    await page.getByTestId('name-field').waitFor()
    await page.keyboard.type('Cyd')
    await page.keyboard.press('Enter')
    await page.getByTestId('new-room').waitFor()
    await tabTo(page, 'new-room')
    await page.keyboard.press('Enter')
    await page.getByTestId('room-name-field').waitFor()
    await page.keyboard.type('Notes')
    await page.keyboard.press('Enter')
    await page.getByTestId('composer').waitFor()
    await page.keyboard.type('Written without a mouse.')
    await page.keyboard.press('Enter')
    await page.getByTestId('message').filter({ hasText: 'Written without a mouse.' }).waitFor()
    await tabTo(page, 'share-button')
    await page.keyboard.press('Enter')
    await page.getByTestId('share-link').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('share-link').waitFor({ state: 'detached' })
    await untilFocused(page, 'share-button')
    expect(browser.takeComplaints()).toEqual([])
  })
})

/** Press Tab until something has the focus. Whatever has it on the way must show it. */
async function tabTo(page: Page, testid: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    const { testid: at, isShown, html } = await focused(page)
    expect(isShown, `the focus shows on ${html}`).toBe(true)
    if (at === testid) return
  }
  throw new Error(`Tab does not lead to ${testid}`)
}

/** The focus comes back a moment after what had it is gone. */
async function untilFocused(page: Page, testid: string): Promise<void> {
  await until(async () => (await focused(page)).testid === testid, `the focus on ${testid}`)
}

function focused(page: Page) {
  return page.evaluate(() => {
    const at = document.activeElement as HTMLElement
    const marked = [at, at.closest('label'), at.parentElement, at.parentElement?.parentElement]
    const isShown =
      at === document.body || marked.some((each) => each && getComputedStyle(each).outlineStyle !== 'none')
    return { testid: at.dataset.testid, isShown, html: at.outerHTML.slice(0, 200) }
  })
}
