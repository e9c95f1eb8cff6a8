import { type ShallowRef, shallowRef } from 'vue'
import type { GroupParticipant, OwnGroupCall } from '../../node/api/calls.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { LinkMedia, LinkState } from '../state/group-media.ts'
import { type MediaKind, openPeer, type Peer } from './peer.ts'

/** The connections of this page with the other participants of a group call. */
export interface GroupLinks {
  readonly shown: Readonly<ShallowRef<readonly LinkMedia[]>>
  /** Do what the node asks for now: offer, answer, or let go. */
  follow(call: OwnGroupCall): void
  send(kind: MediaKind, track: MediaStreamTrack | null): Promise<void>
  /** Everybody's connection, as it is now. */
  peers(): readonly { readonly device: string; readonly peer: Pick<Peer, 'limit' | 'loudness'> }[]
  close(): void
}

export interface LinkSurroundings {
  readonly bridge: Pick<Bridge, 'send'>
  /** A connection can be sent over now. */
  readonly onOpen: () => Promise<void>
}

/** One connection. The node names it by its offer: null while that is being made. */
interface Held {
  readonly device: string
  readonly peer: Peer
  readonly offers: boolean
  link: string | null
  /** What the node shows may be from before it took our offer. */
  isNew: boolean
  signed: string | null
  state: LinkState
}

const againMs = 1_000

export function makeGroupLinks({ bridge, onOpen }: LinkSurroundings): GroupLinks {
  const shown = shallowRef<readonly LinkMedia[]>([])
  const held = new Map<string, Held>()
  /** Links that this browser could not answer: the other side will offer another. */
  const refused = new Set<string>()
  let latest: OwnGroupCall | null = null

  const isHeld = (one: Held): boolean => held.get(one.device) === one

  function show(): void {
    shown.value = (latest?.participants ?? []).map(({ device, state: atNode }): LinkMedia => {
      const one = held.get(device)
      const state = one?.state ?? 'connecting'
      return {
        device,
        stream: one && state !== 'untrusted' ? one.peer.remote : null,
        state: atNode === 'reconnecting' && state !== 'untrusted' ? 'reconnecting' : state,
      }
    })
  }

  function follow(call: OwnGroupCall): void {
    latest = call
    const present = new Set(call.participants.map(({ device }) => device))
    for (const device of held.keys()) if (!present.has(device)) drop(device)
    for (const participant of call.participants) followOne(call.id, participant)
    show()
  }

  function followOne(call: string, { device, link, turn, remote }: GroupParticipant): void {
    const known = held.get(device)
    // One side has come anew, or has offered anew.
    if (known && link !== null && known.link === link) known.isNew = false
    if (known && known.link !== null && known.link !== link && !known.isNew) drop(device)
    const one = held.get(device)
    if (!one && turn === 'offer') void offer(call, device)
    if (!one && turn === 'answer' && link && remote && !refused.has(link))
      void answer(call, { device, link, sdp: remote.sdp, signed: remote.fingerprint })
    if (one && one.link !== null && one.signed === null && remote) {
      one.signed = remote.fingerprint
      one.peer.receiveAnswer(remote.sdp).catch(() => isHeld(one) && drop(device))
    }
  }

  function hold(device: string, given: Pick<Held, 'offers' | 'link' | 'signed'>): Held {
    const one: Held = { device, peer: openPeer(), state: 'connecting', isNew: given.offers, ...given }
    held.set(device, one)
    one.peer.onState((now) => {
      if (isHeld(one)) hear(one, now)
    })
    return one
  }

  function hear(one: Held, now: RTCPeerConnectionState): void {
    if (now === 'connected') void prove(one)
    else if (now === 'disconnected' && one.state !== 'untrusted') setState(one, 'reconnecting')
    // Only the one who has offered can offer again.
    else if (now === 'failed' && one.offers && latest) {
      drop(one.device)
      void offer(latest.id, one.device)
    }
  }

  function setState(one: Held, state: LinkState): void {
    one.state = state
    show()
  }

  async function prove(one: Held): Promise<void> {
    setState(one, 'connected')
    const found = await one.peer.fingerprints()
    if (!isHeld(one)) return
    if (found !== null && found.other === one.signed) return setState(one, 'secure')
    one.peer.close()
    setState(one, 'untrusted')
  }

  async function offer(call: string, device: string): Promise<void> {
    const one = hold(device, { offers: true, link: null, signed: null })
    try {
      const sdp = await one.peer.offer()
      const { link } = await bridge.send({ type: 'offer-link', call, device, sdp })
      if (!isHeld(one)) return
      one.link = link
      setTimeout(() => {
        one.isNew = false
        if (latest && isHeld(one)) follow(latest)
      }, againMs)
      if (latest) follow(latest)
      await onOpen()
    } catch {
      if (!isHeld(one)) return
      drop(device)
      // Whatever stood in the way may be over without the node having to say anything new.
      setTimeout(() => latest && follow(latest), againMs)
    }
  }

  async function answer(
    call: string,
    { device, link, sdp: offered, signed }: { device: string; link: string; sdp: string; signed: string },
  ): Promise<void> {
    const one = hold(device, { offers: false, link, signed })
    try {
      await one.peer.receiveOffer(offered)
      const sdp = await one.peer.answer()
      await bridge.send({ type: 'answer-link', call, device, link, sdp })
      if (isHeld(one)) await onOpen()
    } catch {
      refused.add(link)
      if (isHeld(one)) drop(device)
    }
  }

  function drop(device: string): void {
    held.get(device)?.peer.close()
    held.delete(device)
    show()
  }

  return {
    shown,
    follow,
    async send(kind, track) {
      await Promise.all([...held.values()].map(({ peer }) => peer.send(kind, track)))
    },
    peers: () => [...held.values()].filter(({ state }) => state !== 'untrusted'),
    close() {
      latest = null
      for (const device of [...held.keys()]) drop(device)
      refused.clear()
    },
  }
}
