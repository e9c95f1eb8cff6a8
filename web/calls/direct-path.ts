import { useIntervalFn } from '@vueuse/core'
import { type ShallowRef, watch } from 'vue'
import type { CallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { Peer } from './peer.ts'

/** The node must hear of the page more often than it gives a silent one up, and over a direct path no packet comes by it. */
const everyMs = 10_000

/**
 * Connect around the nodes where both people allow it: tell the node our sockets, and our browser theirs.
 *
 * The browser goes over to the direct path by itself, as it is preferred. `talkingOver`: the connection, once there is one.
 */
export function useDirectPath(
  bridge: Pick<Bridge, 'send'>,
  call: Readonly<ShallowRef<CallView>>,
  talkingOver: () => Peer | null,
): void {
  const known = new WeakMap<Peer, Set<string>>()

  function follow(): void {
    const view = call.value.call
    const peer = talkingOver()
    const path = view?.direct.find(({ device }) => device === view.device)
    if (!view || !peer || !path) return
    const before = known.get(peer)
    const added = before ?? new Set()
    if (!before) known.set(peer, added)
    for (const line of path.candidates) if (!added.has(line)) peer.addCandidate(line)
    for (const line of path.candidates) added.add(line)
    if (!before) offer()
  }

  function offer(): void {
    const view = call.value.call
    const peer = talkingOver()
    if (!view?.device || !peer || !known.has(peer)) return
    const offered = { call: view.id, device: view.device, candidates: [...peer.candidates()] }
    // The call may just have ended.
    bridge.send({ type: 'offer-direct-path', ...offered }).catch(() => undefined)
  }

  watch([call, talkingOver], follow)
  useIntervalFn(offer, everyMs)
}
