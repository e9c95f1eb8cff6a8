import { type Call, isLive } from '../../protocol/call/call.ts'
import { fingerprintText, type SyntheticCandidate, sdpOf } from '../../protocol/call/sdp.ts'
import type { CallView } from '../api/views.ts'

/** A call as the page sees it. The remote SDP is there once there is a socket for it to name. */
export function callView(
  call: Call,
  { peerName, candidate }: { readonly peerName: string; readonly candidate: SyntheticCandidate | null },
): CallView {
  if (call.state === 'idle') return { call: null }
  const { id, room, peer, direction } = call
  const lost = call.state === 'connecting' && call.goneSince !== null
  const remote = isLive(call) ? call.remote : null
  const type = direction === 'outgoing' ? 'answer' : 'offer'
  return {
    call: {
      id,
      room,
      peer: peer.identity,
      peerName,
      direction,
      state: lost ? 'reconnecting' : call.state,
      reason: call.state === 'ended' ? call.reason : null,
      remote:
        remote && candidate
          ? { sdp: sdpOf(remote, { type, candidate }), fingerprint: fingerprintText(remote.fingerprint) }
          : null,
    },
  }
}
