import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type BrowserSide, openBrowser, servePage } from './browser/browser-side.ts'
import { openParty, type Party, room, type Side, until } from './call-pair.ts'

const colours = { ada: '#c02020', ben: '#2040c0' }
const patience = { timeout: 15_000 }
let served: Awaited<ReturnType<typeof servePage>>
let party: Party
let ada: Side
let ben: Side
let atAda: BrowserSide
let atBen: BrowserSide

beforeAll(async () => {
  party = await openParty({ candidateAddress: null }, ['a', '1'], ['b', '2'])
  const [first, second] = party.sides
  ada = first!
  ben = second!
  served = await servePage()
  atAda = await openBrowser(served.url, ada, colours.ada)
  atBen = await openBrowser(served.url, ben, colours.ben)
}, 60_000)

afterEach(async () => {
  for (const { page } of [atAda, atBen]) await page.evaluate(() => window.page.media.hangUp())
  await until(() => [ada, ben].every((side) => side.state()?.state !== 'connecting'))
})

afterAll(async () => {
  await Promise.all([atAda.close(), atBen.close(), party.close()])
  served.close()
})

const reaches = ({ page }: BrowserSide, state: string) =>
  page.waitForFunction((wanted) => window.page.media.state.value === wanted, state, patience)
const pictured = ({ page }: BrowserSide) => page.waitForFunction(() => window.page.firstFrame, null, patience)
const look = ({ page }: BrowserSide) => page.evaluate(() => window.page.look()!)
const troubleAt = ({ page }: BrowserSide) => page.evaluate(() => window.page.media.trouble.value)
const call = ({ page }: BrowserSide, side: Side) =>
  page.evaluate(([where, to]) => window.page.media.start(where!, to!), [room, side.identity])

async function accept(): Promise<void> {
  await call(atAda, ben)
  await reaches(atBen, 'ringing')
  await atBen.page.evaluate(() => window.page.accept())
}

const talking = () => Promise.all([atAda, atBen].flatMap((side) => [reaches(side, 'secure'), pictured(side)]))

/** Make the camera or microphone of a page answer like a computer that has other ones. */
const refuse = ({ page }: BrowserSide, name: string, onlyPictures: boolean) =>
  page.evaluate(
    ([error, only]) => {
      const devices = navigator.mediaDevices
      const capture = devices.getUserMedia
      devices.getUserMedia = (wanted) => {
        if (only && !wanted?.video) return capture.call(devices, wanted)
        return Promise.reject(new DOMException('', error as string))
      }
      window.restore = () => {
        devices.getUserMedia = capture
      }
    },
    [name, onlyPictures] as const,
  )

/** Make the camera and microphone of a page take until `letOpen` or `letFail`. */
const hold = ({ page }: BrowserSide) =>
  page.evaluate(() => {
    const devices = navigator.mediaDevices
    const capture = devices.getUserMedia
    let open = (): void => {}
    let fail = (_error: string): void => {}
    const held = new Promise<void>((resolve, reject) => {
      open = resolve
      fail = (error) => reject(new DOMException('', error))
    })
    devices.getUserMedia = async (wanted) => {
      await held
      return capture.call(devices, wanted)
    }
    Object.assign(window, {
      letOpen: open,
      letFail: fail,
      restore: () => {
        devices.getUserMedia = capture
      },
    })
  })
const letOpen = ({ page }: BrowserSide) => page.evaluate(() => window.letOpen())
const letFail = ({ page }: BrowserSide, name: string) => page.evaluate((error) => window.letFail(error), name)
const hears = async ({ page }: BrowserSide) => (await page.evaluate(() => window.page.soundEnergy())) > 0.01
const hasCamera = ({ page }: BrowserSide) => page.evaluate(() => window.page.media.local.value !== null)
const refusal =
  'This page may not use the camera and microphone. Allow them next to the address of the page, then try again.'
const restore = ({ page }: BrowserSide) => page.evaluate(() => window.restore())

