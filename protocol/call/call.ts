import type { CallEndReason } from '../room/event.ts'
import type { Description } from './description.ts'

/** How long a call rings at the callee, by the callee's clock; how long the caller waits; and how long a lost peer is waited for. */
export const callTimes = { ringing: 45_000, waiting: 60_000, gone: 30_000, shown: 10_000 } as const

/** The other side, in hex. */
export interface CallPeer {
  readonly identity: string
  readonly device: string
}

interface CallOf {
  readonly id: string
  readonly room: string
  readonly peer: CallPeer
  readonly direction: 'outgoing' | 'incoming'
}

interface LiveCall extends CallOf {
  /** Hash of the offer, which the answer must name. */
  readonly offer: string
  /** When to give up; null once both have described themselves. */
  readonly deadline: number | null
  /** Since when the peer's node is not connected. */
  readonly goneSince: number | null
}

/** An outgoing call has no `remote` before it is answered. */
export interface RingingCall extends LiveCall {
  readonly state: 'ringing'
  readonly remote: Description | null
}

/** `answered`: our answer is written, or theirs has come. Not so yet after glare, when the offer of the other side has won. */
export interface ConnectingCall extends LiveCall {
  readonly state: 'connecting'
  readonly remote: Description
  readonly answered: boolean
}

export interface EndedCall extends CallOf {
  readonly state: 'ended'
  readonly reason: CallEndReason
  readonly forgetAt: number
}

/** What one node knows of its call. Only one at a time. */
export type Call = { readonly state: 'idle' } | RingingCall | ConnectingCall | EndedCall

interface Offer extends Omit<CallOf, 'direction'> {
  readonly offer: string
}

/** What can happen. Offers and answers have been opened and found to be between these two devices. */
export type CallHappening =
  | ({ readonly type: 'started' } & Offer)
  | ({ readonly type: 'offered'; readonly remote: Description } & Offer)
  | { readonly type: 'accepted'; readonly id: string }
  | ({ readonly type: 'answered'; readonly remote: Description } & Offer)
  | { readonly type: 'stopped'; readonly id: string; readonly reason: CallEndReason }
  | { readonly type: 'ended'; readonly id: string; readonly peer: CallPeer; readonly reason: CallEndReason }
  | { readonly type: 'peer-gone'; readonly room: string; readonly device: string }
  | { readonly type: 'peer-back'; readonly room: string; readonly device: string }
  | { readonly type: 'time-passed' }

/** What is to be done: write into the own log that a call is over, or let go of its media. */
export type CallEffect =
  | { readonly type: 'write-end'; readonly room: string; readonly id: string; readonly reason: CallEndReason }
  | { readonly type: 'release'; readonly id: string }

export interface CallStep {
  readonly call: Call
  readonly effects: readonly CallEffect[]
}

/**
 * One step of a call. Whatever does not fit the state is ignored: a stranger's, an old or a repeated signal changes nothing.
 *
 * `self` is the own device, in hex. Spec: specs/call.md#states.
 */
export function stepCall(call: Call, happening: CallHappening, { self, now }: { self: string; now: number }): CallStep {
  switch (happening.type) {
    case 'started':
      return isLive(call) ? stay(call) : { call: outgoing(happening, now), effects: [] }
    case 'offered':
      return receiveOffer(call, happening, { self, now })
    case 'accepted':
      return accept(call, happening.id)
    case 'answered':
      return receiveAnswer(call, happening)
    case 'stopped':
      return isLive(call) && call.id === happening.id ? end(call, ownReason(call, happening.reason), now) : stay(call)
    case 'ended':
      return isLive(call) && call.id === happening.id && isSame(call.peer, happening.peer)
        ? { call: ended(call, happening.reason, now), effects: [{ type: 'release', id: call.id }] }
        : stay(call)
    case 'peer-gone':
      return isWith(call, happening) && call.goneSince === null ? stay({ ...call, goneSince: now }) : stay(call)
    case 'peer-back':
      return isWith(call, happening) ? stay({ ...call, goneSince: null }) : stay(call)
    case 'time-passed':
      return passTime(call, now)
  }
}

/** Whether there is a call that is not over. */
export function isLive(call: Call): call is RingingCall | ConnectingCall {
  return call.state === 'ringing' || call.state === 'connecting'
}

