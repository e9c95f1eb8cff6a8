import type { Description } from '../../protocol/call/description.ts'
import type { SyntheticCandidate } from '../../protocol/call/sdp.ts'
import { type MediaTunnel, openMediaTunnel, type TunnelPlace } from './media-tunnel.ts'
import type { RefusalReason } from './refusals.ts'

/** The tunnel of the one call there is, and which way its packets go now. */
export interface CallMedia {
  /** Throws what the system says if there is no socket to be had. */
  open(id: string, at: TunnelPlace, send: (frame: Uint8Array) => void): Promise<void>
  release(id: string): void
  candidate(id: string): SyntheticCandidate | null
  /** Both sides are known, so our browser can be told from any other program. */
  connect(id: string, own: Description, remote: Description): void
  /** Whether the other node is away. */
  setAway(id: string, away: boolean): void
  receive(id: string, frame: Uint8Array): void
  /** How many packets our browser has sent. */
  sent(id: string): number
  /** How many packets and frames its tunnel has refused. */
  refused(id: string): number
  /** How many frames the other node has sent. */
  heard(id: string): number
}

interface Opened {
  readonly id: string
  tunnel: MediaTunnel | null
  sides: readonly [own: Description, remote: Description] | null
}

/** `onRefused` is told of each packet and frame that is refused. */
export function makeCallMedia(onRefused: (reason: RefusalReason) => void): CallMedia {
  const opened = new Map<string, Opened>()

  return {
    async open(id, at, send) {
      const media: Opened = { id, tunnel: null, sides: null }
      opened.set(id, media)
      const tunnel = await openMediaTunnel({ id: tunnelId(id), at, send, onRefused })
      // Released while the socket was being opened.
      if (opened.get(id) !== media) return tunnel.close()
      media.tunnel = tunnel
      expect(media)
    },
    release(id) {
      opened.get(id)?.tunnel?.close()
      opened.delete(id)
    },
    candidate: (id) => opened.get(id)?.tunnel?.candidate ?? null,
    connect(id, own, remote) {
      const media = opened.get(id)
      if (!media) return
      media.sides = [own, remote]
      expect(media)
    },
    setAway: (id, away) => opened.get(id)?.tunnel?.setAway(away),
    receive: (id, frame) => opened.get(id)?.tunnel?.receive(frame),
    refused(id) {
      const { foreign = 0, stranger = 0, oversized = 0, misdirected = 0 } = opened.get(id)?.tunnel?.counters ?? {}
      return foreign + stranger + oversized + misdirected
    },
    heard: (id) => opened.get(id)?.tunnel?.counters.heard ?? 0,
    sent: (id) => opened.get(id)?.tunnel?.counters.sent ?? 0,
  }
}

function expect({ tunnel, sides }: Opened): void {
  if (!tunnel || !sides) return
  const [own, remote] = sides
  tunnel.expect({ username: `${remote.ufrag}:${own.ufrag}`, password: remote.pwd })
}

/** Both nodes know the call's id, which is random: its first bytes name the tunnel. */
function tunnelId(id: string): Uint8Array {
  return Buffer.from(id.slice(0, 8), 'hex')
}
