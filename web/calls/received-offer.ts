import { openPeer, type Peer } from './peer.ts'

/** The offer of the call that rings, read ahead of accepting it, so that little is left to do then. At most one is held. */
export interface ReceivedOffer {
  /** The call whose offer is held. */
  readonly id: string | null
  /** A connection that has read this offer: the one that is held, or a new one in its place. */
  read(id: string, sdp: string): Promise<Peer>
  /** Hold it no more: its connection is the caller's to close. */
  release(): void
  /** Hold none, and close its connection. */
  forget(): void
}

export function makeReceivedOffer(): ReceivedOffer {
  let held: { readonly id: string; readonly peer: Promise<Peer> } | null = null

  function forget(): void {
    held?.peer.then((peer) => peer.close()).catch(() => undefined)
    held = null
  }

  return {
    get id() {
      return held?.id ?? null
    },
    read(id, sdp) {
      if (held?.id === id) return held.peer
      forget()
      const peer = openWith(sdp)
      // Whoever accepts hears of it.
      peer.catch(() => undefined)
      held = { id, peer }
      return peer
    },
    release() {
      held = null
    },
    forget,
  }
}

async function openWith(offer: string): Promise<Peer> {
  const peer = openPeer()
  try {
    await peer.receiveOffer(offer)
    return peer
  } catch (error) {
    // An offer that the browser refuses must not cost the page a connection each time.
    peer.close()
    throw error
  }
}
