import type { Layer, MediaPacket } from '../../../protocol/call/fan-out.ts'
import { canBeginWith } from './sent-layer.ts'
import { unwrap } from './sequence.ts'

/** A stretch of packets of one layer, as they are numbered to the page. */
interface Stretch {
  readonly layer: Layer
  /** The first number in it, of the sender and to the page; they do not wrap around. */
  readonly from: number
  readonly to: number
  /** What is added to the sender's timestamps. */
  readonly shift: number
}

/** How a packet is numbered to the page. */
export interface ShownPacket {
  readonly sequence: number
  readonly timestamp: number
}

const mostStretches = 4
/** Further ahead than this is no loss but another beginning. */
const mostAhead = 2_000

/**
 * What one slot of the page is sent as voice, or as picture: one row of packets, whoever has the slot and whatever layer they come from.
 *
 * A row begins anew, without a gap, where a key frame begins after something that did not come: nothing before it is needed any more.
 */
export class ShownTrack {
  /** Packets that came for the first time, and that should have. */
  came = 0
  due = 0
  readonly #rate: number
  #stretches: readonly Stretch[] = []
  /** Numbers that do not wrap around. */
  #newest = { shown: 0, ofSender: 0, timestamp: 0, at: 0 }
  #another = false

  /** `rate`: of its timestamps, in a second. */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** What comes next is of another sender, or of another session. */
  reset(): void {
    this.#another = true
  }

  /** The layer that is shown. */
  get layer(): Layer | null {
    return this.#another ? null : (this.#stretches.at(-1)?.layer ?? null)
  }

  /** How the packet is numbered; null if it comes too late, or if a key frame must come first. `now`: ms. */
  pass(packet: MediaPacket, now: number): ShownPacket | null {
    const stretch = this.#stretchFor(packet, now)
    if (!stretch) return null
    const number = unwrap(this.#newest.ofSender, packet.sequence)
    if (number < stretch.from) return null
    const shown = stretch.to + number - stretch.from
    const timestamp = (packet.timestamp + stretch.shift) >>> 0
    const ahead = shown - this.#newest.shown
    if (ahead > 0) {
      this.came++
      this.due += ahead
      this.#newest = { shown, ofSender: number, timestamp, at: now }
    }
    return { sequence: shown & 0xffff, timestamp }
  }

  /** Which packet of the sender the page knows by this number; null if it is of long ago. */
  origin(sequence: number): Pick<MediaPacket, 'layer' | 'sequence'> | null {
    const shown = unwrap(this.#newest.shown, sequence)
    const stretch = this.#stretches.findLast(({ to }) => to <= shown)
    return stretch ? { layer: stretch.layer, sequence: (stretch.from + shown - stretch.to) & 0xffff } : null
  }

  /** A sender's moment as it is told to the page; null unless that layer is shown. */
  moment(layer: Layer, timestamp: number): number | null {
    const stretch = this.#stretches.at(-1)
    return stretch && this.layer === layer ? (timestamp + stretch.shift) >>> 0 : null
  }

  #stretchFor(packet: MediaPacket, now: number): Stretch | null {
    const current = this.#another ? null : this.#stretches.at(-1)
    const begins = canBeginWith(packet)
    if (!current || current.layer !== packet.layer)
      return begins ? this.#begin(packet, this.#shiftTo(packet, now)) : null
    const ahead = unwrap(this.#newest.ofSender, packet.sequence) - this.#newest.ofSender
    if (ahead > mostAhead) return begins ? this.#begin(packet, current.shift) : null
    return ahead > 1 && begins && packet.layer !== 'audio' ? this.#begin(packet, current.shift) : current
  }

  /** So that time goes on for the page as it went by here. */
  #shiftTo({ timestamp }: MediaPacket, now: number): number {
    if (this.#stretches.length === 0) return 0
    const passed = Math.max(1, Math.round(((now - this.#newest.at) * this.#rate) / 1000))
    return (this.#newest.timestamp + passed - timestamp) | 0
  }

  #begin({ layer, sequence }: MediaPacket, shift: number): Stretch {
    const to = this.#newest.shown + 1
    this.#newest = { ...this.#newest, ofSender: sequence }
    this.#another = false
    const stretch = { layer, from: sequence, to, shift }
    this.#stretches = [...this.#stretches, stretch].slice(-mostStretches)
    return stretch
  }
}
