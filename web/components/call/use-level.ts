import { useIntervalFn } from '@vueuse/core'
import { onScopeDispose, type Ref, ref, watch } from 'vue'

/** The quietest that is shown, in decibels below the loudest there can be. */
const floor = 60

/** How loud a stream is now, 0 to 1, as ears count; 0 without sound. */
export function useLevel(stream: () => MediaStream | null): Readonly<Ref<number>> {
  const level = ref(0)
  let listening: { readonly context: AudioContext; readonly analyser: AnalyserNode } | null = null

  function listen(to: MediaStream | null): void {
    void listening?.context.close()
    listening = null
    level.value = 0
    const [track] = to?.getAudioTracks() ?? []
    if (!track || typeof AudioContext === 'undefined') return
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    listening = { context, analyser }
  }

  useIntervalFn(() => {
    if (!listening) return
    const samples = new Float32Array(listening.analyser.fftSize)
    listening.analyser.getFloatTimeDomainData(samples)
    level.value = loudness(samples)
  }, 100)
  watch(stream, listen, { immediate: true })
  onScopeDispose(() => listen(null))
  return level
}

function loudness(samples: Float32Array): number {
  const meanSquare = samples.reduce((sum, each) => sum + each * each, 0) / samples.length
  const decibels = 10 * Math.log10(meanSquare)
  return Math.min(1, Math.max(0, 1 + decibels / floor))
}