describe('two browsers', { timeout: 60_000 }, () => {
  test('see each other move, hear each other, and know that it is secure', async () => {
    await accept()
    await talking()
    const first = [await look(atAda), await look(atBen)]
    await new Promise((resolve) => setTimeout(resolve, 700))
    const later = [await look(atAda), await look(atBen)]
    // Each sees the colour of the other, and numbers that go on: no frozen, swapped or own picture.
    expect(later[0]!.colour[2]! - later[0]!.colour[0]!).toBeGreaterThan(80)
    expect(later[1]!.colour[0]! - later[1]!.colour[2]!).toBeGreaterThan(80)
    for (const i of [0, 1]) expect(later[i]!.code - first[i]!.code).toBeGreaterThan(5)
    expect(await atAda.page.evaluate(() => window.page.soundEnergy())).toBeGreaterThan(0.01)

    const local = await atAda.page.evaluateHandle(() => window.page.media.local.value!)
    await atBen.page.evaluate(() => window.page.media.hangUp())
    await Promise.all([reaches(atAda, 'ended'), reaches(atBen, 'ended')])
    expect(await local.evaluate((stream) => stream.getTracks().map(({ readyState }) => readyState))).toEqual([
      'ended',
      'ended',
    ])
    expect(await atAda.page.evaluate(() => window.page.media.remote.value)).toBeNull()
  })

  test('that call each other at once are in one call', async () => {
    await Promise.all([call(atAda, ben), call(atBen, ada)])
    await talking()
    expect(ada.state()?.id).toBe(ben.state()?.id)
  })

  test('go on after their nodes had lost each other for longer than a browser waits by itself', async () => {
    await accept()
    await talking()
    party.disconnect(ada, ben)
    await new Promise((resolve) => setTimeout(resolve, 22_000))
    const { code } = await look(atAda)
    party.connect(ada, ben)
    await atAda.page.waitForFunction((before) => (window.page.look()?.code ?? 0) > before + 10, code, patience)
    expect(await atAda.page.evaluate(() => window.page.media.state.value)).toBe('secure')
  })

  test('end the call when the certificate is not the one that was signed', async () => {
    // The SDP that the browser is given stays whole, so that the browser itself has nothing to object to.
    atAda.onView = ({ call }) => ({
      call: call?.remote ? { ...call, remote: { ...call.remote, fingerprint: 'AA:'.repeat(31).concat('AA') } } : call,
    })
    await accept()
    await Promise.all([reaches(atAda, 'ended'), reaches(atBen, 'ended')])
    atAda.onView = (view) => view
    expect(await troubleAt(atAda)).toBe(
      'The other side could not prove that it is who it should be. The call was ended.',
    )
    expect(ben.state()).toMatchObject({ state: 'ended', reason: 'failed' })
  })

  test('say in words when the camera may not be used, and call nobody', async () => {
    const written = ada.written.length
    await refuse(atAda, 'NotAllowedError', false)
    await call(atAda, ben)
    await restore(atAda)
    expect(await troubleAt(atAda)).toBe(refusal)
    expect(ada.written).toHaveLength(written)
  })

  test('talk without a camera where there is none', async () => {
    await refuse(atBen, 'NotFoundError', true)
    await accept()
    await Promise.all([reaches(atAda, 'secure'), reaches(atBen, 'secure'), pictured(atBen)])
    await restore(atBen)
    expect(await troubleAt(atBen)).toBe('No camera was found: you are heard, but not seen.')
    expect(await atAda.page.evaluate(() => window.page.soundEnergy())).toBeGreaterThan(0.01)
  })
  test('ring and answer before a camera is there, and what is switched off by then is never seen or heard', async () => {
    for (const side of [atAda, atBen]) await hold(side)
    const calling = call(atAda, ben)
    await reaches(atBen, 'ringing')
    const accepting = atBen.page.evaluate(() => window.page.accept())
    await Promise.all([reaches(atAda, 'secure'), reaches(atBen, 'secure')])
    expect([await hasCamera(atAda), await hasCamera(atBen)]).toEqual([false, false])
    await atAda.page.evaluate(() => {
      window.page.media.toggleMute()
      window.page.media.toggleCamera()
    })
    for (const side of [atAda, atBen]) await letOpen(side)
    await Promise.all([calling, accepting, pictured(atAda)])
    expect([await hears(atAda), await hears(atBen)]).toEqual([true, false])
    expect(Math.max(...((await look(atBen))?.colour ?? [0]))).toBeLessThan(40)

    await atAda.page.evaluate(() => {
      window.page.media.toggleMute()
      window.page.media.toggleCamera()
    })
    await atBen.page.waitForFunction(() => (window.page.look()?.colour[0] ?? 0) > 100, null, patience)
    expect(await hears(atBen)).toBe(true)
    for (const side of [atAda, atBen]) await restore(side)
  })

  test('end the call in the same words when the camera is refused after it has begun to ring', async () => {
    await hold(atAda)
    const calling = call(atAda, ben)
    await reaches(atBen, 'ringing')
    await letFail(atAda, 'NotAllowedError')
    await calling
    await restore(atAda)
    expect(await troubleAt(atAda)).toBe(refusal)
    await reaches(atBen, 'ended')
    expect(ben.state()).toMatchObject({ state: 'ended', reason: 'failed' })
  })

  test('end the call in the same words when the camera is refused after the answer', async () => {
    await hold(atBen)
    await call(atAda, ben)
    await reaches(atBen, 'ringing')
    const accepting = atBen.page.evaluate(() => window.page.accept())
    await reaches(atAda, 'secure')
    await letFail(atBen, 'NotAllowedError')
    await accepting
    await restore(atBen)
    expect(await troubleAt(atBen)).toBe(refusal)
    await reaches(atAda, 'ended')
    expect(ada.state()).toMatchObject({ state: 'ended', reason: 'failed' })
  })

  test('show another certificate in each call', async () => {
    const shown = new Set<string>()
    for (let i = 0; i < 2; i++) {
      await accept()
      await talking()
      for (const side of [ada, ben]) shown.add(side.state()!.remote!.fingerprint)
      await atBen.page.evaluate(() => window.page.media.hangUp())
      await Promise.all([reaches(atAda, 'ended'), reaches(atBen, 'ended')])
    }
    expect(shown.size).toBe(4)
  })
})
