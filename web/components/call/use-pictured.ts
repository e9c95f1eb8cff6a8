import { useEventListener } from '@vueuse/core'
import { onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'

/**
 * Whether a video element has a picture to show now.
 *
 * Asked of the element, because a stream says nothing when its owner adds a track to it.
 */
export function usePictured(video: Readonly<Ref<HTMLVideoElement | null>>): Readonly<ShallowRef<boolean>> {
  const pictured = shallowRef(false)
  let listening = new AbortController()

  function look(): void {
    listening.abort()
    listening = new AbortController()
    const stream = video.value?.srcObject
    const tracks = stream instanceof MediaStream ? stream.getVideoTracks() : []
    for (const track of tracks) {
      for (const change of ['mute', 'unmute', 'ended'])
        track.addEventListener(change, look, { signal: listening.signal })
    }
    const runs = tracks.some(({ readyState, muted }) => readyState === 'live' && !muted)
    pictured.value = runs && (video.value?.videoWidth ?? 0) > 0
  }

  useEventListener(video, ['loadeddata', 'resize', 'playing', 'emptied'], look)
  watch(video, look)
  onScopeDispose(() => listening.abort())
  return pictured
}
