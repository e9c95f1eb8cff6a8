import { toHex } from '../../../protocol/bytes.ts'
import type {
  Announcement,
  FanOutMessage,
  Layer,
  LayerClock,
  MediaPacket,
  PictureLayer,
} from '../../../protocol/call/fan-out.ts'
import { mostMissing } from '../../../protocol/call/fan-out.ts'
import { LayerChoice } from './layer-choice.ts'
import { type ShownPacket, ShownTrack } from './shown-track.ts'

type Kind = 'audio' | 'video'

/** The two rows of packets of one slot, which go on when another participant is given it. */
export type SlotTracks = Readonly<Record<Kind, ShownTrack>>

/** At most one key frame is asked for in this time, in ms. */
const keyFramePause = 500

/** One of the other participants, as what it sends is shown to the own page. */
export class OtherSender {
  readonly device: string
  /** Null if all slots were taken. */
  readonly slot: number | null
  /** 16 bytes, once it has announced them. */
  session: Uint8Array | null = null
  readonly #tracks: SlotTracks
  readonly #choice = new LayerChoice()
  #announced: ReadonlySet<Layer> = new Set()
  #tile: PictureLayer | null = null
  #asked = Number.NEGATIVE_INFINITY
  #came = 0

  constructor(device: string, slot: { readonly number: number; readonly tracks: SlotTracks } | null) {
    this.device = device
    this.slot = slot?.number ?? null
    this.#tracks = slot?.tracks ?? OtherSender.makeTracks()
    this.#reset()
  }

  static makeTracks(): SlotTracks {
    return { audio: new ShownTrack(48_000), video: new ShownTrack(90_000) }
  }

  /** Whether another datagram may come in this second. */
  mayCome(most: number): boolean {
    return ++this.#came <= most
  }

  /** Answers whether it is the first one of a session. */
  announce({ session, layers }: Announcement): boolean {
    this.#announced = layers
    if (this.session && toHex(this.session) === toHex(session)) return false
    this.session = session
    this.#reset()
    return true
  }

  #reset(): void {
    this.#tracks.audio.reset()
    this.#tracks.video.reset()
  }

  /** Whether its sender has announced the layer, and it is the voice or a picture was asked for. */
  mayShow(layer: Layer): boolean {
    return this.#announced.has(layer) && (layer === 'audio' || this.#tile !== null)
  }

  pass(packet: MediaPacket, now: number): ShownPacket | null {
    return this.#tracks[kindOf(packet.layer)].pass(packet, now)
  }

  moment({ layer, timestamp }: LayerClock): number | null {
    return this.#tracks[kindOf(layer)].moment(layer, timestamp)
  }

  /** What to ask its node for, because the own page lacks these. */
  missing(kind: Kind, sequences: readonly number[]): readonly FanOutMessage[] {
    const origins = sequences.slice(0, mostMissing).flatMap((each) => this.#tracks[kind].origin(each) ?? [])
    const layers = [...new Set(origins.map(({ layer }) => layer))]
    return layers.map((layer) => ({
      type: 'missing',
      layer,
      sequences: origins.filter((origin) => origin.layer === layer).map(({ sequence }) => sequence),
    }))
  }

  /** What to ask its node for, because the own page cannot go on; nothing if it was asked just now. */
  keyFrame(now: number): readonly FanOutMessage[] {
    const { layer } = this.#tracks.video
    return layer === null ? [] : this.keyFrameOf(layer, now)
  }

  /** The same, because there is nothing to begin with: packets of this layer came, and no key frame of it. */
  keyFrameOf(layer: Layer, now: number): readonly FanOutMessage[] {
    const waits = layer !== 'audio' && now - this.#asked >= keyFramePause
    if (!waits) return []
    this.#asked = now
    return [{ type: 'key-frame', layer }]
  }

  /** Answers whether something else is asked for now. */
  setTile(tile: PictureLayer | null): boolean {
    const before = this.wish()
    this.#tile = tile
    return this.wish() !== before
  }

  wish(): PictureLayer | null {
    return this.slot === null ? null : this.#choice.wish(this.#tile)
  }

  /** `late`: whether the machine has too much to do. */
  everySecond(late: boolean): void {
    this.#came = 0
    const { audio, video } = this.#tracks
    const [came, due] = [audio.came + video.came, audio.due + video.due]
    audio.came = audio.due = video.came = video.due = 0
    this.#choice.pass(due === 0 ? 0 : 1 - came / due, late)
  }
}

const kindOf = (layer: Layer): Kind => (layer === 'audio' ? 'audio' : 'video')
