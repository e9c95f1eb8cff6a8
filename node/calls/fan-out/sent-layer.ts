import type { Layer, MediaPacket } from '../../../protocol/call/fan-out.ts'
import { beginsKeyFrame, shortenDescriptor } from './vp8-descriptor.ts'

/** An RTP packet of the own page. */
export interface PagePacket {
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly payload: Uint8Array
}

/** How many packets of a layer are kept to be sent again: some four seconds of a picture. */
const mostKept = 512

/** One layer of what the own page sends, in packets that are numbered without gaps, and kept for a while. */
export class SentLayer {
  readonly layer: Layer
  /** By which the page knows it (RFC 3550, SSRC). */
  readonly source: number
  /** When its last packet came, in ms. */
  lastAt = Number.NEGATIVE_INFINITY
  /** How many packets of the page had nothing in them. */
  #empty = 0
  readonly #kept = new Array<MediaPacket | undefined>(mostKept)

  constructor(layer: Layer, source: number) {
    this.layer = layer
    this.source = source
  }

  /** The packet as it goes to the others; null if nothing is in it. */
  take({ sequence, timestamp, marker, payload }: PagePacket, now: number): MediaPacket | null {
    const carried = this.layer === 'audio' ? payload : (shortenDescriptor(payload)?.payload ?? empty)
    if (carried.length === 0) {
      this.#empty++
      return null
    }
    const packet: MediaPacket = {
      type: 'media',
      layer: this.layer,
      marker,
      sequence: (sequence - this.#empty) & 0xffff,
      timestamp,
      payload: carried,
    }
    this.#kept[packet.sequence % mostKept] = packet
    this.lastAt = now
    return packet
  }

  find(sequence: number): MediaPacket | null {
    const kept = this.#kept[sequence % mostKept]
    return kept?.sequence === sequence ? kept : null
  }

  /** How the page has numbered what never came from it. */
  pageSequence(sequence: number): number {
    return (sequence + this.#empty) & 0xffff
  }
}

/** Whether a receiver can begin with this packet. */
export function canBeginWith({ layer, payload }: MediaPacket): boolean {
  return layer === 'audio' || beginsKeyFrame(payload)
}

const empty = new Uint8Array(0)
