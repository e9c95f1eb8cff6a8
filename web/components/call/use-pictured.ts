import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue'

/** Whether a stream has a picture now: a video track that is live and not muted at its source. */
export function usePictured(stream: Readonly<ShallowRef<MediaStream | null>>): Readonly<ShallowRef<boolean>> {
  const pictured = shallowRef(false)
  let listening = new AbortController()

  function look(now: MediaStream): void {
    pictured.value = now.getVideoTracks().some((track) => track.readyState === 'live' && !track.muted)
  }

  watch(
    stream,
    (now) => {
      listening.abort()
      listening = new AbortController()
      pictured.value = false
      if (!now) return
      const { signal } = listening
      const listen = (target: EventTarget, ...types: string[]) => {
        for (const type of types) target.addEventListener(type, () => look(now), { signal })
      }
      listen(now, 'addtrack', 'removetrack')
      for (const track of now.getVideoTracks()) listen(track, 'mute', 'unmute', 'ended')
      look(now)
    },
    { immediate: true },
  )
  onScopeDispose(() => listening.abort())
  return pictured
}
