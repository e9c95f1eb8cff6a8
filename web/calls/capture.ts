/** What the camera and microphone gave, and what to tell the person if it is less than they may expect. */
export interface Capture {
  readonly stream: MediaStream
  readonly notice: string | null
}

/** A capture that has begun. */
export interface Capturing {
  readonly done: Promise<Capture>
  /** The kinds that it will give: known before it is done where nobody has to be asked. */
  readonly kinds: Promise<ReadonlySet<string>>
}

const picture = { width: { ideal: 640 }, height: { ideal: 480 } } as const

/** Open camera and microphone, or the microphone alone where no camera is to be had. Throws an `Error` with a sentence for people. */
export function beginCapture(): Capturing {
  // Asked first, because a browser that is opening a camera answers late.
  const ready = readyKinds()
  const done = capture()
  const given = done.then(({ stream }) => kindsOf(stream))
  const kinds = Promise.race([given, ready.then((known) => (known.has('audio') ? known : given))])
  // Whoever waits for either hears of it.
  for (const promise of [done, kinds]) promise.catch(() => undefined)
  return { done, kinds }
}

async function capture(): Promise<Capture> {
  if (!navigator.mediaDevices)
    throw new Error('Calls need a page on localhost or https: this browser hides the camera here.')
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ audio: true, video: picture }), notice: null }
  } catch (error) {
    const name = nameOf(error)
    if (name !== 'NotFoundError' && name !== 'NotReadableError') throw new Error(sentenceOf(name))
    return { stream: await captureVoice(), notice: noticeOf(name) }
  }
}

async function captureVoice(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true })
  } catch (error) {
    throw new Error(sentenceOf(nameOf(error)))
  }
}

/**
 * The kinds that can be captured without asking anybody: the devices are there and the browser has been told yes for good.
 *
 * Empty where the browser does not say.
 */
async function readyKinds(): Promise<ReadonlySet<string>> {
  try {
    const names = ['microphone', 'camera'] as const
    const [devices, ...answers] = await Promise.all([
      navigator.mediaDevices.enumerateDevices(),
      ...names.map((name) => navigator.permissions.query({ name })),
    ])
    const kinds = new Set(devices.map(({ kind }) => kind.replace('input', '')))
    const asks = answers.some(({ state }, i) => state !== 'granted' && kinds.has(i === 0 ? 'audio' : 'video'))
    return asks ? new Set() : kinds
  } catch {
    return new Set()
  }
}

function kindsOf(stream: MediaStream): ReadonlySet<string> {
  return new Set(stream.getTracks().map(({ kind }) => kind))
}

export function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

function nameOf(error: unknown): string {
  return error instanceof DOMException ? error.name : ''
}

function noticeOf(name: string): string {
  return name === 'NotFoundError'
    ? 'No camera was found: you are heard, but not seen.'
    : 'The camera is in use by another program: you are heard, but not seen.'
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
