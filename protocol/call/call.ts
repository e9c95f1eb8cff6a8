import type { CallEndReason } from '../room/event.ts'
import type { Description } from './description.ts'

/** How long a call rings at the callee, by the callee's clock; how long the caller waits; and how long a lost peer is waited for. */
export const callTimes = { ringing: 45_000, waiting: 60_000, gone: 30_000, shown: 10_000 } as const

/** The other side, in hex. */
export interface CallPeer {
  readonly identity: string
  readonly device: string
}

/** The other side of a call: a person, and once it is known which of their devices takes part, that one. */
export interface RungPeer {
  readonly identity: string
  readonly device: string | null
}

interface CallOf {
  readonly id: string
  readonly room: string
  readonly peer: RungPeer
  readonly direction: 'outgoing' | 'incoming'
}

interface LiveCall extends CallOf {
  /** Hashes of the offers that stand, by the device of the other side that made them, or that they are to. An answer must name its own. */
  readonly offers: ReadonlyMap<string, string>
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
  /** `elsewhere`: another device of the same person has answered. */
  readonly reason: CallEndReason | 'elsewhere'
  readonly forgetAt: number
}

/** What one node knows of its call. Only one at a time. */
export type Call = { readonly state: 'idle' } | RingingCall | ConnectingCall | EndedCall

interface Offer extends Omit<CallOf, 'direction' | 'peer'> {
  readonly peer: CallPeer
  readonly offer: string
}

/** An offer to each device of a person. */
interface Offers extends Omit<CallOf, 'direction' | 'peer'> {
  readonly to: string
  readonly offers: ReadonlyMap<string, string>
}

