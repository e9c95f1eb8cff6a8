import { useDocumentVisibility, useIntervalFn } from '@vueuse/core'
import { type Ref, type ShallowRef, shallowRef } from 'vue'

const stillAfter = 3_000

/** Whether a video that had a picture has shown no new one for a while. */
export function useStill(video: Readonly<Ref<HTMLVideoElement | null>>): Readonly<ShallowRef<boolean>> {
  const still = shallowRef(false)
  const visibility = useDocumentVisibility()
  let frames = 0
  let moved = 0

  useIntervalFn(() => {
    const now = performance.now()
    // A page that nobody sees may be given no pictures.
    if (visibility.value !== 'visible') {
      if (!still.value) moved = now
      return
    }
    // Zero where the browser does not count them.
    const seen = video.value?.getVideoPlaybackQuality?.().totalVideoFrames ?? 0
    if (seen === 0 || seen !== frames) {
      frames = seen
      moved = now
    }
    still.value = now - moved >= stillAfter
  }, 500)
  return still
}
