import type { DeviceChoice } from '../state/call-devices.ts'

/** What the camera and microphone gave, and what to tell the person if it is less than they may expect. */
export interface Capture {
  readonly stream: MediaStream
  readonly notice: string | null
}

/** A capture that has begun. */
export interface Capturing {
  readonly done: Promise<Capture>
  /** Once it is sure to give something: before it is done where nobody has to be asked. */
  readonly sure: Promise<void>
}

const picture = { width: { ideal: 640 }, height: { ideal: 480 } } as const

/**
 * Open camera and microphone, or the microphone alone where no camera is to be had; the devices of `choice` as far as they are there.
 *
 * Throws an `Error` with a sentence for people.
 */
export function beginCapture(choice: DeviceChoice): Capturing {
  // Asked first, because a browser that is opening a camera answers late.
  const ready = isReady()
  const done = capture(choice)
  const given = done.then(() => undefined)
  const sure = Promise.race([given, ready.then((isSure) => (isSure ? undefined : given))])
  // Whoever waits for either hears of it.
  for (const promise of [done, sure]) promise.catch(() => undefined)
  return { done, sure }
}

/** Open one device, in place of another one of its kind. Throws an `Error` with a sentence for people. */
export async function captureKind(kind: 'audio' | 'video', choice: DeviceChoice): Promise<MediaStreamTrack> {
  const { [kind]: wanted } = constraintsOf(choice)
  try {
    const stream = await open({ [kind]: wanted })
    return stream.getTracks()[0]!
  } catch (error) {
    throw new Error(changeSentence(kind, nameOf(error)))
  }
}

async function capture(choice: DeviceChoice): Promise<Capture> {
  if (!navigator.mediaDevices)
    throw new Error('Calls need a page on localhost or https: this browser hides the camera here.')
  const { audio, video } = constraintsOf(choice)
  try {
    return { stream: await open({ audio, video }), notice: null }
  } catch (error) {
    const name = nameOf(error)
    if (name !== 'NotFoundError' && name !== 'NotReadableError') throw new Error(sentenceOf(name))
    return { stream: await captureVoice(audio), notice: noticeOf(name) }
  }
}

async function captureVoice(audio: MediaStreamConstraints['audio']): Promise<MediaStream> {
  try {
    return await open({ audio: audio ?? true })
  } catch (error) {
    throw new Error(sentenceOf(nameOf(error)))
  }
}

function constraintsOf({ microphone, camera }: DeviceChoice) {
  return {
    audio: microphone ? { deviceId: { exact: microphone } } : true,
    video: camera ? { ...picture, deviceId: { exact: camera } } : picture,
  }
}

/** A chosen device that has just gone is no reason to have none. */
async function open(wanted: MediaStreamConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(wanted)
  } catch (error) {
    if (nameOf(error) !== 'OverconstrainedError') throw error
    return navigator.mediaDevices.getUserMedia({
      ...(wanted.audio && { audio: true }),
      ...(wanted.video && { video: picture }),
    })
  }
}

/** Whether a microphone can be captured without asking anybody: it is there, and the browser has been told yes for good. False where the browser does not say. */
async function isReady(): Promise<boolean> {
  try {
    const names = ['microphone', 'camera'] as const
    const [devices, ...answers] = await Promise.all([
      navigator.mediaDevices.enumerateDevices(),
      ...names.map((name) => navigator.permissions.query({ name })),
    ])
    const kinds = new Set(devices.map(({ kind }) => kind.replace('input', '')))
    const asks = answers.some(({ state }, i) => state !== 'granted' && kinds.has(i === 0 ? 'audio' : 'video'))
    return !asks && kinds.has('audio')
  } catch {
    return false
  }
}

export function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/** Of an `OverconstrainedError` too, which is no `DOMException` everywhere. */
function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : ''
}

function noticeOf(name: string): string {
  return name === 'NotFoundError'
    ? 'No camera was found: you are heard, but not seen.'
    : 'The camera is in use by another program: you are heard, but not seen.'
}

/** Where another one of its kind may go on. */
function changeSentence(kind: 'audio' | 'video', name: string): string {
  if (name === 'NotReadableError') return 'This device is in use by another program.'
  return kind === 'video' && name === 'NotFoundError' ? noticeOf(name) : sentenceOf(name)
}

function sentenceOf(name: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'This page may not use the camera and microphone. Allow them next to the address of the page, then try again.'
    case 'NotFoundError':
      return 'No microphone was found on this computer.'
    case 'NotReadableError':
      return 'The microphone is in use by another program.'
    default:
      return 'The camera and microphone could not be opened.'
  }
}
