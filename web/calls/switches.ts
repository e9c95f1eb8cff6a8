import { type Ref, ref } from 'vue'
import type { Peer } from './peer.ts'

/** How long a camera that is off sends black before it sends nothing, so that no last look stays on the other screen. */
const blackFor = 500

/** What the switches act on, as far as it is there. */
export interface Switched {
  readonly stream: MediaStream | null
  /** Goes in place of the camera, also of one that is off. */
  readonly screen: MediaStream | null
  readonly peer: Pick<Peer, 'send'> | null
}

/** The switches of microphone and camera. They hold for whatever is there, now and at the next `apply`. */
export interface Switches {
  readonly muted: Ref<boolean>
  readonly cameraOff: Ref<boolean>
  /** Microphone and camera on, as each call begins. */
  reset(): void
  /** Send what there is, as it is switched. Throws if the connection takes it no more. */
  apply(): Promise<void>
  toggleMute(): void
  toggleCamera(): void
}

export function makeSwitches(switched: () => Switched): Switches {
  const muted = ref(false)
  const cameraOff = ref(false)
  let resting: ReturnType<typeof setTimeout> | undefined

  async function speak(): Promise<void> {
    const { stream, peer } = switched()
    const track = stream?.getAudioTracks()[0]
    if (!track) return
    track.enabled = !muted.value
    await peer?.send('audio', track)
  }

  async function film(): Promise<void> {
    clearTimeout(resting)
    const { stream, screen, peer } = switched()
    const camera = stream?.getVideoTracks()[0] ?? null
    if (camera) camera.enabled = !cameraOff.value
    if (!peer) return
    const [shared] = screen?.getVideoTracks() ?? []
    if (shared) return peer.send('video', shared)
    // A connection that is closed meanwhile films nothing anyway.
    if (cameraOff.value) resting = setTimeout(() => peer.send('video', null).catch(() => undefined), blackFor)
    await peer.send('video', camera)
  }

  return {
    muted,
    cameraOff,
    async apply() {
      await Promise.all([speak(), film()])
    },
    reset() {
      muted.value = false
      cameraOff.value = false
    },
    toggleMute() {
      muted.value = !muted.value
      speak().catch(() => undefined)
    },
    toggleCamera() {
      cameraOff.value = !cameraOff.value
      film().catch(() => undefined)
    },
  }
}
