import { type FrameKind, FrameOpener, FrameSealer } from '../../protocol/call/media-frame.ts'
import { deriveFrameKey, type FrameKey } from '../../protocol/call/sframe.ts'
import { frameCrypto } from './frame-crypto.ts'
import type { FrameCounts, FrameWord, FrameWork, GivenKey } from './frame-work.ts'

/** What one `RTCRtpScriptTransform` is for. */
export type FramePlace =
  | { readonly side: 'send'; readonly kind: FrameKind }
  | { readonly side: 'receive'; readonly kind: FrameKind; readonly slot: number }

/** Who is in a slot: another device, or another session of it, begins anew. */
interface Shown {
  readonly sender: string
  readonly opener: FrameOpener
  hasOpened: boolean
}

declare const self: DedicatedWorkerGlobalScope

const sealer = new FrameSealer()
const shown = new Map<number, Shown>()
const counts: { -readonly [name in keyof FrameCounts]: FrameCounts[name] } = { sealed: 0, opened: 0, refused: 0 }
let working: Promise<void> = Promise.resolve()

self.addEventListener('message', ({ data }: MessageEvent<FrameWork>) => {
  // One after the other, so that an older key never comes behind a newer one.
  working = working.then(() => work(data))
})

async function work(given: FrameWork): Promise<void> {
  if (given.type === 'count') return say({ type: 'counts', counts })
  if (given.type === 'own') return sealer.use(await keyOf(given.key))
  const known = shown.get(given.slot)
  const here =
    known?.sender === given.sender ? known : { sender: given.sender, opener: new FrameOpener(), hasOpened: false }
  shown.set(given.slot, here)
  here.opener.use(await Promise.all(given.keys.map(keyOf)), performance.now())
}

function say(word: FrameWord): void {
  self.postMessage(word)
}

function keyOf({ id, baseKey }: GivenKey): Promise<FrameKey> {
  return deriveFrameKey(BigInt(id), baseKey, frameCrypto)
}

self.addEventListener('rtctransform', ({ transformer }: RTCTransformEvent) => {
  const place = transformer.options as FramePlace
  const through = new TransformStream<RTCEncodedVideoFrame | RTCEncodedAudioFrame>({
    async transform(frame, controller) {
      const done = await pass(new Uint8Array(frame.data), place)
      if (!done) return
      frame.data = done.buffer as ArrayBuffer
      controller.enqueue(frame)
    },
  })
  // Ends with its connection.
  transformer.readable
    .pipeThrough(through)
    .pipeTo(transformer.writable)
    .catch(() => undefined)
})

/** The frame sealed, or opened; null if it has to be dropped. */
async function pass(frame: Uint8Array, place: FramePlace): Promise<Uint8Array | null> {
  try {
    if (place.side === 'send') {
      const sealed = await sealer.seal(place.kind, frame)
      if (sealed) counts.sealed++
      return sealed
    }
    const here = shown.get(place.slot)
    const opened = here ? await here.opener.open(place.kind, frame, performance.now()) : null
    if (!here || !opened) {
      counts.refused++
      return null
    }
    counts.opened++
    if (!here.hasOpened) say({ type: 'opened', sender: here.sender })
    here.hasOpened = true
    return opened
  } catch {
    // Also what is malformed: whoever sends it is not told.
    counts.refused++
    return null
  }
}
