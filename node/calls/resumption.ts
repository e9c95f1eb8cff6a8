import type { CallPeer } from '../../protocol/call/call.ts'
import type { Description } from '../../protocol/call/description.ts'
import { candidateIn, describe, type SyntheticCandidate } from '../../protocol/call/sdp.ts'
import { Problem } from '../api/problems.ts'
import type { CallHistory } from './call-history.ts'
import { devicesIn, type StandingCall, standingCall } from './standing-call.ts'

/** What a page knows of the call that it is in: the descriptions as its browser has them, and the other device. */
export interface ShownCall {
  readonly room: string
  readonly device: string
  readonly own: string
  readonly remote: string
}

/** What a call goes on with after a new start. */
export interface ResumedCall extends StandingCall {
  readonly own: Description
  readonly remote: Description
  /** The socket that the browser goes on sending to. */
  readonly place: SyntheticCandidate
}

/** Going on with calls that are in no memory any more. Spec: specs/call.md#resuming. */
export interface Resumption {
  /** Throws `Problem` (call-lost) if the log does not say that there is such a call, and `call/…`. */
  check(id: string, shown: ShownCall): ResumedCall
  /** Calls that stand, by what the log says. */
  standing(): readonly { readonly room: string; readonly call: string }[]
}

interface Surroundings {
  readonly self: CallPeer
  readonly history: CallHistory
  readonly isMember: (room: string, peer: CallPeer) => boolean
}

export function makeResumption({ self, history, isMember }: Surroundings): Resumption {
  return {
    check(id, { room, device, own, remote }) {
      const standing = standingCall(history.linesOf(room, id), self, device)
      if (!standing || !isMember(room, standing.peer)) throw new Problem('call-lost')
      return { ...standing, own: describe(own), remote: describe(remote), place: candidateIn(remote) }
    },
    standing: () =>
      history.unended().filter(({ room, call }) => {
        const lines = history.linesOf(room, call)
        return devicesIn(lines, self).some((device) => standingCall(lines, self, device))
      }),
  }
}
