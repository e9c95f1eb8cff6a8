import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  type Call,
  type CallHappening,
  type CallPeer,
  callTimes,
  canAccept,
  hasDevice,
  isLive,
  stepCall,
} from '../../protocol/call/call.ts'
import type { Description } from '../../protocol/call/description.ts'
import type { MediaSession } from '../../protocol/call/media-key.ts'
import type { ToldNote } from '../../protocol/call/note.ts'
import { describe } from '../../protocol/call/sdp.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { CallEndReason, CallEvent } from '../../protocol/room/event.ts'
import { Problem } from '../api/problems.ts'
import type { CallView } from '../api/views.ts'
import type { MediaKey } from '../epochs/media-keys.ts'
import { makeAnnouncements, type Presence } from './announcements.ts'
import type { CallHistory } from './call-history.ts'
import { makeCallMedia } from './call-media.ts'
import { type CallNotes, makeCallNotes, type NoteTaker, type OwnStatus } from './call-notes.ts'
import { asProblem } from './call-refusal.ts'
import { callView } from './call-view.ts'
import { type GroupCalls, makeGroupCalls } from './group-calls.ts'
import { candidateAddress } from './local-socket.ts'
import type { TunnelPlace } from './media-tunnel.ts'
import { makeOfferGate } from './offer-gate.ts'
import { makePageSilence } from './page-silence.ts'
import { makeRefusals, type RefusalReason, type Refusals } from './refusals.ts'
import { makeResumption, type ShownCall } from './resumption.ts'
import { makeCallKey } from './sealed-signal.ts'
import { type CallAnswerEvent, type CallOfferEvent, makeSignals } from './signals.ts'
import { makeSilence } from './silence.ts'

/** A device of a room's member, connected now. Identity and device are hex. */
export interface LivePeer extends NoteTaker {
  /** What it announced to us on this connection. */
  readonly presence: Presence | null
  /** Send an unordered datagram, which may get lost. */
  send(datagram: Uint8Array): void
}

/** A call's entry as it was folded, with its author. */
export interface CallEntry extends CallPeer {
  readonly event: CallEvent
  /** False for what was in the logs before this start: that never rings. */
  readonly live: boolean
  /** Its place in the room's order, as `orderText` writes it. */
  readonly order: string
}

export interface CallsOptions {
  readonly self: CallPeer
  /** Write into the own log of the room. */
  append(room: string, events: readonly CallEvent[]): Promise<void>
  readonly peers: {
    /** The devices of this person that are connected now. */
    of(room: string, identity: string): readonly LivePeer[]
    /** Whether it is a device of a member, connected or not. */
    isMember(room: string, peer: CallPeer): boolean
  }
  readonly history: CallHistory
  readonly mediaKeys: {
    /** By which the frames of a device are sealed, as far as that can be known here; oldest first. */
    of(room: string, session: MediaSession): readonly MediaKey[]
    /** Seal by another key if one is due. */
    renew(room: string): Promise<void>
  }
  nameOf(room: string, identity: string): string
  /** Whether this person may see the address of this device in a call. */
  isDirect(identity: string): boolean
  now(): number
  readonly log: Logger
  /** The own address that browsers are told; found anew for each call unless given. */
  readonly candidateAddress?: string
}

/** The call of this node, if there is one. Rooms, identities, devices and calls are hex. */
export interface Calls {
  readonly group: Pick<
    GroupCalls,
    'start' | 'join' | 'leave' | 'offerLink' | 'answerLink' | 'connectFanOut' | 'setTiles' | 'onIn' | 'reread' | 'view'
  >
  /** Throws `Problem` (call-refused, call-busy, peer-offline). */
  start(room: string, to: string, sdp: string): Promise<string>
  /** Throws `Problem` (call-refused, no-such-call, peer-offline). */
  accept(id: string, sdp: string): Promise<void>
  /** After a new start: the page is still in this call. Throws `Problem` (call-busy, call-lost, call-refused, no-such-room). */
  resume(id: string, shown: ShownCall): Promise<void>
  /** `found`: what the page has refused, if that is why. Throws `Problem` (no-such-call). */
  end(id: string, reason: CallEndReason, found?: 'certificate'): Promise<void>
  /** Tell the others what we send, and whether our hand is raised. Throws `Problem` (no-such-call). */
  setStatus(id: string, status: OwnStatus): void
  /** Show an emoji to all in the call; nothing happens if there were too many. Throws `Problem` (no-such-call). */
  react(id: string, emoji: number): void
  /** The sockets of the page's connection with this device, in its browser's lines; also a sign that the page is there. Throws `Problem` (no-such-call). */
  offerDirectPath(id: string, device: string, candidates: readonly string[]): void
  /** What to tell this peer of this room, once for each connection. */
  presence(room: string, device: string): Presence
  receiveEntry(room: string, entry: CallEntry): void
  receiveDatagram(device: string, datagram: Uint8Array): void
  receiveNote(room: string, from: CallPeer, told: ToldNote): void
  peerGone(room: string, device: string): void
  peerBack(room: string, device: string): void
  view(): CallView
  /** What was refused since the start. */
  refused(): ReturnType<Refusals['counts']>
  onChange(listener: () => void): () => void
  /** Hang up, and let everything be written. */
  close(): Promise<void>
}

