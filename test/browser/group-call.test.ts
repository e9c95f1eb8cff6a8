import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeAway } from '../support/browser.ts'
import { look } from '../support/browser-look.ts'
import { type Motif, motifs, pictureFaults, watchPicture } from '../support/browser-picture.ts'
import { openTown, type Person, type Town } from '../support/people.ts'
import { until } from '../support/until.ts'

const films = {
  Ada: { ...motifs.ada, small: true },
  Ben: { ...motifs.ben, small: true },
  Cyd: { colour: [210, 180, 40], hertz: 600, small: true },
  Dov: { colour: [130, 50, 160], hertz: 800, small: true },
} as const satisfies Record<string, Motif>
type Name = keyof typeof films
const names = Object.keys(films) as Name[]

let town: Town
let people: Record<Name, Person>

beforeAll(async () => {
  town = await openTown()
  const ada = await town.addPerson({ motif: films.Ada, name: 'Ada' })
  // At a phone.
  const ben = await town.addPerson({ motif: films.Ben, name: 'Ben', screen: 'phone' })
  const cyd = await town.addPerson({ motif: films.Cyd, name: 'Cyd' })
  const dov = await town.addPerson({ motif: films.Dov, name: 'Dov', screen: 'phone' })
  people = { Ada: ada, Ben: ben, Cyd: cyd, Dov: dov }
  const { link } = await ada.parley('room', 'create', 'Book club')
  for (const { parley } of [ben, cyd, dov]) await parley('room', 'join', link)
  for (const { page, enter } of Object.values(people)) {
    await enter()
    await page.getByTestId('room-row').click()
    await page.getByText('Connected with 3 people').waitFor()
  }
}, 240_000)
afterAll(() => town?.close())
afterEach(() => {
  for (const { browser } of Object.values(people)) expect(browser.takeComplaints(nodeAway)).toEqual([])
})

const join = (name: Name) => people[name].page.getByTestId('join-group-call').click()

/** Wait until a page shows each of these by their own colour, moving, in their own tile, and nobody else. */
async function untilSees(viewer: Name, ...others: readonly Name[]): Promise<void> {
  const { page } = people[viewer]
  await until(async () => {
    expect((await page.locator('[data-testid^="video-"]').count()) === others.length).toBe(true)
    for (const other of others) {
      const looks = await watchPicture(page, `video-${other}`, 3)
      const faults = pictureFaults(looks, { own: films[viewer], other: films[other] })
      if (faults.length > 0) throw new Error(`${viewer} sees ${other}: ${faults.join(', ')}`)
    }
    return true
  }, `the pictures at ${viewer}`)
}

async function untilAllSee(...all: readonly Name[]): Promise<void> {
  for (const viewer of all) {
    await untilSees(viewer, ...all.filter((each) => each !== viewer))
    await people[viewer].page.getByTestId('group-state').getByText('secure', { exact: true }).waitFor()
  }
}

describe('people of a room', () => {
  test('see that somebody has started a call, and come to it with one click', async () => {
    const { Ada, Ben } = people
    await Ada.page.getByTestId('start-group-call').click()
    await Ada.page.getByText('nobody else is here yet').waitFor()
    await look(Ada.page, 'group-call-alone')
    await Ben.page.getByTestId('group-banner').getByText('Ada').waitFor()
    await look(Ben.page, 'group-call-banner')
    await join('Ben')
    await untilAllSee('Ada', 'Ben')
    await look(Ada.page, 'group-call-two')
    await look(Ben.page, 'group-call-two')
  })

  test('see each other by threes and fours, each in their own tile, over connections that are all secure', async () => {
    await join('Cyd')
    await untilAllSee('Ada', 'Ben', 'Cyd')
    await look(people.Ada.page, 'group-call-three')
    await look(people.Ben.page, 'group-call-three')
    await join('Dov')
    await untilAllSee(...names)
    await look(people.Ada.page, 'group-call-four')
    await look(people.Ben.page, 'group-call-four')
  })

  test('keep somebody large, and have who speaks marked', async () => {
    const { page } = people.Ada
    await page.locator('[data-testid^="seat-"].speaking').first().waitFor()
    const widthOf = async (name: Name) => (await page.getByTestId(`video-${name}`).boundingBox())!.width
    await page.getByTestId('pin-Cyd').focus()
    await page.keyboard.press('Enter')
    await until(async () => (await widthOf('Cyd')) > 2 * (await widthOf('Ben')), 'Cyd is large')
    await look(page, 'group-call-pinned')
    await page.keyboard.press('Enter')
    await until(async () => Math.abs((await widthOf('Cyd')) - (await widthOf('Ben'))) < 2, 'all are equal')
  })

  test('go on when one leaves, who comes back', async () => {
    await people.Ben.page.getByTestId('hang-up').click()
    await untilAllSee('Ada', 'Cyd', 'Dov')
    await people.Ben.page.getByTestId('group-banner').getByText('Ada, Cyd, Dov').waitFor()
    await join('Ben')
    await untilAllSee(...names)
  })

  test('see that somebody’s node has gone, and have them back as soon as it is: their page comes by itself', async () => {
    const { Ada, Dov } = people
    await Dov.killNode()
    await Ada.page.getByTestId('seat-Dov').and(Ada.page.locator('[data-state=reconnecting]')).waitFor()
    await look(Ada.page, 'group-call-reconnecting')
    await Dov.startNode()
    await untilAllSee(...names)
    // It asks until the others have been found.
    Dov.browser.takeComplaints(nodeAway, /404 \(Not Found\).*\/api\/commands/)
  })

  test('read afterwards who was in it', async () => {
    for (const { page } of Object.values(people)) await page.getByTestId('hang-up').click()
    for (const { page } of Object.values(people)) {
      await page.getByTestId('group-banner').waitFor({ state: 'detached' })
      await page.getByTestId('group-call-row').getByText('Group call').waitFor()
    }
    await look(people.Cyd.page, 'group-call-over')
    expect(await people.Cyd.page.getByTestId('group-call-row').innerText()).toMatch(
      /Group call\s+· .*min.* · Ada, Ben, You, Dov/,
    )
  })
})