function receiveOffer(
  call: Call,
  offer: Extract<CallHappening, { type: 'offered' }>,
  { self, now }: { self: string; now: number },
): CallStep {
  if (!isLive(call)) return call.state === 'ended' && call.id === offer.id ? stay(call) : stay(incoming(offer, now))
  if (call.id === offer.id) return stay(call)
  if (!isSame(call.peer, offer.peer)) {
    return { call, effects: [{ type: 'write-end', room: offer.room, id: offer.id, reason: 'busy' }] }
  }
  if (call.state === 'ringing' && call.direction === 'outgoing') {
    // Glare: both know both offers and both device keys, so both choose the same one.
    if (self < offer.peer.device) return stay(call)
    const { effects } = end(call, 'cancelled', now)
    return { call: { ...incoming(offer, now), state: 'connecting', remote: offer.remote, answered: false }, effects }
  }
  // Who calls anew is no longer in the call that we still think we are in.
  const { effects } = end(call, call.state === 'ringing' ? 'missed' : 'failed', now)
  return { call: incoming(offer, now), effects }
}

function accept(call: Call, id: string): CallStep {
  return canAccept(call, id) ? stay({ ...call, state: 'connecting', answered: true, deadline: null }) : stay(call)
}

/** Whether this call waits for our answer. */
export function canAccept(call: Call, id: string): call is (RingingCall | ConnectingCall) & { remote: Description } {
  if (!isLive(call) || call.id !== id || call.direction !== 'incoming' || call.remote === null) return false
  return call.state === 'ringing' || !call.answered
}

function receiveAnswer(call: Call, answer: Extract<CallHappening, { type: 'answered' }>): CallStep {
  const fits =
    call.state === 'ringing' &&
    call.direction === 'outgoing' &&
    call.id === answer.id &&
    call.room === answer.room &&
    call.offer === answer.offer &&
    isSame(call.peer, answer.peer)
  return fits
    ? stay({ ...call, state: 'connecting', remote: answer.remote, answered: true, deadline: null })
    : stay(call)
}

function passTime(call: Call, now: number): CallStep {
  if (call.state === 'ended') return stay(now >= call.forgetAt ? { state: 'idle' } : call)
  if (call.state === 'idle') return stay(call)
  const late = call.deadline !== null && now >= call.deadline
  const lost = call.goneSince !== null && now >= call.goneSince + callTimes.gone
  return late || lost ? end(call, call.state === 'ringing' ? 'missed' : 'failed', now) : stay(call)
}

function outgoing({ id, room, peer, offer }: Offer, now: number): RingingCall {
  const deadline = now + callTimes.waiting
  return { state: 'ringing', direction: 'outgoing', id, room, peer, offer, remote: null, deadline, goneSince: null }
}

function incoming({ id, room, peer, offer, remote }: Offer & { remote: Description }, now: number): RingingCall {
  const deadline = now + callTimes.ringing
  return { state: 'ringing', direction: 'incoming', id, room, peer, offer, remote, deadline, goneSince: null }
}

function end(call: RingingCall | ConnectingCall, reason: CallEndReason, now: number): CallStep {
  return {
    call: ended(call, reason, now),
    effects: [
      { type: 'write-end', room: call.room, id: call.id, reason },
      { type: 'release', id: call.id },
    ],
  }
}

function ended({ id, room, peer, direction }: CallOf, reason: CallEndReason, now: number): EndedCall {
  return { state: 'ended', id, room, peer, direction, reason, forgetAt: now + callTimes.shown }
}

/** What it means that we stop now: a person does not choose between declining and hanging up, the state does. */
function ownReason(call: RingingCall | ConnectingCall, asked: CallEndReason): CallEndReason {
  if (asked === 'failed') return 'failed'
  if (call.state === 'connecting') return 'hung-up'
  return call.direction === 'outgoing' ? 'cancelled' : 'declined'
}

function isSame(a: CallPeer, b: CallPeer): boolean {
  return a.identity === b.identity && a.device === b.device
}

function isWith(call: Call, { room, device }: { room: string; device: string }): call is RingingCall | ConnectingCall {
  return isLive(call) && call.room === room && call.peer.device === device
}

function stay(call: Call): CallStep {
  return { call, effects: [] }
}
