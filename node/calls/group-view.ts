import type { CallPeer } from '../../protocol/call/call.ts'
import { type GroupCall, type Link, makesOffer, turnOf } from '../../protocol/call/group.ts'
import { fingerprintText, type SyntheticCandidate, sdpOf } from '../../protocol/call/sdp.ts'
import type { GroupParticipant, OwnGroupCall } from '../api/calls.ts'
import type { CallNotes } from './call-notes.ts'

interface Surroundings {
  readonly self: CallPeer
  /** Unix ms. */
  readonly since: number
  readonly notes: Pick<CallNotes, 'statuses' | 'reactions'>
  nameOf(room: string, identity: string): string
  /** Where the media of a link come from, once there is a socket for them. */
  candidate(offer: string): SyntheticCandidate | null
}

/** The own group call as the page sees it. */
export function groupView(group: GroupCall, surroundings: Surroundings): OwnGroupCall | null {
  if (group.state === 'out') return null
  const { self, since, notes } = surroundings
  const links = group.state === 'in' ? [...group.links.values()].filter((link) => link.seated || link.answered) : []
  const everybody = [self, ...links.map(({ stay }) => stay)]
  return {
    id: group.id,
    room: group.room,
    since,
    state: group.state === 'in' && group.stay === null ? 'joining' : group.state,
    reason: group.state === 'ended' ? group.reason : null,
    participants: links.map((link) => participant(link, group.room, surroundings)),
    statuses: notes.statuses(everybody),
    reactions: notes.reactions(everybody),
  }
}

function participant(link: Link, room: string, { self, nameOf, candidate }: Surroundings): GroupParticipant {
  const { stay, offer, remote, answered, goneSince } = link
  const { identity, device } = stay
  const socket = offer === null ? null : candidate(offer)
  const type = makesOffer(self.device, device) ? 'answer' : 'offer'
  return {
    identity,
    device,
    name: nameOf(room, identity),
    state: goneSince !== null ? 'reconnecting' : answered ? 'connected' : 'connecting',
    link: offer,
    turn: turnOf(link, self.device),
    remote:
      remote && socket
        ? { sdp: sdpOf(remote, { type, candidate: socket }), fingerprint: fingerprintText(remote.fingerprint) }
        : null,
  }
}
