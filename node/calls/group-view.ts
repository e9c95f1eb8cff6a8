import type { CallPeer } from '../../protocol/call/call.ts'
import { type GroupCall, type GroupForm, type Link, makesOffer, turnOf } from '../../protocol/call/group.ts'
import { fingerprintText, type SyntheticCandidate, sdpOf } from '../../protocol/call/sdp.ts'
import type { FanOutOfPage, GroupParticipant, OwnGroupCall } from '../api/calls.ts'
import type { CallNotes } from './call-notes.ts'

interface Surroundings {
  readonly self: CallPeer
  /** Unix ms. */
  readonly since: number
  readonly notes: Pick<CallNotes, 'statuses' | 'reactions' | 'direct'>
  nameOf(room: string, identity: string): string
  /** Of a call by fan-out, once a page is connected. */
  readonly fanOut: FanOutOfPage | null
  /** Where the media of a link come from, once there is a socket for them. */
  candidate(offer: string): SyntheticCandidate | null
}

/** The own group call as the page sees it. */
export function groupView(group: GroupCall, surroundings: Surroundings): OwnGroupCall | null {
  if (group.state === 'out') return null
  const { self, since, notes } = surroundings
  const links = group.state === 'in' ? [...group.links.values()].filter((link) => link.seated || link.answered) : []
  const form = group.state === 'in' ? group.form : 'mesh'
  const everybody = [self, ...links.map(({ stay }) => stay)]
  return {
    id: group.id,
    room: group.room,
    since,
    state: group.state === 'in' && group.stay === null ? 'joining' : group.state,
    reason: group.state === 'ended' ? group.reason : null,
    form,
    fanOut: surroundings.fanOut,
    participants: links.map((link) => participant(link, { form, room: group.room }, surroundings)),
    statuses: notes.statuses(everybody),
    direct: notes.direct.paths(links.map(({ stay }) => stay)),
    reactions: notes.reactions(everybody),
  }
}

function participant(
  link: Link,
  { form, room }: { readonly form: GroupForm; readonly room: string },
  { self, nameOf, fanOut, candidate }: Surroundings,
): GroupParticipant {
  const { stay, offer, remote, answered, goneSince } = link
  const { identity, device } = stay
  const socket = offer === null ? null : candidate(offer)
  const type = makesOffer(self.device, device) ? 'answer' : 'offer'
  const isSlotted = fanOut?.slots.some((slot) => slot?.device === device) ?? false
  return {
    identity,
    device,
    name: nameOf(room, identity),
    state: goneSince !== null ? 'reconnecting' : answered || isSlotted ? 'connected' : 'connecting',
    link: offer,
    turn: turnOf(link, self.device, form),
    remote:
      remote && socket
        ? { sdp: sdpOf(remote, { type, candidate: socket }), fingerprint: fingerprintText(remote.fingerprint) }
        : null,
  }
}
