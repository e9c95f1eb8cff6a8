import type { RtpHeader } from 'werift'
import {
  type FanOutMessage,
  type Layer,
  layers,
  type MediaPacket,
  type MissingPackets,
  type PictureLayer,
  pictureLayers,
} from '../../../protocol/call/fan-out.ts'
import type { PageOffer } from '../../../protocol/call/fan-out-sdp.ts'
import type { PageClock } from './page-reports.ts'
import { canBeginWith, type PagePacket, SentLayer } from './sent-layer.ts'

/** What one participant is sent. */
interface Receiver {
  readonly picture: PictureLayer | null
  /** When it was asked for, in ms. */
  readonly askedAt: number
  /** The layer that it is sent now: another one begins with a key frame. */
  current: PictureLayer | null
  /** Packets sent again in this second. */
  again: number
}

export interface OwnSenderOptions {
  now(): number
  send(device: string, message: FanOutMessage): void
  /** Ask the own page for a key frame of this source, or for packets that did not come. */
  askPage(source: number): void
  askPageAgain(source: number, sequences: readonly number[]): void
}

/** How long a wish holds, how long a layer that nobody watches is still sent, and when one that sends nothing counts as silent; in ms. */
const times = { wish: 5_000, unwatched: 3_000, silent: 2_000, keyFrame: 500 } as const
/** Sent again to one participant in a second. */
const mostAgain = 500

/** What the own page sends, and who of the others is sent what of it. */
export class OwnSender {
  readonly #options: OwnSenderOptions
  readonly #layers = new Map<Layer, SentLayer>()
  readonly #layerOf = new Map<number, Layer>()
  readonly #receivers = new Map<string, Receiver>()
  readonly #watchedAt = new Map<PictureLayer, number>()
  readonly #askedAt = new Map<PictureLayer, number>()
  readonly #wanted = new Set<PictureLayer>()

  constructor(options: OwnSenderOptions) {
    this.#options = options
  }

  /** Which layer a packet of the page is of: it says so itself in its first packets. Null if it never did. */
  layerOf(header: RtpHeader, { audio, video }: PageOffer): Layer | null {
    const known = this.#layerOf.get(header.ssrc)
    if (known) return known
    const layer = header.payloadType === audio.payload ? 'audio' : this.#named(header, video.extensions.rid)
    if (!layer || this.#layerOf.size >= 16) return null
    this.#layerOf.set(header.ssrc, layer)
    this.#layers.set(layer, new SentLayer(layer, header.ssrc))
    return layer
  }

  #named({ extensions }: RtpHeader, rid: number): PictureLayer | null {
    const name = extensions.find(({ id }) => id === rid)?.payload.toString('latin1')
    return pictureLayers.find((layer) => layer === name) ?? null
  }

  /** What the page has sent so far. */
  get layers(): ReadonlySet<Layer> {
    return new Set(this.#layers.keys())
  }

  sources(): readonly { readonly layer: Layer; readonly source: number }[] {
    return [...this.#layers.values()]
  }

  /** A packet of the own page: to everybody who is to have it. */
  take(layer: Layer, packet: PagePacket, participants: Iterable<string>): void {
    const { now, send } = this.#options
    const taken = this.#layers.get(layer)!.take(packet, now())
    if (!taken) return
    const begins = layer !== 'audio' && canBeginWith(taken)
    for (const device of participants) {
      const receiver = this.#receivers.get(device)
      if (!receiver || now() - receiver.askedAt > times.wish) continue
      if (begins && this.#target(receiver) === layer) receiver.current = layer as PictureLayer
      if (layer === 'audio' || receiver.current === layer) send(device, taken)
    }
  }

  /** The greatest layer that there is and that is no more than was asked for. */
  #target({ picture }: Receiver): PictureLayer | null {
    const most = picture === null ? -1 : pictureLayers.indexOf(picture)
    return pictureLayers.findLast((layer, i) => i <= most && this.#flows(layer)) ?? null
  }

  #flows(layer: Layer): boolean {
    const sent = this.#layers.get(layer)
    return sent !== undefined && this.#options.now() - sent.lastAt < times.silent
  }

  wish(device: string, picture: PictureLayer | null): void {
    const before = this.#receivers.get(device)
    const receiver = { again: 0, ...before, picture, askedAt: this.#options.now(), current: before?.current ?? null }
    this.#receivers.set(device, receiver)
    if (picture === null) receiver.current = null
    if (picture !== null) this.#watchedAt.set(picture, receiver.askedAt)
    this.#move(receiver)
  }

  /** Another layer than the one that is sent can begin only with a key frame. */
  #move(receiver: Receiver): void {
    const target = this.#target(receiver)
    if (target !== null && target !== receiver.current) this.keyFrame(target)
  }

  forget(device: string): void {
    this.#receivers.delete(device)
  }

  /** Which layers somebody watches, or has until a moment ago; the smallest first. */
  watched(): readonly Layer[] {
    const since = this.#options.now() - times.unwatched
    const asked = new Set(
      [...this.#receivers.values()].flatMap(({ picture, askedAt }) =>
        askedAt >= this.#options.now() - times.wish ? (picture ?? []) : [],
      ),
    )
    return layers.filter((layer) => {
      return layer === 'audio' || asked.has(layer) || (this.#watchedAt.get(layer) ?? Number.NEGATIVE_INFINITY) >= since
    })
  }

  sendAgain(device: string, { layer, sequences }: MissingPackets): void {
    const receiver = this.#receivers.get(device)
    const sent = this.#layers.get(layer)
    if (!receiver || !sent || (layer !== 'audio' && receiver.current !== layer)) return
    const lost: number[] = []
    for (const sequence of sequences) {
      const packet: MediaPacket | null = sent.find(sequence)
      if (!packet) lost.push(sent.pageSequence(sequence))
      else if (++receiver.again <= mostAgain) this.#options.send(device, packet)
    }
    if (lost.length > 0) this.#options.askPageAgain(sent.source, lost)
  }

  /** Somebody cannot go on without one. The page is asked twice in a second at most. */
  keyFrame(layer: PictureLayer): void {
    const sent = this.#layers.get(layer)
    if (!sent) return
    const { now, askPage } = this.#options
    if (now() - (this.#askedAt.get(layer) ?? Number.NEGATIVE_INFINITY) < times.keyFrame) {
      this.#wanted.add(layer)
      return
    }
    this.#wanted.delete(layer)
    this.#askedAt.set(layer, now())
    askPage(sent.source)
  }

  /** A moment of a layer, to all who have it. */
  tell({ source, time, timestamp }: PageClock, participants: Iterable<string>): void {
    const layer = this.#layerOf.get(source)
    if (!layer) return
    for (const device of participants) {
      const receiver = this.#receivers.get(device)
      if (receiver && (layer === 'audio' || receiver.current === layer)) {
        this.#options.send(device, { type: 'clock', layer, time, timestamp })
      }
    }
  }

  everySecond(): void {
    for (const layer of [...this.#wanted]) this.keyFrame(layer)
    for (const receiver of this.#receivers.values()) {
      receiver.again = 0
      this.#move(receiver)
    }
  }
}
