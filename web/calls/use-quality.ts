import { useIntervalFn } from '@vueuse/core'
import { type ShallowRef, shallowRef } from 'vue'
import type { Peer } from './peer.ts'
import { type CallCounters, type CallQuality, qualityBetween } from './quality.ts'

/** The quality of the connection that people talk over, anew every two seconds; null while there is none, or it was not measured yet. */
export function useQuality(talkingOver: () => Peer | null): Readonly<ShallowRef<CallQuality | null>> {
  const quality = shallowRef<CallQuality | null>(null)
  let last: { readonly peer: Peer; readonly counters: CallCounters } | null = null

  async function measure(): Promise<void> {
    const peer = talkingOver()
    const before = last?.peer === peer ? last : null
    if (!before) {
      last = null
      quality.value = null
    }
    if (!peer) return
    const counters = await peer.count()
    if (talkingOver() !== peer) return
    last = { peer, counters }
    if (before) quality.value = qualityBetween(before.counters, counters)
  }

  useIntervalFn(() => void measure().catch(() => undefined), 2_000)
  return quality
}
