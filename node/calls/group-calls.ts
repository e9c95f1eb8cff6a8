import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { CallPeer } from '../../protocol/call/call.ts'
import type { Description } from '../../protocol/call/description.ts'
import { isFanOut } from '../../protocol/call/fan-out.ts'
import {
  type GroupCall,
  type GroupForm,
  type GroupHappening,
  type JoinedGroup,
  type Link,
  makesOffer,
  stepGroup,
  turnOf,
} from '../../protocol/call/group.ts'
import { mostSeats } from '../../protocol/call/roster.ts'
import { describe } from '../../protocol/call/sdp.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { CallEvent } from '../../protocol/room/event.ts'
import type { GroupCallOn, OwnGroupCall, Tile } from '../api/calls.ts'
import { Problem } from '../api/problems.ts'
import type { Announcements } from './announcements.ts'
import { makeCallMedia } from './call-media.ts'
import { type CallNotes, makeCallNotes } from './call-notes.ts'
import { makePatience } from './call-patience.ts'
import { asProblem, refusing } from './call-refusal.ts'
import type { CallEntry, CallsOptions, LivePeer } from './calls.ts'
import { announcesFanOut, makeGroupFanOut } from './group-fan-out.ts'
import { groupView } from './group-view.ts'
import type { TunnelPlace } from './media-tunnel.ts'
import type { PageSilence } from './page-silence.ts'
import type { Refusals } from './refusals.ts'
import { makeRosters } from './rosters.ts'
import type { CallAnswerEvent, CallOfferEvent, Signals } from './signals.ts'

/** The group calls of this node's rooms, and the one that it is in. Rooms, identities, devices, calls and links are hex. */
export interface GroupCalls {
  /** Throws `Problem` (call-busy, call-full). */
  start(room: string): Promise<string>
  /** Come to a call, or come anew. Throws `Problem` (no-such-call, call-busy, call-full). */
  join(call: string): Promise<void>
  /** Throws `Problem` (no-such-call). */
  leave(call: string): Promise<void>
  /** Answers the name of the link. Throws `Problem` (no-such-call, no-such-link, call-refused). */
  offerLink(call: string, device: string, sdp: string): Promise<string>
  /** Throws `Problem` (no-such-call, no-such-link, call-refused). */
  answerLink(call: string, device: string, link: string, sdp: string): Promise<void>
  /** Answers the SDP of this node's end. Throws `Problem` (no-such-call, call-refused). */
  connectFanOut(call: string, sdp: string): Promise<string>
  /** Throws `Problem` (no-such-call). */
  setTiles(call: string, tiles: readonly Tile[]): void
  /** Whether this node is in a group call: it takes part in nothing else then. */
  isIn(): boolean
  /** What is told in this call, if this node is in it. */
  notesOf(call: string): CallNotes | null
  /** Take an entry in; false if it is of a pair call. */
  receiveEntry(room: string, entry: CallEntry): boolean
  /** Answers whether it is from somebody who takes part. */
  receiveDatagram(device: string, datagram: Uint8Array): boolean
  /** Whether a device takes part in the call that this node is in. */
  hasParticipant(room: string, call: string, device: string): boolean
  /** Somebody's connection has changed in this room. */
  peersChanged(room: string): void
  /** Other entries of a room count now than did before. */
  reread(room: string): void
  onIn(room: string): GroupCallOn[]
  view(): OwnGroupCall | null
  /** Leave; that is written when `write` has done its work. */
  close(): void
}

interface Surroundings
  extends Pick<CallsOptions, 'self' | 'peers' | 'history' | 'mediaKeys' | 'nameOf' | 'isDirect' | 'now'> {
  readonly log: Logger
  readonly callKey: Uint8Array
  readonly signals: Signals
  readonly announcements: Announcements
  readonly pageSilence: PageSilence
  readonly refusals: Pick<Refusals, 'count'>
  /** Write into the own log of a room, after everything that was to be written before. */
  write(room: string, make: () => Promise<readonly CallEvent[]>): Promise<void>
  /** Where browsers are to send to. */
  place(): TunnelPlace
  /** Whether there is a call with one person. */
  isBusy(): boolean
  onChange(): void
}

const mostPending = 8
/** Of one device: its links are made anew as often as it likes to come anew. */
const mostOffers = { times: 20, within: 60_000 } as const

