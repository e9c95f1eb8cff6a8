import { type Ref, ref } from 'vue'
import type { Peer } from './peer.ts'

/** How long a camera that is off sends black before it sends nothing, so that no last look stays on the other screen. */
const blackFor = 500

/** What the switches act on, as far as it is there. */
export interface Switched {
  readonly stream: MediaStream | null
  readonly peer: Peer | null
}

/** The switches of microphone and camera. They hold for whatever is there, now and at the next `apply`. */
export interface Switches {
  readonly muted: Ref<boolean>
  readonly cameraOff: Ref<boolean>
  /** Microphone and camera on, as each call begins. */
  reset(): void
  apply(): void
  toggleMute(): void
  toggleCamera(): void
}

export function makeSwitches(switched: () => Switched): Switches {
  const muted = ref(false)
  const cameraOff = ref(false)
  let resting: ReturnType<typeof setTimeout> | undefined

  function film({ stream, peer }: Switched): void {
    clearTimeout(resting)
    const track = stream?.getVideoTracks()[0]
    if (!track || !peer) return
    // A connection that is closed meanwhile films nothing anyway.
    if (!cameraOff.value) peer.film(track).catch(() => undefined)
    else resting = setTimeout(() => peer.film(null).catch(() => undefined), blackFor)
  }

  function apply(): void {
    const { stream, peer } = switched()
    for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted.value
    for (const track of stream?.getVideoTracks() ?? []) track.enabled = !cameraOff.value
    film({ stream, peer })
  }

  return {
    muted,
    cameraOff,
    apply,
    reset() {
      muted.value = false
      cameraOff.value = false
    },
    toggleMute() {
      muted.value = !muted.value
      apply()
    },
    toggleCamera() {
      cameraOff.value = !cameraOff.value
      apply()
    },
  }
}