/** What can happen. Offers and answers have been opened and found to be between these two devices. */
export type CallHappening =
  | ({ readonly type: 'started' } & Offers)
  | ({ readonly type: 'offered'; readonly remote: Description } & Offer)
  | { readonly type: 'accepted'; readonly id: string }
  | ({ readonly type: 'answered'; readonly remote: Description } & Offer)
  /** After this node was started anew, the page has shown which call it is still in. The other node is not known to be there yet. */
  | ({ readonly type: 'resumed'; readonly peer: CallPeer; readonly remote: Description } & Omit<CallOf, 'peer'>)
  /** Nothing of our call could be written, so its end has no place in the log either. */
  | { readonly type: 'unwritten'; readonly id: string }
  | { readonly type: 'stopped'; readonly id: string; readonly reason: CallEndReason }
  | { readonly type: 'ended'; readonly id: string; readonly peer: CallPeer; readonly reason: CallEndReason }
  /** Another device of our own has answered this call, or declined it. */
  | { readonly type: 'taken'; readonly id: string; readonly by: 'answer' | 'decline' }
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
    case 'resumed':
      return isLive(call) || (call.state === 'ended' && call.id === happening.id)
        ? stay(call)
        : stay(resumed(happening, now))
    case 'stopped':
      return isLive(call) && call.id === happening.id ? end(call, ownReason(call, happening.reason), now) : stay(call)
    case 'unwritten':
      return isLive(call) && call.id === happening.id ? release(call, 'failed', now) : stay(call)
    case 'ended':
      return receiveEnd(call, happening, now)
    case 'taken':
      return call.state === 'ringing' && call.direction === 'incoming' && call.id === happening.id
        ? release(call, happening.by === 'answer' ? 'elsewhere' : 'declined', now)
        : stay(call)
    case 'peer-gone':
      return isWith(call, happening) ? loseDevice(call, happening.device, now) : stay(call)
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
  if (!isBetween(call, offer.peer)) {
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
export function canAccept(
  call: Call,
  id: string,
): call is (RingingCall | ConnectingCall) & { readonly remote: Description; readonly peer: CallPeer } {
  if (!isLive(call) || call.id !== id || call.direction !== 'incoming' || call.remote === null) return false
  return call.state === 'ringing' || !call.answered
}

function receiveAnswer(
  call: Call,
  { id, room, peer, offer, remote }: Extract<CallHappening, { type: 'answered' }>,
): CallStep {
  const fits =
    call.state === 'ringing' &&
    call.direction === 'outgoing' &&
    call.id === id &&
    call.room === room &&
    isBetween(call, peer) &&
    call.offers.get(peer.device) === offer
  if (!fits) return stay(call)
  const offers = new Map([[peer.device, offer]])
  return stay({ ...call, state: 'connecting', peer, offers, remote, answered: true, deadline: null, goneSince: null })
}

/** One device that cannot take the call is no word of the person: the others still ring. */
function receiveEnd(
  call: Call,
  { id, peer, reason }: Extract<CallHappening, { type: 'ended' }>,
  now: number,
): CallStep {
  if (!isLive(call) || call.id !== id || !isBetween(call, peer)) return stay(call)
  const others = withoutDevice(call, peer.device)
  const isFinal = call.direction === 'incoming' || call.state === 'connecting' || reason === 'declined'
  return isFinal || others.size === 0 ? release(call, reason, now) : stay({ ...call, offers: others })
}

function loseDevice(call: RingingCall | ConnectingCall, device: string, now: number): CallStep {
  const others = withoutDevice(call, device)
  if (call.state === 'ringing' && others.size > 0) return stay({ ...call, offers: others })
  return call.goneSince === null ? stay({ ...call, goneSince: now }) : stay(call)
}

function withoutDevice({ offers }: LiveCall, device: string): ReadonlyMap<string, string> {
  return new Map([...offers].filter(([each]) => each !== device))
}

function passTime(call: Call, now: number): CallStep {
  if (call.state === 'ended') return stay(now >= call.forgetAt ? { state: 'idle' } : call)
  if (call.state === 'idle') return stay(call)
  const late = call.deadline !== null && now >= call.deadline
  const lost = call.goneSince !== null && now >= call.goneSince + callTimes.gone
  return late || lost ? end(call, call.state === 'ringing' ? 'missed' : 'failed', now) : stay(call)
}

function outgoing({ id, room, to, offers }: Offers, now: number): RingingCall {
  const deadline = now + callTimes.waiting
  const peer = { identity: to, device: null }
  return { state: 'ringing', direction: 'outgoing', id, room, peer, offers, remote: null, deadline, goneSince: null }
}

function incoming({ id, room, peer, offer, remote }: Offer & { remote: Description }, now: number): RingingCall {
  const deadline = now + callTimes.ringing
  const offers = new Map([[peer.device, offer]])
  return { state: 'ringing', direction: 'incoming', id, room, peer, offers, remote, deadline, goneSince: null }
}

/** What its offer hashes to is in no memory any more, and nobody asks for it again. */
function resumed(
  { id, room, peer, direction, remote }: Extract<CallHappening, { type: 'resumed' }>,
  now: number,
): ConnectingCall {
  const known = { id, room, peer, direction, remote, offers: new Map([[peer.device, '']]) }
  return { ...known, state: 'connecting', answered: true, deadline: null, goneSince: now }
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

/** It is over, and there is nothing to be told to the other side. */
function release(call: RingingCall | ConnectingCall, reason: EndedCall['reason'], now: number): CallStep {
  return { call: ended(call, reason, now), effects: [{ type: 'release', id: call.id }] }
}

function ended({ id, room, peer, direction }: CallOf, reason: EndedCall['reason'], now: number): EndedCall {
  return { state: 'ended', id, room, peer, direction, reason, forgetAt: now + callTimes.shown }
}

/** What it means that we stop now: a person does not choose between declining and hanging up, the state does. */
function ownReason(call: RingingCall | ConnectingCall, asked: CallEndReason): CallEndReason {
  if (asked === 'failed') return 'failed'
  if (call.state === 'connecting') return 'hung-up'
  return call.direction === 'outgoing' ? 'cancelled' : 'declined'
}

/** Whether a device is on the other side: the one that takes part, or one that rings. */
function isBetween({ peer, offers }: LiveCall, { identity, device }: CallPeer): boolean {
  return peer.identity === identity && (peer.device === null ? offers.has(device) : peer.device === device)
}

function isWith(call: Call, { room, device }: { room: string; device: string }): call is RingingCall | ConnectingCall {
  return isLive(call) && call.room === room && hasDevice(call, device)
}

/** Whether packets of this device may be of the call. */
export function hasDevice({ offers }: LiveCall, device: string): boolean {
  return offers.has(device)
}

function stay(call: Call): CallStep {
  return { call, effects: [] }
}
