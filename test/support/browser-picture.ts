import type { Page } from 'playwright-core'

type Colour = readonly [red: number, green: number, blue: number]

/** What a test camera films and its microphone hears: one colour with a number that counts up, and one tone. */
export interface Motif {
  readonly colour: Colour
  readonly hertz: number
  /** A small camera with few pictures, where many people share a machine. */
  readonly small?: boolean
}

/** The second camera of everybody films this. */
export const spareColour: Colour = [40, 150, 60]

declare global {
  interface Window {
    /** Pull out a device of `filmMotif`, by its id. */
    unplug(id: string): void
  }
}

export const motifs = {
  ada: { colour: [200, 50, 40], hertz: 440 },
  ben: { colour: [40, 80, 200], hertz: 1_000 },
} as const satisfies Record<string, Motif>

/** One look at a moving picture. */
export interface Look {
  readonly colour: Colour
  /** The number in the bars; null where there are no sharp bars. */
  readonly count: number | null
}

/** The size at which a video is looked at. */
const [width, height] = [64, 48]
const bars = 16
const counts = 2 ** bars
/** Colour fills the picture; the bars cross it between these heights. */
const band = { from: 0.6, to: 0.9 } as const

/** Run by the page before its own code: two cameras, a microphone and a speaker, and nobody is asked. The first camera and the microphone give the motif. */
export function filmMotif({ colour, hertz, small, layout }: Motif & { layout: typeof cameraLayout }): void {
  const [wide, high, perSecond] = small ? [320, 240, 8] : [640, 480, 20]
  const devices = navigator.mediaDevices
  // A tab beside the page may have none.
  if (!devices) return
  let plugged = [
    { kind: 'audioinput', deviceId: 'desk', label: 'Desk microphone' },
    { kind: 'videoinput', deviceId: 'front', label: 'Front camera' },
    { kind: 'videoinput', deviceId: 'back', label: 'Back camera' },
    { kind: 'audiooutput', deviceId: 'box', label: 'Box on the shelf' },
  ]

  function film(colour: Colour): MediaStreamTrack {
    const canvas = document.createElement('canvas')
    canvas.width = wide!
    canvas.height = high!
    const brush = canvas.getContext('2d')!
    const track = canvas.captureStream(perSecond).getVideoTracks()[0]!
    let count = 0
    const timer = setInterval(() => {
      if (track.readyState === 'ended') return clearInterval(timer)
      count = (count + 1) % layout.counts
      brush.fillStyle = `rgb(${colour.join()})`
      brush.fillRect(0, 0, canvas.width, canvas.height)
      for (let i = 0; i < layout.bars; i++) {
        brush.fillStyle = (count >> i) & 1 ? '#fff' : '#000'
        const [across, from, to] = [wide! / layout.bars, layout.from * high!, layout.to * high!]
        brush.fillRect(i * across, from, across, to - from)
      }
    }, 1_000 / perSecond!)
    return track
  }

  function hum(): MediaStreamTrack {
    const context = new AudioContext()
    const tone = context.createOscillator()
    tone.frequency.value = hertz
    const out = context.createMediaStreamDestination()
    tone.connect(out)
    tone.start()
    return out.stream.getAudioTracks()[0]!
  }

  const chosen = (wanted: boolean | MediaTrackConstraints) =>
    (typeof wanted === 'object' && (wanted.deviceId as ConstrainDOMStringParameters | undefined)?.exact) || null

  devices.enumerateDevices = async () => plugged as MediaDeviceInfo[]
  devices.getUserMedia = async (wanted) => {
    const camera = wanted?.video ? (chosen(wanted.video) ?? 'front') : null
    if (camera !== null && !plugged.some(({ deviceId }) => deviceId === camera))
      throw new DOMException('', 'OverconstrainedError')
    return new MediaStream([
      ...(wanted?.audio ? [hum()] : []),
      ...(camera ? [film(camera === 'back' ? layout.spareColour : colour)] : []),
    ])
  }
  window.unplug = (id) => {
    plugged = plugged.filter(({ deviceId }) => deviceId !== id)
    devices.dispatchEvent(new Event('devicechange'))
  }
}

/** What `filmMotif` needs of this file: it runs in the page, where nothing else of it is known. */
export const cameraLayout = { bars, counts, spareColour, ...band }

