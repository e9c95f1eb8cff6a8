import { type Call, type CallPeer, isLive } from '../../protocol/call/call.ts'
import { fingerprintText, type SyntheticCandidate, sdpOf } from '../../protocol/call/sdp.ts'
import type { CallView } from '../api/views.ts'
import type { CallNotes } from './call-notes.ts'

interface Surroundings {
  readonly peerName: string
  readonly candidate: SyntheticCandidate | null
  readonly self: CallPeer
  /** Packets and frames. */
  readonly refused: number
  readonly notes: Pick<CallNotes, 'statuses' | 'reactions' | 'direct'>
}

/** A call as the page sees it. The remote SDP is there once there is a socket for it to name. */
export function callView(call: Call, { peerName, candidate, self, refused, notes }: Surroundings): CallView {
  if (call.state === 'idle') return { call: null }
  const { id, room, peer, direction } = call
  const lost = call.state === 'connecting' && call.goneSince !== null
  const remote = isLive(call) ? call.remote : null
  const participants =
    call.state === 'ended' ? [] : [self, ...(peer.device === null ? [] : [{ ...peer, device: peer.device }])]
  const type = direction === 'outgoing' ? 'answer' : 'offer'
  return {
    call: {
      id,
      room,
      peer: peer.identity,
      peerName,
      device: peer.device,
      direction,
      state: lost ? 'reconnecting' : call.state,
      reason: call.state === 'ended' ? call.reason : null,
      remote:
        remote && candidate
          ? { sdp: sdpOf(remote, { type, candidate }), fingerprint: fingerprintText(remote.fingerprint) }
          : null,
      refused,
      statuses: notes.statuses(participants),
      direct: notes.direct.paths(participants.filter((each) => each !== self)),
      reactions: notes.reactions(participants),
    },
  }
}
