import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { look } from '../support/browser-look.ts'
import { type Motif, motifs, pictureFaults, spareColour, watchPicture } from '../support/browser-picture.ts'
import { say } from '../support/browser-room.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

declare global {
  interface Window {
    notes: number
  }
}

let town: Town
/** At a wide screen. */
let ada: Person
/** At a phone's. */
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada, name: 'Ada' })
  ben = await town.addPerson({ motif: motifs.ben, name: 'Ben', screen: 'phone' })
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
  for (const { browser } of [ada, ben]) expect(browser.takeComplaints(nodeAway)).toEqual([])
})

const lookAtBoth = async (name: string) => {
  for (const { page } of [ada, ben]) await look(page, name)
}

/** Wait until a page shows one colour moving, and not that of its own camera. */
async function untilSeen(page: Page, testid: string, colour: Motif['colour'], own: Motif): Promise<void> {
  await until(async () => {
    const faults = pictureFaults(await watchPicture(page, testid), { own, other: { colour, hertz: 0 } })
    if (faults.length > 0) throw new Error(faults.join(', '))
    return true
  }, 'the picture')
}

const slideColour: Motif['colour'] = [120, 60, 160]

/** Another tab with nothing but one colour. */
async function openSlides({ browser, page }: Person): Promise<Page> {
  const slides = await browser.context.newPage()
  await slides.goto(`data:text/html,<title>Slides</title><body style="background:rgb(${slideColour.join()})">`)
  await page.bringToFront()
  return slides
}

/** Wait until a page shows one colour of the other side, moving or not, and no stand-in before it. */
async function untilShown(page: Page, colour: Motif['colour']): Promise<void> {
  await until(async () => {
    const faults = pictureFaults(await watchPicture(page, 'remote-video', 2), {
      own: motifs.ben,
      other: { colour, hertz: 0 },
    }).filter((fault) => fault !== 'frozen' && fault !== 'no code')
    if (faults.length > 0) throw new Error(faults.join(', '))
    return true
  }, 'the colour')
  await page.getByTestId('stand-in').waitFor({ state: 'detached' })
}

const levelAt = async (page: Page) => Number(await page.getByTestId('level').first().getAttribute('aria-valuenow'))

describe('before a call', () => {
  test('one looks at oneself, and chooses what one is seen and heard with', async () => {
    await ada.page.getByRole('button', { name: 'Settings' }).click()
    await ada.page.getByTestId('check-devices').click()
    await untilSeen(ada.page, 'preview-video', motifs.ada.colour, motifs.ben)
    await until(async () => (await levelAt(ada.page)) > 50, 'a voice')
    await look(ada.page, 'device-check')
    await ada.page.getByTestId('camera-field').selectOption({ label: 'Back camera' })
    await untilSeen(ada.page, 'preview-video', spareColour, motifs.ada)
    await ada.page.getByTestId('test-sound').click()
    await ada.page.keyboard.press('Escape')
    await ada.page.getByTestId('preview-video').waitFor({ state: 'detached' })
  })
})

