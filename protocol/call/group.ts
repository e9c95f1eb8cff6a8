import { callTimes } from './call.ts'
import type { Description } from './description.ts'
import { meshSeats, type Stay, seatsAmong } from './roster.ts'

/** How long an offer waits for its answer before another one is made, the first time; how many offers a link may take; and how many links are known. */
export const linkLimits = { answerMs: 20_000, offers: 32, links: 15 } as const

/** The connection with one other participant. */
export interface Link {
  /** The other side. */
  readonly stay: Stay
  /** Without a seat nothing new begins, and what has begun goes on: who comes first may be learnt late. */
  readonly seated: boolean
  /** The hash of the offer that stands, in hex: it names the link. Null while none does. */
  readonly offer: string | null
  /** What the other side has said in its offer or its answer. */
  readonly remote: Description | null
  /** Both sides have described themselves. */
  readonly answered: boolean
  /** When another offer is due, if no answer has come. */
  readonly offerDue: number | null
  /** Hashes of all offers so far: none counts twice. */
  readonly past: readonly string[]
  /** How many in a row were not answered. */
  readonly unanswered: number
  /** Since when the other node is not connected. */
  readonly goneSince: number | null
}

interface GroupOf {
  readonly id: string
  readonly room: string
}

/** By links of each with each, or by fan-out. Spec: specs/group-call.md#form. */
export type GroupForm = 'mesh' | 'fan-out'

/** We take part. Our own `stay` is null until our `call-joined` has come back out of our log. */
export interface JoinedGroup extends GroupOf {
  readonly state: 'in'
  /** Never mesh again once it was fan-out. */
  readonly form: GroupForm
  readonly stay: Stay | null
  /** By device. */
  readonly links: ReadonlyMap<string, Link>
}

/** It is over for us, although we did not ask for that. `full`: others came before us. `failed`: our page is gone. */
export interface EndedGroup extends GroupOf {
  readonly state: 'ended'
  readonly reason: 'full' | 'failed'
  readonly forgetAt: number
}

/** What one node knows of the group call that it is in. Only one at a time. */
export type GroupCall = { readonly state: 'out' } | JoinedGroup | EndedGroup

/** Somebody in the call, and whether their node is connected with ours now, in the run in which they came. */
export interface SeenStay {
  readonly stay: Stay
  readonly connected: boolean
}

/** What can happen. Offers and answers have been opened and found to be between these two devices, in this call. */
export type GroupHappening =
  | ({ readonly type: 'joined' } & GroupOf)
  /** Everybody who has come and not left, ourselves among them, first those who came first. */
  | { readonly type: 'seen'; readonly stays: readonly SeenStay[] }
  | { readonly type: 'offer-made'; readonly device: string; readonly offer: string }
  | { readonly type: 'offered'; readonly device: string; readonly offer: string; readonly remote: Description }
  | { readonly type: 'answer-made'; readonly device: string; readonly offer: string }
  | { readonly type: 'answered'; readonly device: string; readonly offer: string; readonly remote: Description }
  /** A participant takes part by fan-out. */
  | { readonly type: 'fanned-out'; readonly device: string }
  | { readonly type: 'left' }
  /** Our coming could not be written, so our leaving has no place in the log either. */
  | { readonly type: 'unwritten' }
  | { readonly type: 'page-silent' }
  | { readonly type: 'time-passed' }

/** What is to be done: write into the own log that we left, or let go of a link's media. */
export type GroupEffect =
  | { readonly type: 'write-left'; readonly room: string; readonly id: string }
  | { readonly type: 'release'; readonly offer: string }

export interface GroupStep {
  readonly group: GroupCall
  readonly effects: readonly GroupEffect[]
}

/**
 * One step of a group call. Whatever does not fit is ignored: a stranger's, an old or a repeated signal changes nothing.
 *
 * `self` is the own device, in hex. Spec: specs/group-call.md#links.
 */
export function stepGroup(
  group: GroupCall,
  happening: GroupHappening,
  { self, now }: { self: string; now: number },
): GroupStep {
  if (happening.type === 'joined') return group.state === 'in' ? stay(group) : stay(begin(happening))
  if (group.state === 'ended' && happening.type === 'time-passed' && now >= group.forgetAt)
    return stay({ state: 'out' })
  if (group.state !== 'in') return stay(group)
  switch (happening.type) {
    case 'seen':
      return see(group, happening.stays, { self, now })
    case 'fanned-out':
      return group.links.get(happening.device)?.seated ? fanOut(group) : stay(group)
    case 'offer-made':
      return makesOffer(self, happening.device) ? takeOffer(group, happening, null, now) : stay(group)
    case 'offered':
      return makesOffer(self, happening.device) ? stay(group) : takeOffer(group, happening, happening.remote, null)
    case 'answer-made':
      return makesOffer(self, happening.device) ? stay(group) : answer(group, happening, null)
    case 'answered':
      return makesOffer(self, happening.device) ? answer(group, happening, happening.remote) : stay(group)
    case 'left':
      return { group: { state: 'out' }, effects: [writeLeft(group), ...releaseAll(group)] }
    case 'unwritten':
      return { group: { state: 'out' }, effects: releaseAll(group) }
    case 'page-silent':
      return end(group, 'failed', now)
    case 'time-passed':
      return passTime(group, now)
  }
}

/** Of two participants the one with the lower device key offers, always. */
export function makesOffer(self: string, device: string): boolean {
  return self < device
}