/** Spec: specs/group-call.md. */
export function makeGroupCalls(surroundings: Surroundings): GroupCalls {
  const {
    self,
    callKey,
    signals,
    announcements,
    refusals,
    peers,
    history,
    nameOf,
    isDirect,
    now,
    log,
    write,
    onChange,
  } = surroundings
  const { pageSilence } = surroundings
  const findPeer = (room: string, identity: string, device: string): LivePeer | null =>
    peers.of(room, identity).find((peer) => peer.device === device) ?? null
  const rosters = makeRosters({ self, callKey: toHex(callKey), history, findPeer })
  const media = makeCallMedia(refusals.count)
  const patience = makePatience(mostOffers)
  const notes = makeCallNotes({ self, audience: () => [...routes.values()], isDirect, now, onChange })
  const fanOut = makeGroupFanOut({
    ...surroundings,
    send: (device, datagram) => routes.get(device)?.send(datagram),
    onFailure: () => apply({ type: 'page-silent' }),
  })
  /** What we said in each offer that stands. */
  const described = new Map<string, Description>()
  const opened = new Set<string>()
  const routes = new Map<string, LivePeer>()
  let group: GroupCall = { state: 'out' }
  let pending = 0
  let inbox: Promise<void> = Promise.resolve()
  let clock: NodeJS.Timeout | null = null

  function apply(happening: GroupHappening): void {
    const before = group
    const step = stepGroup(group, happening, { self: self.device, now: now() })
    group = step.group
    for (const effect of step.effects) {
      if (effect.type === 'release') release(effect.offer)
      else writeLeft(effect.room, effect.id)
    }
    if (group === before) return
    findRoutes()
    for (const link of links()) keepOpen(link)
    fanOut.setParticipants(links().flatMap(({ seated, stay }) => (seated ? [stay.device] : [])))
    if (formOf(group) === 'mesh') fanOut.disconnect()
    if (group.state === 'out') stopClock()
    else clock ??= setInterval(passTime, 1_000).unref()
    onChange()
  }

  function stopClock(): void {
    if (clock) clearInterval(clock)
    clock = null
  }

  /** See who is in our call now. */
  function look(): void {
    if (group.state === 'in') apply({ type: 'seen', stays: rosters.seen(group.room, group.id) })
  }

  function passTime(): void {
    apply({ type: 'time-passed' })
    look()
    notes.passTime()
    fanOut.passTime()
    const isFannedOut = formOf(group) === 'fan-out'
    const due =
      isFannedOut || links().some((link) => link.answered || turnOf(link, self.device, formOf(group)) !== null)
    const ofLinks = links().reduce((sum, { offer }) => sum + (offer === null ? 0 : media.sent(offer)), 0)
    const sent = isFannedOut ? fanOut.received() : ofLinks
    if (due && group.state === 'in' && pageSilence.isTooLong(group.id, sent, now())) apply({ type: 'page-silent' })
  }

  function links(): readonly Link[] {
    return group.state === 'in' ? [...group.links.values()] : []
  }

  function findRoutes(): void {
    const before = new Set(routes.keys())
    routes.clear()
    for (const { stay, answered, goneSince } of links()) {
      const route = goneSince === null && group.state === 'in' && findPeer(group.room, stay.identity, stay.device)
      if (!route) continue
      routes.set(stay.device, route)
      if ((answered || formOf(group) === 'fan-out') && !before.has(stay.device)) notes.tell(route)
    }
  }

  /** Have a socket for a link that is to be answered, and tell it whether the other node is away. */
  function keepOpen(link: Link): void {
    const { offer, goneSince } = link
    if (offer === null) return
    media.setAway(offer, goneSince !== null)
    if (turnOf(link, self.device, formOf(group)) !== 'answer' || opened.has(offer)) return
    openMedia(offer, link.stay.device)
      .then(onChange)
      .catch((error: Error) => log.warn({ error: error.name }, 'there is no socket for the media of a call'))
  }

  async function openMedia(offer: string, device: string): Promise<void> {
    opened.add(offer)
    await media.open(offer, surroundings.place(), (frame) => routes.get(device)?.send(frame))
  }

  function release(offer: string): void {
    media.release(offer)
    opened.delete(offer)
    described.delete(offer)
  }

  function writeLeft(room: string, id: string): void {
    write(room, async () => [{ type: 'call-left', call: fromHex(id) }]).catch((error: Error) =>
      log.warn({ error: error.name }, 'that a call was left could not be written'),
    )
  }

  async function come(room: string, id: string, before: readonly CallEvent[]): Promise<void> {
    apply({ type: 'joined', id, room })
    notes.begin(fromHex(id))
    try {
      await write(room, async () => [...before, { type: 'call-joined', call: fromHex(id), callKey }])
    } catch (error) {
      apply({ type: 'unwritten' })
      throw error
    }
  }

  async function join(call: string): Promise<void> {
    if (group.state === 'in' && group.id === call) apply({ type: 'left' })
    if (group.state === 'in' || surroundings.isBusy()) throw new Problem('call-busy')
    const on = rosters.find(call)
    if (!on) throw new Problem('no-such-call')
    if (on.stays.filter(({ device }) => device !== self.device).length >= mostSeats) throw new Problem('call-full')
    await come(on.room, call, [])
  }

  /** The link with a device of the call that we are in. */
  function requireLink(call: string, device: string) {
    if (group.state !== 'in' || group.id !== call) throw new Problem('no-such-call')
    const { room } = group
    const link = group.links.get(device)
    const presence = link ? findPeer(room, link.stay.identity, device)?.presence : null
    if (!link || !presence) throw new Problem('no-such-link')
    return { link, presence, with: { id: call, room, peer: link.stay } }
  }

  async function offerLink(call: string, device: string, sdp: string): Promise<string> {
    const found = requireLink(call, device)
    if (!makesOffer(self.device, device)) throw new Problem('no-such-link')
    const { description, draft } = refusing(() => {
      const description = describe(sdp)
      return { description, draft: signals.draftOffer(found.with, description, found.presence) }
    })
    apply({ type: 'offer-made', device, offer: draft.hash })
    if (requireLink(call, device).link.offer !== draft.hash) throw new Problem('call-refused')
    described.set(draft.hash, description)
    const socket = openMedia(draft.hash, device)
    socket.catch(() => undefined)
    await write(found.with.room, async () => [(await Promise.all([draft.seal(), socket]))[0]])
    return draft.hash
  }

  async function answerLink(call: string, device: string, offer: string, sdp: string): Promise<void> {
    const found = requireLink(call, device)
    const { remote } = found.link
    if (found.link.offer !== offer || !remote || turnOf(found.link, self.device, formOf(group)) !== 'answer')
      throw new Problem('no-such-link')
    const { description, draft } = refusing(() => {
      const description = describe(sdp)
      return { description, draft: signals.draftAnswer({ ...found.with, offer }, description, found.presence) }
    })
    media.connect(offer, description, remote)
    apply({ type: 'answer-made', device, offer })
    await write(found.with.room, async () => [await draft.seal()])
  }

  async function connectFanOut(call: string, sdp: string): Promise<string> {
    if (group.state !== 'in' || group.id !== call || group.form !== 'fan-out') throw new Problem('no-such-call')
    return fanOut.connect(group, sdp).catch((error) => Promise.reject(asProblem(error)))
  }

  function receiveFanOut({ id, form }: JoinedGroup, device: string, datagram: Uint8Array): void {
    if (form === 'mesh' && announcesFanOut(fromHex(id), datagram)) apply({ type: 'fanned-out', device })
    fanOut.receive(device, datagram)
  }

  function receiveEntry(room: string, entry: CallEntry): boolean {
    const { device, event, live } = entry
    const call = toHex(event.call)
    if (event.type === 'call-started' && event.to !== null) return false
    if (event.type === 'call-started' || event.type === 'call-joined' || event.type === 'call-left') {
      rosters.note(room, entry)
      if (group.state === 'in' && group.room === room) look()
      else onChange()
      return true
    }
    // What its author says is of a group call never rings, whether we are in that or not any more.
    if (event.type === 'call-ended' || !hasCome(room, call, device)) return false
    if (live && device !== self.device) receiveSignal(room, entry, event)
    return true
  }

  /** Of an offer that may ring otherwise: whether its author has come to the call that it names. */
  function hasCome(room: string, call: string, device: string): boolean {
    return history.linesOf(room, call).some((line) => line.type === 'call-joined' && line.device === device)
  }

  function receiveSignal(room: string, author: CallPeer, event: CallOfferEvent | CallAnswerEvent): void {
    const { identity, device } = author
    const link = group.state === 'in' && group.room === room ? group.links.get(device) : undefined
    if (!link || group.state !== 'in' || group.id !== toHex(event.call) || toHex(event.to) !== self.device) return
    const peer = { identity, device }
    const between = { id: group.id, room, peer }
    if (event.type === 'call-answer') {
      if (toHex(event.offer) === link.offer) queue(() => receiveAnswer(between, event))
      return
    }
    if (pending >= mostPending || !isForNow(room, peer, event)) return
    pending++
    queue(() => receiveOffer(between, event).finally(() => pending--))
  }

  /** Whether an offer is from somebody who is connected now and names what we gave them. */
  function isForNow(room: string, { identity, device }: CallPeer, { presence }: CallOfferEvent): boolean {
    const isLive = findPeer(room, identity, device) !== null && announcements.wasGiven(room, device, presence)
    return isLive && patience.allows(device, now())
  }

  function queue(work: () => Promise<void>): void {
    inbox = inbox.then(work).catch((error: Error) => {
      log.warn({ error: error instanceof ProtocolError ? error.code : error.name }, 'a call entry was refused')
    })
  }

  async function receiveOffer(between: Parameters<Signals['openOffer']>[0], event: CallOfferEvent): Promise<void> {
    const { offer, remote } = await signals.openOffer(between, event)
    if (group.state === 'in' && group.id === between.id)
      apply({ type: 'offered', device: between.peer.device, offer, remote })
  }

  async function receiveAnswer(between: Parameters<Signals['openAnswer']>[0], event: CallAnswerEvent): Promise<void> {
    const { device } = between.peer
    const { offer, remote } = await signals.openAnswer(between, event)
    const own = described.get(offer)
    if (!own || group.state !== 'in' || group.links.get(device)?.offer !== offer) return
    media.connect(offer, own, remote)
    apply({ type: 'answered', device, offer, remote })
    const route = routes.get(device)
    if (route) notes.tell(route)
  }

  return {
    async start(room) {
      if (group.state === 'in' || surroundings.isBusy()) throw new Problem('call-busy')
      const [on] = rosters.on(room)
      const id = on?.call ?? toHex(randomBytes(16))
      if (on) await join(id)
      else await come(room, id, [{ type: 'call-started', call: fromHex(id), to: null }])
      return id
    },
    join,
    async leave(call) {
      if (group.state !== 'in' || group.id !== call) throw new Problem('no-such-call')
      const { room } = group
      apply({ type: 'left' })
      await write(room, async () => [])
    },
    offerLink,
    answerLink,
    isIn: () => group.state === 'in',
    notesOf: (call) => (group.state === 'in' && group.id === call ? notes : null),
    receiveEntry,
    connectFanOut,
    setTiles(call, tiles) {
      if (group.state !== 'in' || group.id !== call) throw new Problem('no-such-call')
      fanOut.setTiles(tiles)
    },
    receiveDatagram(device, datagram) {
      if (group.state !== 'in') return false
      const offer = group.links.get(device)?.offer
      if (isFanOut(datagram)) receiveFanOut(group, device, datagram)
      else if (offer) media.receive(offer, datagram)
      else return group.links.has(device)
      return true
    },
    hasParticipant: (room, call, device) =>
      group.state === 'in' && group.room === room && group.id === call && group.links.has(device),
    peersChanged(room) {
      if (group.state === 'in' && group.room === room) look()
    },
    reread(room) {
      rosters.reread(room)
      if (group.state !== 'in' || group.room !== room) return
      look()
      // Somebody may have been removed, and must not be able to listen any more.
      fanOut.renew()
    },
    onIn: (room) =>
      rosters.on(room).map(({ call, since, stays }) => ({
        call,
        since,
        people: stays.map(({ identity, device }) => ({
          identity,
          name: nameOf(room, identity),
          self: device === self.device,
        })),
        full: stays.length >= mostSeats,
        mine: group.state === 'in' && group.id === call,
      })),
    view() {
      const since = (group.state === 'in' && rosters.find(group.id)?.since) || now()
      return groupView(group, { self, since, notes, nameOf, fanOut: fanOut.view(), candidate: media.candidate })
    },
    close() {
      if (group.state === 'in') apply({ type: 'left' })
      stopClock()
    },
  }
}

const formOf = (group: GroupCall): GroupForm => (group.state === 'in' ? group.form : 'mesh')
