import { useIntervalFn } from '@vueuse/core'
import { type Ref, ref, type ShallowRef, shallowRef } from 'vue'
import type { Peer } from './peer.ts'

/** Who is heard. */
export interface Speakers {
  /** Devices that speak now, or did a moment ago. */
  readonly speaking: Readonly<ShallowRef<ReadonlySet<string>>>
  /** Who has spoken last; stays until somebody else does. */
  readonly speaker: Readonly<Ref<string | null>>
}

/** Of the loudest there can be: quieter is breath and background. */
const audible = 0.03
/** People pause between words; a mark that went with each would flicker. */
const holdMs = 1_000
/** Whoever coughs does not take the stage. */
const takesStageMs = 600

/** Look every 150 ms at how loud each of these is. */
export function useSpeakers(
  heard: () => readonly { readonly device: string; readonly peer: Pick<Peer, 'loudness'> }[],
): Speakers {
  const speaking = shallowRef<ReadonlySet<string>>(new Set())
  const speaker = ref<string | null>(null)
  const since = new Map<string, { began: number; last: number }>()

  useIntervalFn(() => {
    const now = performance.now()
    const peers = heard()
    for (const { device, peer } of peers) {
      if (peer.loudness() < audible) continue
      const known = since.get(device)
      since.set(device, { began: known && now - known.last < holdMs ? known.began : now, last: now })
    }
    const present = new Set(peers.map(({ device }) => device))
    for (const [device, { last }] of since) if (!present.has(device) || now - last >= holdMs) since.delete(device)
    if (since.size !== speaking.value.size || [...since.keys()].some((device) => !speaking.value.has(device)))
      speaking.value = new Set(since.keys())
    if (speaker.value !== null && (since.has(speaker.value) || !present.has(speaker.value))) {
      if (!present.has(speaker.value)) speaker.value = null
      else return
    }
    const next = [...since].find(([, { began, last }]) => last - began >= takesStageMs)
    if (next) speaker.value = next[0]
  }, 150)

  return { speaking, speaker }
}