/** What our page has to do for a link now. */
export function turnOf(link: Link, self: string, form: GroupForm): 'offer' | 'answer' | null {
  const { stay, seated, offer, remote, answered, goneSince, past } = link
  if (!seated || form === 'fan-out') return null
  if (!makesOffer(self, stay.device)) return remote !== null && !answered ? 'answer' : null
  return offer === null && goneSince === null && past.length < linkLimits.offers ? 'offer' : null
}

function begin({ id, room }: GroupOf): JoinedGroup {
  return { state: 'in', id, room, form: 'mesh', stay: null, links: new Map() }
}

function see(group: JoinedGroup, seen: readonly SeenStay[], { self, now }: { self: string; now: number }): GroupStep {
  const connected = new Set(seen.filter(({ connected }) => connected).map(({ stay }) => stay.order))
  const stays = seen.map(({ stay }) => stay)
  const isThere = ({ device, order }: Stay) =>
    device === self || connected.has(order) || group.links.get(device)?.stay.order === order
  const seats = seatsAmong(stays, isThere)
  const own = stays.find(({ device }) => device === self) ?? null
  // Our own coming may still be on its way through our log.
  if (own && !seats.includes(own)) return end(group, 'full', now)

  const isAnew = own?.order !== group.stay?.order
  const links = new Map<string, Link>()
  const others = stays.filter((each) => each.device !== self && isThere(each))
  for (const each of own ? others.slice(0, linkLimits.links) : []) {
    const known = isAnew ? undefined : group.links.get(each.device)
    const link = known?.stay.order === each.order ? known : newLink(each)
    const goneSince = connected.has(each.order) ? null : (link.goneSince ?? now)
    links.set(each.device, { ...link, seated: seats.includes(each), goneSince })
  }
  const next = { ...group, stay: own, links }
  const step = { group: next, effects: releaseLost(group, links) }
  if (seats.length <= meshSeats) return step
  const fanned = fanOut(next)
  return { group: fanned.group, effects: [...step.effects, ...fanned.effects] }
}

/** From now on each sends once to its own node: nothing that was between two of them stands any more. */
function fanOut(group: JoinedGroup): GroupStep {
  if (group.form === 'fan-out') return stay(group)
  const links = new Map<string, Link>()
  for (const [device, { stay, seated, goneSince }] of group.links) {
    links.set(device, { ...newLink(stay), seated, goneSince })
  }
  return { group: { ...group, form: 'fan-out', links }, effects: releaseLost(group, links) }
}

function newLink(stay: Stay): Link {
  return {
    stay,
    seated: false,
    offer: null,
    remote: null,
    answered: false,
    offerDue: null,
    past: [],
    unanswered: 0,
    goneSince: null,
  }
}

/** An offer takes the place of the one before it. */
function takeOffer(
  group: JoinedGroup,
  { device, offer }: { device: string; offer: string },
  remote: Description | null,
  now: number | null,
): GroupStep {
  const link = group.links.get(device)
  if (!link || group.form === 'fan-out' || link.past.includes(offer) || link.past.length >= linkLimits.offers)
    return stay(group)
  const offerDue = now === null ? null : now + linkLimits.answerMs * 2 ** link.unanswered
  const past = [...link.past, offer]
  return change(group, { ...link, offer, remote, answered: false, offerDue, past })
}

/** `remote` is null of our own answer, as the offer has said it already. */
function answer(
  group: JoinedGroup,
  { device, offer }: { device: string; offer: string },
  remote: Description | null,
): GroupStep {
  const link = group.links.get(device)
  if (!link || link.offer !== offer || link.answered) return stay(group)
  return change(group, { ...link, remote: remote ?? link.remote, answered: true, offerDue: null, unanswered: 0 })
}

function passTime(group: JoinedGroup, now: number): GroupStep {
  const links = new Map<string, Link>()
  for (const [device, link] of group.links) {
    if (link.goneSince !== null && now >= link.goneSince + callTimes.gone) continue
    const late = link.goneSince === null && link.offerDue !== null && now >= link.offerDue
    links.set(device, late ? { ...link, offer: null, offerDue: null, unanswered: link.unanswered + 1 } : link)
  }
  const same = [...group.links].every(([device, link]) => links.get(device) === link)
  return same ? stay(group) : { group: { ...group, links }, effects: releaseLost(group, links) }
}

function change(group: JoinedGroup, link: Link): GroupStep {
  const links = new Map(group.links).set(link.stay.device, link)
  return { group: { ...group, links }, effects: releaseLost(group, links) }
}

function end(group: JoinedGroup, reason: EndedGroup['reason'], now: number): GroupStep {
  const { id, room } = group
  return {
    group: { state: 'ended', id, room, reason, forgetAt: now + callTimes.shown },
    effects: [writeLeft(group), ...releaseAll(group)],
  }
}

function writeLeft({ room, id }: GroupOf): GroupEffect {
  return { type: 'write-left', room, id }
}

function releaseAll(group: JoinedGroup): GroupEffect[] {
  return releaseLost(group, new Map())
}

/** Let go of the media of each offer that stands no more. */
function releaseLost({ links: before }: JoinedGroup, links: ReadonlyMap<string, Link>): GroupEffect[] {
  return [...before].flatMap(([device, { offer }]) =>
    offer === null || links.get(device)?.offer === offer ? [] : [{ type: 'release', offer }],
  )
}

function stay(group: GroupCall): GroupStep {
  return { group, effects: [] }
}
