import type { OwnGroupCall } from '../../node/api/calls.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { type PictureLayer, pictureLayers } from '../../protocol/call/fan-out.ts'
import type { GivenKey } from '../../web/calls/frame-work.ts'
import { type HeadlessPage, openHeadlessPage } from './headless-page.ts'
import type { TestPerson } from './nodes.ts'

/** Encoded pictures of one layer: a key frame, and those that follow it. */
export type Recording = readonly Uint8Array[]

export interface CallBotOptions {
  /** What it shows, in each layer; by default what is no picture to anybody. */
  readonly pictures?: Readonly<Record<PictureLayer, Recording>>
  readonly voice?: Recording
  /** Which size it asks for of everybody. */
  readonly tile?: PictureLayer
}

/** A participant of group calls without a window: a real node, and a page that plays recordings and counts what it can open. */
export interface CallBot {
  readonly person: TestPerson
  call(): OwnGroupCall | null
  /** Frames of somebody that opened here, by their identity. */
  opened(identity: string): { readonly audio: number; readonly video: number }
  close(): void
}

const slots = 11
const [framesPerSecond, voicesPerSecond] = [10, 20]

export function openCallBot(person: TestPerson, options: CallBotOptions = {}): CallBot {
  const { pictures = noPictures, voice = [new Uint8Array(20)], tile = 'small' } = options
  const due = new Map<PictureLayer, number>()
  let page: HeadlessPage | null = null
  let view: OwnGroupCall | null = null
  let told = ''
  let working: Promise<unknown> = Promise.resolve()
  let count = 0

  const unwatch = person.backend.watch({ type: 'group-call' }, ({ call }) => {
    view = call
    working = working.then(follow).catch(() => undefined)
  })

  async function follow(): Promise<void> {
    if (view?.state !== 'in' || view.form === 'mesh') {
      page?.close()
      page = null
      return
    }
    page ??= await connect(view.id)
    await takeKeys(page, view)
    const tiles = view.participants.map(({ device }) => ({ device, picture: tile }))
    if (JSON.stringify(tiles) === told) return
    told = JSON.stringify(tiles)
    await person.run('set-tiles', { call: view.id, tiles })
  }

  async function connect(call: string): Promise<HeadlessPage> {
    told = ''
    const opened = await openHeadlessPage({ slots, onKeyFrameRequest: (layer) => due.delete(layer) })
    const { sdp } = await person.run('connect-fan-out', { call, sdp: opened.offer })
    await opened.begin(sdp)
    return opened
  }

  const speaking = setInterval(() => {
    count++
    void page?.send(null, voice[count % voice.length]!, (count * 48_000) / voicesPerSecond)
  }, 1_000 / voicesPerSecond)
  const filming = setInterval(() => {
    for (const layer of pictureLayers) {
      if (!view?.fanOut?.watched.includes(layer)) continue
      const frames = pictures[layer]
      const at = due.get(layer) ?? 0
      due.set(layer, (at + 1) % frames.length)
      void page?.send(layer, frames[at]!, (count * 90_000) / voicesPerSecond)
    }
  }, 1_000 / framesPerSecond)

  return {
    person,
    call: () => view,
    opened(identity) {
      const device = view?.participants.find((each) => each.identity === identity)?.device
      const slot = view?.fanOut?.slots.findIndex((each) => each?.device === device) ?? -1
      return page?.counts.opened[slot] ?? { audio: 0, video: 0 }
    },
    close() {
      unwatch()
      clearInterval(speaking)
      clearInterval(filming)
      page?.close()
      page = null
    },
  }
}

async function takeKeys(page: HeadlessPage, { fanOut }: OwnGroupCall): Promise<void> {
  if (!fanOut) return
  if (fanOut.key) await page.sealBy(givenKey(fanOut.key))
  for (const [slot, shown] of fanOut.slots.entries()) {
    if (shown) await page.openBy(slot, `${shown.device}/${shown.session}`, shown.keys.map(givenKey))
  }
}

const givenKey = ({ id, baseKey }: { id: string; baseKey: string }): GivenKey => ({ id, baseKey: fromHex(baseKey) })

const noPicture: Recording = Array.from({ length: 10 }, (_, i) =>
  new Uint8Array(i === 0 ? 800 : 100).fill(i === 0 ? 0 : 1),
)
const noPictures = { small: noPicture, medium: noPicture, large: noPicture }
