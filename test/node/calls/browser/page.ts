import { shallowRef } from 'vue'
import type { Command, CommandResult, CommandType } from '../../../../node/api/commands.ts'
import type { CallView } from '../../../../node/api/views.ts'
import { useCallMedia } from '../../../../web/calls/use-call-media.ts'

declare global {
  interface Window {
    /** The node, behind the test. */
    command(command: Command): Promise<unknown>
    colour: string
    page: TestPage
    restore(): void
    letOpen(): void
    letFail(error: string): void
  }
}

/** What the test asks of the page. */
export interface TestPage {
  readonly media: ReturnType<typeof useCallMedia>
  show(view: CallView): void
  /** When the first frame of the other side was shown, in Unix ms. */
  firstFrame: number | null
  acceptedAt: number | null
  accept(): Promise<void>
  /** The mean colour of the remote picture, and the number in its moving bars. */
  look(): { readonly colour: readonly number[]; readonly code: number } | null
  soundEnergy(): Promise<number>
}

const now = (): number => performance.timeOrigin + performance.now()
const [width, height, bars] = [640, 480, 16]

/** A camera that films one colour above a 16-bit number that counts up. */
function drawnPicture(colour: string): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')!
  let count = 0
  setInterval(() => {
    count = (count + 1) % 65_536
    brush.fillStyle = colour
    brush.fillRect(0, 0, width, height / 2)
    for (let i = 0; i < bars; i++) {
      brush.fillStyle = (count >> i) & 1 ? '#fff' : '#000'
      brush.fillRect((i * width) / bars, height / 2, width / bars, height / 2)
    }
  }, 33)
  return canvas.captureStream(30).getVideoTracks()[0]!
}

const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await capture(wanted)
  for (const track of stream.getVideoTracks()) {
    track.stop()
    stream.removeTrack(track)
    stream.addTrack(drawnPicture(window.colour))
  }
  return stream
}

const call = shallowRef<CallView>({ call: null })
const media = useCallMedia(
  {
    send: <T extends CommandType>(command: Extract<Command, { type: T }>) =>
      window.command(command) as Promise<CommandResult<T>>,
  },
  call,
)
const video = document.createElement('video')
video.muted = true
video.autoplay = true
document.body.append(video)

window.page = {
  media,
  firstFrame: null,
  acceptedAt: null,
  show(view) {
    call.value = view
    // The composable follows in the next tick, and so does the picture.
    setTimeout(attach)
  },
  async accept() {
    this.acceptedAt = now()
    const accepting = media.accept()
    setTimeout(attach)
    await accepting
  },
  look() {
    if (video.videoWidth === 0) return null
    const canvas = new OffscreenCanvas(width, height)
    const brush = canvas.getContext('2d')!
    brush.drawImage(video, 0, 0, width, height)
    const top = brush.getImageData(width / 2, height / 4, 1, 1).data
    const row = brush.getImageData(0, (height * 3) / 4, width, 1).data
    let code = 0
    for (let i = 0; i < bars; i++) if (row[Math.round(((i + 0.5) * width) / bars) * 4]! > 127) code |= 1 << i
    return { colour: [...top.slice(0, 3)], code }
  },
  async soundEnergy() {
    const [track] = media.remote.value?.getAudioTracks() ?? []
    if (!track) return 0
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    let most = 0
    const samples = new Float32Array(analyser.fftSize)
    for (let i = 0; i < 60; i++) {
      analyser.getFloatTimeDomainData(samples)
      most = Math.max(most, ...samples.map(Math.abs))
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    await context.close()
    return most
  },
}

function attach(): void {
  const stream = media.remote.value
  if (video.srcObject === stream) return
  video.srcObject = stream
  if (!stream) return
  window.page.firstFrame = null
  video.requestVideoFrameCallback(() => {
    window.page.firstFrame = now()
  })
}
setInterval(attach, 5)
