import { type ShallowRef, shallowRef, watch } from 'vue'
import type { CallDevices } from '../state/call-devices.ts'
import { beginCapture, captureKind, stopTracks } from './capture.ts'
import type { MediaKind, Peer } from './peer.ts'
import { captureScreen } from './screen.ts'
import { makeSwitches, type Switches } from './switches.ts'

/** Camera and microphone that are being opened for a call. */
export interface Captured {
  /** Once there is sure to be something to send. */
  readonly sure: Promise<void>
  /** Once they are open. */
  readonly open: Promise<void>
}

/** What this side of a call sends. It follows the choice of devices while it is open. */
export interface OwnMedia {
  readonly stream: ShallowRef<MediaStream | null>
  readonly screen: ShallowRef<MediaStream | null>
  readonly switches: Pick<Switches, 'muted' | 'cameraOff' | 'reset' | 'toggleMute' | 'toggleCamera'>
  /** Open camera and microphone. They are let go of again if nobody wants them any more once they are there. */
  capture(isWanted: (captured: Captured) => boolean): Captured
  /** Send to the peer that there is now what there is now. */
  send(): Promise<void>
  /** Show a screen instead of the camera, or the camera again. */
  toggleScreen(): Promise<void>
  close(): void
}

interface Surroundings {
  readonly devices: CallDevices
  readonly peer: () => Pick<Peer, 'send'> | null
  /** Told in words what is less than expected; null if nothing is. */
  readonly onNotice: (sentence: string | null) => void
}

export function useOwnMedia({ devices, peer, onNotice }: Surroundings): OwnMedia {
  const stream = shallowRef<MediaStream | null>(null)
  const screen = shallowRef<MediaStream | null>(null)
  const switches = makeSwitches(() => ({ stream: stream.value, screen: screen.value, peer: peer() }))
  let changing = Promise.resolve()

  watch(
    () => devices.used.value.microphone,
    () => change('audio'),
  )
  watch(
    () => devices.used.value.camera,
    () => change('video'),
  )

  /** One after the other: each leaves the stream as the next one finds it. */
  function change(kind: MediaKind): void {
    changing = changing.then(() => replace(kind)).catch((error: Error) => onNotice(error.message))
  }

  async function replace(kind: MediaKind): Promise<void> {
    const before = stream.value
    if (!before) return
    const track = await captureKind(kind, devices.used.value)
    if (stream.value !== before) return track.stop()
    take(withTrack(before, track))
    onNotice(null)
    await switches.apply()
  }

  function take(now: MediaStream): void {
    stream.value = now
    for (const track of now.getTracks()) track.onended = () => stream.value === now && change(track.kind as MediaKind)
  }

  async function shareScreen(): Promise<void> {
    const given = await captureScreen()
    if (!given) return
    // The call may be over, or another one.
    if (!stream.value || screen.value) return stopTracks(given)
    screen.value = given
    // The browser has a button of its own to end it.
    for (const track of given.getTracks()) track.onended = () => screen.value === given && void stopSharing()
    await switches.apply()
  }

  async function stopSharing(): Promise<void> {
    stopTracks(screen.value)
    screen.value = null
    // The connection may be closed already.
    await switches.apply().catch(() => undefined)
  }

  return {
    stream,
    screen,
    switches,
    capture(isWanted) {
      const { sure, done } = beginCapture(devices.used.value)
      const open = done.then((given) => {
        if (!isWanted(captured)) {
          stopTracks(given.stream)
          throw new Error('The call was ended meanwhile.')
        }
        onNotice(given.notice)
        take(given.stream)
        // Now the browser tells names.
        devices.refresh().catch(() => undefined)
      })
      // Whoever waits for it hears of it.
      open.catch(() => undefined)
      const captured = { sure, open }
      return captured
    },
    send: switches.apply,
    async toggleScreen() {
      try {
        await (screen.value ? stopSharing() : shareScreen())
      } catch (error) {
        onNotice(error instanceof Error ? error.message : String(error))
      }
    },
    close() {
      stopTracks(stream.value)
      stopTracks(screen.value)
      stream.value = null
      screen.value = null
    },
  }
}

/** The same stream with another track in place of that of its kind, which is stopped. */
function withTrack(stream: MediaStream, track: MediaStreamTrack): MediaStream {
  const others = stream.getTracks().filter(({ kind }) => kind !== track.kind)
  for (const each of stream.getTracks()) if (!others.includes(each)) each.stop()
  return new MediaStream([...others, track])
}