describe('in a call', () => {
  test('the other sees the camera that was chosen before', async () => {
    await ada.page.getByTestId('call-button').click()
    await ben.page.getByTestId('accept-call').click()
    for (const { page } of [ada, ben]) await page.getByTestId('call-state').getByText('secure').waitFor()
    await untilSeen(ben.page, 'remote-video', spareColour, motifs.ben)
  })

  test('another camera is taken, and the other sees its picture', async () => {
    await ada.page.getByTestId('device-menu').click()
    await ada.page.getByTestId('camera-field').selectOption({ label: 'Front camera' })
    await untilSeen(ben.page, 'remote-video', motifs.ada.colour, motifs.ben)
    await until(async () => (await levelAt(ada.page)) > 50, 'a voice')
    await look(ada.page, 'call-devices')
    await ada.page.keyboard.press('Escape')
    await ben.page.getByTestId('device-menu').click()
    await look(ben.page, 'call-devices')
    await ben.page.keyboard.press('Escape')
  })

  test('a chosen camera that is pulled out is replaced, and that is said', async () => {
    await ada.page.getByTestId('device-menu').click()
    await ada.page.getByTestId('camera-field').selectOption({ label: 'Back camera' })
    await untilSeen(ben.page, 'remote-video', spareColour, motifs.ben)
    await ada.page.evaluate(() => window.unplug('back'))
    await ada.page.getByText('Back camera is gone').waitFor()
    await untilSeen(ben.page, 'remote-video', motifs.ada.colour, motifs.ben)
    expect(await ada.page.getByTestId('camera-field').locator('option').allInnerTexts()).toEqual([
      'The system’s own',
      'Front camera',
    ])
    await ada.page.keyboard.press('Escape')
  })

  test('a camera that another program has leaves the picture as it was, and that is said until one opens', async () => {
    await ben.page.evaluate(() => {
      const devices = navigator.mediaDevices
      const capture = devices.getUserMedia
      devices.getUserMedia = async () => {
        devices.getUserMedia = capture
        throw new DOMException('', 'NotReadableError')
      }
    })
    await ben.page.getByTestId('device-menu').click()
    await ben.page.getByTestId('camera-field').selectOption({ label: 'Back camera' })
    const trouble = ben.page.getByText('This device is in use by another program.')
    await trouble.waitFor()
    await untilSeen(ada.page, 'remote-video', motifs.ben.colour, motifs.ada)
    await ben.page.getByTestId('camera-field').selectOption({ label: 'Front camera' })
    await trouble.waitFor({ state: 'detached' })
    await untilSeen(ada.page, 'remote-video', motifs.ben.colour, motifs.ada)
    await ben.page.keyboard.press('Escape')
  })

  test('nobody is heard while muted, and one’s own level shows it', async () => {
    await ada.page.keyboard.press('m')
    await ada.page.getByTestId('device-menu').click()
    await until(async () => (await levelAt(ada.page)) === 0, 'silence')
    await ada.page.keyboard.press('Escape')
    await ada.page.keyboard.press('m')
    await lookAtBoth('in-call')
  })

  test('a screen takes the place of the camera, stays although nothing moves on it, and gives it back as it was', async () => {
    const slides = await openSlides(ada)
    await ada.page.keyboard.press('v')
    await ada.page.getByRole('button', { name: 'Camera on' }).waitFor()
    await ada.page.getByTestId('share-screen').click()
    await ada.page.getByText('You share your screen').waitFor()
    await untilShown(ben.page, slideColour)
    // Longer than a camera may be still.
    await ben.page.waitForTimeout(4_000)
    await untilShown(ben.page, slideColour)
    expect(await ben.page.getByTestId('stand-in').count()).toBe(0)
    await ben.page.getByText('Ada’s screen').waitFor()
    await lookAtBoth('call-screen')
    await ada.page.keyboard.press('s')
    await ben.page.getByTestId('stand-in').getByText('Camera off').waitFor()
    await ada.page.keyboard.press('v')
    await untilSeen(ben.page, 'remote-video', motifs.ada.colour, motifs.ben)

    await ada.page.keyboard.press('s')
    await untilShown(ben.page, slideColour)
    // As the browser's own bar ends it: the tab is gone.
    await slides.close()
    await ada.page.getByTestId('share-screen').getByText('Share screen').waitFor()
    await untilSeen(ben.page, 'remote-video', motifs.ada.colour, motifs.ben)
  })

  test('each sees who is muted, and who has turned the camera off, by their word', async () => {
    const mutedAt = ({ page }: Person) => page.getByTestId('muted-mark')
    await ben.page.keyboard.press('m')
    await mutedAt(ada).waitFor()
    await ben.page.keyboard.press('v')
    await ada.page.getByTestId('stand-in').getByText('Camera off').waitFor()
    await lookAtBoth('call-muted')
    await ben.page.keyboard.press('m')
    await ben.page.keyboard.press('v')
    await mutedAt(ada).waitFor({ state: 'detached' })
    await untilSeen(ada.page, 'remote-video', motifs.ben.colour, motifs.ada)
  })

  test('raised hands are seen and said, and stand in the order in which they were raised', async () => {
    const marksAt = ({ page }: Person) => page.getByTestId('hand-mark')
    await ada.page.keyboard.press('h')
    await ben.page.getByText('Ada raised a hand').waitFor()
    await ben.page.getByTestId('react').click()
    await ben.page.getByTestId('hand-in-menu').click()
    await ada.page.getByText('Ben raised a hand').waitFor()
    await until(async () => (await marksAt(ben).allInnerTexts()).length === 2, 'both marks')
    const numbersAt = async (person: Person) =>
      (await marksAt(person).allInnerTexts()).map((text) => /number (\d)/.exec(text)?.[1]).sort()
    for (const person of [ada, ben]) expect(await numbersAt(person)).toEqual(['1', '2'])
    await lookAtBoth('call-hands')
    await ada.page.getByTestId('hand').click()
    await until(async () => (await marksAt(ben).count()) === 1, 'one mark')
    await ben.page.keyboard.press('h')
    await until(async () => (await marksAt(ada).count()) === 0, 'no mark')
  })

  test('a reaction is seen by both for a moment, and said to who sees nothing', async () => {
    await ada.page.getByTestId('react').click()
    await look(ada.page, 'call-react')
    await ada.page.getByRole('button', { name: 'Celebrating' }).click()
    for (const { page } of [ada, ben]) await page.getByTestId('reaction').getByText('🎉').waitFor()
    await ben.page.getByTestId('reacted').getByText('Ada: Celebrating').waitFor()
    for (const { page } of [ada, ben]) await page.getByTestId('reaction').waitFor({ state: 'detached' })
    await ben.page.emulateMedia({ reducedMotion: 'reduce' })
    await ada.page.getByTestId('react').click()
    await ada.page.getByRole('button', { name: 'Applause' }).click()
    await ben.page.getByTestId('reaction').getByText('👏').waitFor()
    await look(ben.page, 'call-reaction-still')
    await ben.page.emulateMedia({ reducedMotion: null })
  })

  test('each reads how good the connection is, and the same emoji as the other', async () => {
    for (const { page } of [ada, ben]) {
      await page.getByTestId('call-details').click()
      const details = page.getByTestId('call-quality')
      await details.getByText('640 × 480').waitFor()
      const text = await details.innerText()
      expect(text).toMatch(/There and back\s+\d+ ms/)
      expect(text).toMatch(/Lost on the way to you\s+\d+\.\d %/)
      expect(text).toMatch(/Arrives\s+[\d.]+ [kM]b\/s/)
      expect(text).toMatch(/Codecs\s+.*(VP8|H264|VP9|AV1)/)
    }
    const [atAda, atBen] = await Promise.all([ada, ben].map(({ page }) => page.getByTestId('call-emoji').innerText()))
    expect(atAda!.match(/[A-Z][a-z]+/g)).toHaveLength(7)
    expect(atBen).toBe(atAda)
    await lookAtBoth('call-details')
    for (const { page } of [ada, ben]) await page.keyboard.press('Escape')
  })
  test('one arranges the pictures as one likes, also by keyboard', async () => {
    const sizeOf = async ({ page }: Person, testid: string) => (await page.getByTestId(testid).boundingBox())!
    const isLarger = async (person: Person, testid: string, than: string) =>
      (await sizeOf(person, testid)).width > 1.5 * (await sizeOf(person, than)).width
    for (const person of [ada, ben]) {
      expect(await isLarger(person, 'remote-video', 'own-video')).toBe(true)
      await person.page.getByTestId('swap').click()
      await until(() => isLarger(person, 'own-video', 'remote-video'), 'the own picture is the large one')
    }
    await lookAtBoth('call-swapped')
    for (const person of [ada, ben]) {
      await person.page.getByTestId('swap').press('Enter')
      await person.page.getByTestId('view-menu').press('Enter')
      await person.page.getByTestId('side-by-side').waitFor()
      await look(person.page, 'call-view-menu')
      await person.page.getByTestId('side-by-side').press('Enter')
      await until(async () => {
        const [own, remote] = [await sizeOf(person, 'own-video'), await sizeOf(person, 'remote-video')]
        return Math.abs(own.width - remote.width) < 2 && Math.abs(own.height - remote.height) < 2
      }, 'both are equal')
    }
    await lookAtBoth('call-side-by-side')
    await ada.page.keyboard.press('f')
    await until(async () => (await sizeOf(ada, 'remote-video')).height > 600, 'the whole screen')
    await untilSeen(ada.page, 'remote-video', motifs.ben.colour, motifs.ada)
    await look(ada.page, 'call-full-screen')
    await ada.page.keyboard.press('f')
    await until(async () => (await sizeOf(ada, 'remote-video')).height < 600, 'the stage again')
  })

  test('what is said is read and answered beside the large picture, and counted where it is not seen', async () => {
    await ada.page.getByRole('button', { name: 'Larger' }).click()
    await ada.page.getByTestId('composer').waitFor({ state: 'hidden' })
    await say(ben.page, 'Can you see this?')
    const toggle = ada.page.getByTestId('call-chat')
    await until(async () => (await toggle.getAttribute('aria-label')) === 'Chat, 1 unread', 'one unread')
    await look(ada.page, 'call-large-unread')
    await ada.page.getByTestId('hang-up').focus()
    await ada.page.keyboard.press('c')
    await ada.page.getByTestId('message').getByText('Can you see this?').waitFor()
    await until(async () => (await toggle.getAttribute('aria-label')) === 'Chat', 'nothing unread')
    expect(await ada.page.getByTestId('composer').inputValue()).toBe('')
    await say(ada.page, 'I can.')
    await look(ada.page, 'call-chat')

    await ben.page.getByTestId('message').getByText('I can.').waitFor()
    await ben.page.getByRole('button', { name: 'Larger' }).click()
    await ben.page.getByTestId('call-chat').click()
    await ben.page.getByTestId('message').getByText('I can.').waitFor()
    await look(ben.page, 'call-chat')
    await ben.page.getByTestId('call-chat').click()
    await ben.page.getByTestId('composer').waitFor({ state: 'hidden' })
    await ben.page.getByRole('button', { name: 'Smaller' }).click()

    await ada.page.getByTestId('hang-up').focus()
    await ada.page.keyboard.press('f')
    await until(() => ada.page.evaluate(() => document.fullscreenElement !== null), 'the whole screen')
    await ada.page.getByTestId('message').getByText('Can you see this?').waitFor()
    await look(ada.page, 'call-chat-full')
    await ada.page.keyboard.press('c')
    await ada.page.getByTestId('composer').waitFor({ state: 'hidden' })
    await ada.page.keyboard.press('f')
    await ada.page.getByRole('button', { name: 'Smaller' }).click()
    await ada.page.getByTestId('composer').waitFor()
  })

  test('the other’s picture floats over other windows', async () => {
    await ada.page.getByTestId('view-menu').click()
    await ada.page.getByTestId('picture-in-picture').click()
    await ada.page.waitForFunction(() => document.pictureInPictureElement?.matches('[data-testid="remote-video"]'))
    await ada.page.getByTestId('view-menu').click()
    await ada.page.getByTestId('picture-in-picture').click()
    await ada.page.waitForFunction(() => document.pictureInPictureElement === null)
  })
})

describe('after a call', () => {
  test('one calls again, and hears that it rings, until it does no more', async () => {
    await ada.page.getByTestId('hang-up').click()
    await ada.page.getByTestId('remote-video').waitFor({ state: 'detached' })
    await ada.page.evaluate(() => {
      Object.assign(window, { notes: 0 })
      const { start } = AudioScheduledSourceNode.prototype
      AudioScheduledSourceNode.prototype.start = function (...when) {
        // Those of the camera's own microphone play elsewhere.
        if (this instanceof OscillatorNode && this.frequency.value === 392) window.notes++
        start.apply(this, when)
      }
    })
    const notes = () => ada.page.evaluate(() => window.notes)
    await ada.page.getByTestId('call-button').click()
    await until(async () => (await notes()) >= 2, 'two notes')
    await ben.page.getByTestId('decline-call').click()
    await ada.page.getByText('Ben declined the call.').waitFor()
    const heard = await notes()
    await ada.page.waitForTimeout(5_000)
    expect(await notes()).toBe(heard)
  })
})
