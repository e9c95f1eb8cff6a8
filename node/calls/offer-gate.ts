import { toHex } from '../../protocol/bytes.ts'
import type { CallPeer } from '../../protocol/call/call.ts'
import type { Announcements } from './announcements.ts'
import { makePatience } from './call-patience.ts'
import type { RefusalReason, Refusals } from './refusals.ts'
import type { CallOfferEvent } from './signals.ts'

/** Which offers may ring, before any of them is opened. */
export interface OfferGate {
  /**
   * Whether an offer is to us, from a peer that is connected now and names what we gave it, and not seen before. `time`: Unix ms.
   *
   * Each that is admitted is open until `done` is called: so many at once, and no more.
   */
  admits(room: string, peer: CallPeer, offer: CallOfferEvent, time: number): boolean
  done(): void
}

interface Surroundings {
  readonly self: CallPeer
  readonly announcements: Announcements
  readonly refusals: Pick<Refusals, 'count'>
  readonly isConnected: (room: string, peer: CallPeer) => boolean
}

const mostSeen = 1_024
const mostPending = 8
/** Each call that is refused makes us write an entry. */
const mostOffers = { times: 10, within: 60_000 } as const

/** Spec: specs/call.md#verifying, 3. */
export function makeOfferGate({ self, announcements, refusals, isConnected }: Surroundings): OfferGate {
  const seen = new Set<string>()
  const patience = makePatience(mostOffers)
  let pending = 0

  function refusalOf(
    name: string,
    room: string,
    peer: CallPeer,
    { presence }: CallOfferEvent,
    time: number,
  ): RefusalReason | null {
    if (seen.has(name)) return 'offer-replayed'
    if (pending >= mostPending || !patience.allows(peer.device, time)) return 'offer-flood'
    if (!isConnected(room, peer)) return 'offer-absent'
    return announcements.wasGiven(room, peer.device, presence) ? null : 'offer-expired'
  }

  return {
    admits(room, peer, offer, time) {
      const { device } = peer
      const name = `${device}/${toHex(offer.call)}`
      if (toHex(offer.to) !== self.device) return false
      const reason = refusalOf(name, room, peer, offer, time)
      if (reason) {
        refusals.count(reason)
        return false
      }
      seen.add(name)
      if (seen.size > mostSeen) seen.delete(seen.keys().next().value!)
      pending++
      return true
    },
    done() {
      pending--
    },
  }
}