/** What a moving picture shows over a while: some looks, each at a later frame than the one before. */
export async function watchPicture(page: Page, testid: string, looks = 4): Promise<Look[]> {
  const seen: Look[] = []
  while (seen.length < looks) {
    if (seen.length > 0) await page.waitForTimeout(250)
    seen.push(readPicture(await grabPicture(page, testid)))
  }
  return seen
}

/** The pixels of a video as it is now, RGBA; black where there is no picture. */
async function grabPicture(page: Page, testid: string): Promise<Uint8Array> {
  const pixels = await page.getByTestId(testid).evaluate(
    (video, [w, h]) => {
      const canvas = new OffscreenCanvas(w, h)
      const brush = canvas.getContext('2d', { willReadFrequently: true })!
      brush.drawImage(video as HTMLVideoElement, 0, 0, w, h)
      return btoa(String.fromCharCode(...brush.getImageData(0, 0, w, h).data))
    },
    [width, height] as const,
  )
  return Buffer.from(pixels, 'base64')
}

/** Read colour and number out of pixels, RGBA, 64 by 48. */
export function readPicture(pixels: Uint8Array): Look {
  return { colour: meanColour(pixels, 0.05, band.from - 0.1), count: readBars(pixels) }
}

function meanColour(pixels: Uint8Array, from: number, to: number): Colour {
  const sum: [number, number, number] = [0, 0, 0]
  const [first, last] = [Math.round(from * height) * width, Math.round(to * height) * width]
  for (let i = first; i < last; i++) for (let c = 0; c < 3; c++) sum[c]! += pixels[i * 4 + c]!
  return sum.map((total) => Math.round(total / (last - first))) as unknown as Colour
}

function readBars(pixels: Uint8Array): number | null {
  const row = Math.round(((band.from + band.to) / 2) * height)
  let count = 0
  for (let i = 0; i < bars; i++) {
    const at = (row * width + Math.round(((i + 0.5) * width) / bars)) * 4
    const light = (pixels[at]! + pixels[at + 1]! + pixels[at + 2]!) / 3
    if (light > 80 && light < 175) return null
    if (light >= 175) count |= 1 << i
  }
  return count
}

/**
 * What is wrong with looks that should show the other's motif, live. Empty when nothing is.
 *
 * A black, frozen, swapped, own or foreign picture each fails by its own word.
 */
export function pictureFaults(looks: readonly Look[], { own, other }: { own: Motif; other: Motif }): string[] {
  const faults = new Set<string>()
  for (const { colour, count } of looks) {
    if (Math.max(...colour) < 24) faults.add('black')
    else if (distance(colour, own.colour) < distance(colour, other.colour)) faults.add('own picture')
    else if (distance(colour, other.colour) > 60) faults.add('foreign colour')
    if (count === null) faults.add('no code')
  }
  for (let i = 1; i < looks.length; i++) {
    const step = ((looks[i]!.count ?? 0) - (looks[i - 1]!.count ?? 0) + counts) % counts
    if (step === 0) faults.add('frozen')
    else if (step > counts / 2) faults.add('runs backwards')
  }
  if (looks.length < 2) faults.add('too few looks')
  return [...faults]
}

function distance(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}

/** What is heard in a moment. */
export interface Sound {
  /** The loudest pitch. */
  readonly hertz: number
  /** Root mean square, 0 to 1. */
  readonly level: number
}

/** Listen to what a video element plays. */
export function hearSound(page: Page, testid: string): Promise<Sound> {
  return page.getByTestId(testid).evaluate(async (element) => {
    const [track] = ((element as HTMLVideoElement).srcObject as MediaStream | null)?.getAudioTracks() ?? []
    if (!track) return { hertz: 0, level: 0 }
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    analyser.fftSize = 8_192
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    // Long enough for the whole window to be of now.
    await new Promise((resolve) => setTimeout(resolve, 500))
    const samples = new Float32Array(analyser.fftSize)
    analyser.getFloatTimeDomainData(samples)
    const spectrum = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(spectrum)
    const hertz = (spectrum.indexOf(Math.max(...spectrum)) * context.sampleRate) / analyser.fftSize
    await context.close()
    return { hertz, level: Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length) }
  })
}

/** What is wrong with a sound that should be the other's tone. Empty when nothing is. */
export function soundFaults({ hertz, level }: Sound, { own, other }: { own: Motif; other: Motif }): string[] {
  if (level < 0.01) return ['silent']
  if (Math.abs(hertz - own.hertz) < 20) return ['own sound']
  return Math.abs(hertz - other.hertz) < 20 ? [] : [`a tone of ${Math.round(hertz)} Hz`]
}