/** Devices of one person that ring at once. */
const mostRung = 8

/** Of the other page, whose browser checks every 6 seconds at least, or of the way to it. */
const mostPeerSilence = 7_000
/** Packets in a second: with fewer, the browser sends its voice another way, and the other one may do so too. */
const leastCarried = 10

/** Spec: specs/call.md. */
export async function openCalls(options: CallsOptions): Promise<Calls> {
  const { self, append, peers, history, nameOf, isDirect, now, log } = options
  const callKey = await makeCallKey()
  const announcements = makeAnnouncements(callKey.publicKey)
  const signals = makeSignals({ self, callKey })
  const refusals = makeRefusals()
  const media = makeCallMedia(refusals.count)
  const listeners = new Set<() => void>()
  const isConnected = (room: string, { identity, device }: CallPeer) => findPeer(room, identity, device) !== null
  const gate = makeOfferGate({ self, announcements, refusals, isConnected })
  const pageSilence = makePageSilence()
  const peerSilence = makeSilence()
  const resumption = makeResumption({ self, history, isMember: peers.isMember })
  const notes = makeCallNotes({
    self,
    audience: () => (call.state === 'connecting' && route ? [route] : []),
    isDirect,
    now,
    onChange: changed,
  })
  const group = makeGroupCalls({
    self,
    callKey: callKey.publicKey,
    signals,
    announcements,
    pageSilence,
    refusals,
    peers,
    history,
    mediaKeys: options.mediaKeys,
    nameOf,
    isDirect,
    now,
    log,
    write: (room, make) => write(room, make),
    place: anywhere,
    isBusy: () => isLive(call),
    onChange: changed,
  })
  let call: Call = { state: 'idle' }
  let own: Description | null = null
  let route: LivePeer | null = null
  let inbox: Promise<void> = Promise.resolve()
  let outbox: Promise<void> = Promise.resolve()
  let clock: NodeJS.Timeout | null = null
  /** Shown once a second at most: whoever floods us must not make the page draw. */
  let shownRefused = 0
  let lastSent = 0
  const patienceForPages = setTimeout(endForgotten, callTimes.gone).unref()

  function apply(happening: CallHappening): void {
    const before = call
    const step = stepCall(call, happening, { self: self.device, now: now() })
    call = step.call
    for (const effect of step.effects) {
      if (effect.type === 'release') media.release(effect.id)
      else writeEnd(effect.room, effect.id, effect.reason)
    }
    if (call === before) return
    findRoute()
    if (isLive(call)) notes.begin(fromHex(call.id))
    if (call.state === 'connecting' && before.state !== 'connecting') tellStatus()
    if (call.state === 'idle') stopClock()
    else clock ??= setInterval(passTime, 1_000).unref()
    changed()
  }

  function changed(): void {
    for (const listener of listeners) listener()
  }

  function findRoute(): void {
    route = isLive(call) ? findPeer(call.room, call.peer.identity, call.peer.device) : null
    if (call.state === 'connecting') media.setAway(call.id, route === null || call.goneSince !== null)
  }

  function tellStatus(): void {
    if (call.state === 'connecting' && route) notes.tell(route)
  }

  function requireLive(id: string): void {
    if (!isLive(call) || call.id !== id) throw new Problem('no-such-call')
  }

  function notesOf(id: string): CallNotes {
    const ofGroup = group.notesOf(id)
    if (!ofGroup) requireLive(id)
    return ofGroup ?? notes
  }

  function findPeer(room: string, identity: string, device: string | null): LivePeer | null {
    return peers.of(room, identity).find((peer) => peer.device === device) ?? null
  }

  function stopClock(): void {
    if (clock) clearInterval(clock)
    clock = null
  }

  function passTime(): void {
    apply({ type: 'time-passed' })
    notes.passTime()
    if (call.state !== 'connecting' || !call.answered) return
    const { id } = call
    const refused = media.refused(id)
    if (refused !== shownRefused) {
      shownRefused = refused
      changed()
    }
    const sent = media.sent(id)
    const isCarrying = sent - lastSent >= leastCarried
    lastSent = sent
    if (pageSilence.isTooLong(id, sent, now())) apply({ type: 'stopped', id, reason: 'failed' })
    else if (isCarrying && isPeerSilent(id)) apply({ type: 'peer-gone', room: call.room, device: call.peer.device! })
  }

  function isPeerSilent(id: string): boolean {
    const heard = media.heard(id)
    return heard > 0 && peerSilence.of(id, heard, now()) >= mostPeerSilence
  }

  /** Entries go out in the order in which they were decided. */
  function write(room: string, make: () => Promise<readonly CallEvent[]>): Promise<void> {
    const written = outbox.then(async () => append(room, await make()))
    outbox = written.catch(() => undefined)
    return written
  }

  function writeEnd(room: string, id: string, reason: CallEndReason): void {
    write(room, async () => [{ type: 'call-ended', call: fromHex(id), reason }]).catch((error: Error) =>
      log.warn({ error: error.name }, 'the end of a call could not be written'),
    )
  }

  function openMedia(id: string, at: TunnelPlace = anywhere()): Promise<void> {
    return media.open(id, at, (frame) => route?.send(frame))
  }

  function anywhere(): TunnelPlace {
    return { address: options.candidateAddress ?? candidateAddress(), port: 0 }
  }

  /** What breaks a rule of the call is told to the page as one problem, and counted. */
  function describing<T>(make: () => T): T {
    try {
      return make()
    } catch (error) {
      if (error instanceof ProtocolError) refusals.count('description')
      throw asProblem(error)
    }
  }

  async function start(room: string, to: string, sdp: string): Promise<string> {
    if (isLive(call) || group.isIn()) throw new Problem('call-busy')
    const rung = peers.of(room, to).slice(0, mostRung)
    const id = toHex(randomBytes(16))
    const [description, drafts] = describing(() => {
      const description = describe(sdp)
      const drafts = rung.flatMap(({ identity, device, presence }) =>
        presence
          ? [{ device, ...signals.draftOffer({ id, room, peer: { identity, device } }, description, presence) }]
          : [],
      )
      return [description, drafts]
    })
    if (drafts.length === 0) throw new Problem('peer-offline')
    own = description
    apply({ type: 'started', id, room, to, offers: new Map(drafts.map(({ device, hash }) => [device, hash])) })
    try {
      const opened = openMedia(id)
      // It may fail while the entries before it are still being written; then that is told below.
      opened.catch(() => undefined)
      await write(room, async () => {
        const [offers] = await Promise.all([Promise.all(drafts.map(({ seal }) => seal())), opened])
        return [{ type: 'call-started', call: fromHex(id), to: fromHex(to) }, ...offers]
      })
    } catch (error) {
      // Nothing of this call is in the log, so its end has no place there either.
      apply({ type: 'unwritten', id })
      throw asProblem(error)
    }
    return id
  }

  async function accept(id: string, sdp: string): Promise<void> {
    if (!canAccept(call, id)) throw new Problem('no-such-call')
    const accepted = call
    const presence = findPeer(call.room, call.peer.identity, call.peer.device)?.presence
    if (!presence) throw new Problem('peer-offline')
    const [description, draft] = describing(() => {
      const description = describe(sdp)
      const offer = accepted.offers.get(accepted.peer.device)!
      return [description, signals.draftAnswer({ ...accepted, offer }, description, presence)]
    })
    media.connect(id, description, call.remote)
    apply({ type: 'accepted', id })
    try {
      await write(accepted.room, async () => [await draft.seal()])
    } catch (error) {
      apply({ type: 'stopped', id, reason: 'failed' })
      throw asProblem(error)
    }
  }

  async function resume(id: string, shown: ShownCall): Promise<void> {
    if (isLive(call)) {
      if (call.id === id) return
      throw new Problem('call-busy')
    }
    if (group.isIn()) throw new Problem('call-busy')
    const { own: description, place, ...resumed } = describing(() => resumption.check(id, shown))
    const { room, device } = shown
    apply({ type: 'resumed', id, room, ...resumed })
    try {
      await openMedia(id, place)
      media.connect(id, description, resumed.remote)
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.name : '' }, 'a call could not be gone on with')
      apply({ type: 'stopped', id, reason: 'failed' })
      throw new Problem('call-lost')
    }
    if (route) apply({ type: 'peer-back', room, device })
  }

  /** No page has come back to them after a new start. */
  function endForgotten(): void {
    for (const { room, call: id } of resumption.standing()) {
      if (!isLive(call) || call.id !== id) writeEnd(room, id, 'failed')
    }
  }

  function receiveEntry(room: string, entry: CallEntry): void {
    const { identity, device, event, live } = entry
    if (group.receiveEntry(room, entry)) return
    if (!live || device === self.device) return
    if (identity === self.identity) {
      receiveOwn(event)
      return
    }
    const peer = { identity, device }
    if (event.type === 'call-offer') {
      if (gate.admits(room, peer, event, now()))
        queue(() => receiveOffer(room, peer, event).finally(gate.done), 'offer-unreadable')
    }
    if (event.type === 'call-answer') queue(() => receiveAnswer(room, peer, event), 'answer-unreadable')
    // Queued, because the offer may still be being opened.
    if (event.type === 'call-ended') {
      queue(async () => apply({ type: 'ended', id: toHex(event.call), peer, reason: event.reason }))
    }
  }

  /** What another device of ours has written: it may have answered what rings here too. */
  function receiveOwn(event: CallEvent): void {
    const id = toHex(event.call)
    if (event.type === 'call-answer') queue(async () => apply({ type: 'taken', id, by: 'answer' }))
    if (event.type === 'call-ended' && event.reason === 'declined') {
      queue(async () => apply({ type: 'taken', id, by: 'decline' }))
    }
  }

  function queue(work: () => Promise<void>, refused: RefusalReason | null = null): void {
    inbox = inbox.then(work).catch((error: Error) => {
      if (refused) refusals.count(refused)
      log.warn({ error: error instanceof ProtocolError ? error.code : error.name }, 'a call entry was refused')
    })
  }

  async function receiveOffer(room: string, peer: CallPeer, event: CallOfferEvent): Promise<void> {
    const id = toHex(event.call)
    const { offer, remote } = await signals.openOffer({ id, room, peer }, event)
    if (group.isIn()) return writeEnd(room, id, 'busy')
    apply({ type: 'offered', id, room, peer, offer, remote })
    if (!isLive(call) || call.id !== id) return
    try {
      await openMedia(id)
      changed()
    } catch (error) {
      apply({ type: 'stopped', id, reason: 'failed' })
      throw error
    }
  }

  async function receiveAnswer(room: string, peer: CallPeer, event: CallAnswerEvent): Promise<void> {
    const id = toHex(event.call)
    const asked = call.state === 'ringing' && call.direction === 'outgoing' && call.id === id ? call : null
    if (!asked) return
    const isAsked = asked.room === room && asked.peer.identity === peer.identity
    const isOurs = asked.offers.get(peer.device) === toHex(event.offer) && toHex(event.to) === self.device
    if (!isAsked || !isOurs) return refusals.count('answer-foreign')
    try {
      const { offer, remote } = await signals.openAnswer({ id, room, peer }, event)
      if (own) media.connect(id, own, remote)
      apply({ type: 'answered', id, room, peer, offer, remote })
    } catch (error) {
      // Only the callee's device can have written it, so there will be no better one.
      apply({ type: 'stopped', id, reason: 'failed' })
      throw error
    }
  }

  return {
    group,
    start,
    accept,
    resume,
    async end(id, reason, found) {
      requireLive(id)
      if (found) refusals.count(found)
      apply({ type: 'stopped', id, reason })
      await outbox
    },
    setStatus(id, status) {
      notesOf(id).setOwn(status)
    },
    refused: refusals.counts,
    react(id, emoji) {
      notesOf(id).react(emoji)
    },
    offerDirectPath(id, device, candidates) {
      notesOf(id).direct.setOwn(device, candidates)
      pageSilence.hear(id, now())
    },
    presence: announcements.announce,
    receiveEntry,
    receiveDatagram(device, datagram) {
      if (!isLive(call) || !hasDevice(call, device)) {
        if (!group.receiveDatagram(device, datagram)) refusals.count('frame-foreign')
        return
      }
      media.receive(call.id, datagram)
      // Its packets had stopped, though its node was connected as far as we knew.
      if (call.goneSince !== null && route) apply({ type: 'peer-back', room: call.room, device })
    },
    receiveNote(room, { identity, device }, { call: id, note }) {
      if (group.hasParticipant(room, toHex(id), device))
        return group.notesOf(toHex(id))?.take({ identity, device }, note)
      if (!isLive(call) || call.room !== room || call.id !== toHex(id) || !hasDevice(call, device)) return
      notes.take({ identity, device }, note)
    },
    peerGone(room, device) {
      group.peersChanged(room)
      findRoute()
      if (route) tellStatus()
      else apply({ type: 'peer-gone', room, device })
    },
    peerBack(room, device) {
      group.peersChanged(room)
      findRoute()
      apply({ type: 'peer-back', room, device })
      tellStatus()
    },
    view() {
      const peerName = call.state === 'idle' ? '' : nameOf(call.room, call.peer.identity)
      const candidate = call.state === 'idle' ? null : media.candidate(call.id)
      return callView(call, { peerName, candidate, self, refused: shownRefused, notes })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      if (isLive(call)) apply({ type: 'stopped', id: call.id, reason: 'hung-up' })
      group.close()
      stopClock()
      clearTimeout(patienceForPages)
      await outbox
    },
  }
}
