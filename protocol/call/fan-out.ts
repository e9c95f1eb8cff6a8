import { concat, uint32 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** What one page sends: its voice, and its picture in three sizes. Spec: specs/fan-out.md#layers. */
export const layers = ['audio', 'small', 'medium', 'large'] as const
export type Layer = (typeof layers)[number]
/** From the smallest. */
export const pictureLayers = ['small', 'medium', 'large'] as const
export type PictureLayer = (typeof pictureLayers)[number]

/** One RTP packet of a layer, without what belongs to one connection alone. */
export interface MediaPacket {
  readonly type: 'media'
  readonly layer: Layer
  /** Whether it ends a picture, or begins to speak after silence. */
  readonly marker: boolean
  /** Of the layer, without gaps where nothing got lost. */
  readonly sequence: number
  readonly timestamp: number
  /** Of a picture, the payload descriptor of VP8 in one byte, then a piece of a sealed frame; of a voice, a sealed frame. */
  readonly payload: Uint8Array
}

/** What a sender tells each participant every second. */
export interface Announcement {
  readonly type: 'announcement'
  /** 16 bytes: part of the sender's media keys. */
  readonly session: Uint8Array
  /** What is there to be sent. */
  readonly layers: ReadonlySet<Layer>
}

/** What a participant asks of a sender every second: without it, nothing is sent. */
export interface Wish {
  readonly type: 'wish'
  /** Which picture, beside the voice. */
  readonly picture: PictureLayer | null
}

/** Packets that did not come. */
export interface MissingPackets {
  readonly type: 'missing'
  readonly layer: Layer
  readonly sequences: readonly number[]
}

/** A key frame is needed to go on. */
export interface KeyFrameRequest {
  readonly type: 'key-frame'
  readonly layer: PictureLayer
}

/** When a moment of a layer was, by the sender's page: voice and picture are put together by it (RFC 3550, 6.4.1). */
export interface LayerClock {
  readonly type: 'clock'
  readonly layer: Layer
  /** NTP, 64 bits. */
  readonly time: bigint
  readonly timestamp: number
}

export type FanOutMessage = MediaPacket | Announcement | Wish | MissingPackets | KeyFrameRequest | LayerClock

/** The largest datagram, the four bytes of the call before it included. */
const fanOutBytes = 1_500
/** How many packets may be asked for at once. */
export const mostMissing = 64

const callBytes = 4
const uint16Max = 0xffff
// RFC 7983: no packet of a browser begins with these.
const kinds = { media: 0xc0, announcement: 0xc1, wish: 0xc2, missing: 0xc3, 'key-frame': 0xc4, clock: 0xc5 } as const
const mediaHeader = 9

/** Whether what a datagram carries behind the bytes of its call is of fan-out, and not a packet of a browser. */
export function isFanOut(datagram: Uint8Array): boolean {
  return (datagram[callBytes] ?? 0) >= 0xc0
}

/** The first four bytes of a call's id, then the message. Throws `fan-out/form` for a payload that is too large. */
export function encodeFanOut(call: Uint8Array, message: FanOutMessage): Uint8Array {
  const datagram = concat(call.subarray(0, callBytes), Uint8Array.of(kinds[message.type]), bodyOf(message))
  if (datagram.length > fanOutBytes) throw new ProtocolError('fan-out/form', 'too large')
  return datagram
}

/** What stands in a datagram of this call. Spec: specs/fan-out.md#format. Throws `fan-out/form`. */
export function decodeFanOut(call: Uint8Array, datagram: Uint8Array): FanOutMessage {
  if (datagram.length > fanOutBytes) throw new ProtocolError('fan-out/form', 'too large')
  const ofCall = datagram.length > callBytes && call.subarray(0, callBytes).every((byte, i) => datagram[i] === byte)
  if (!ofCall) throw new ProtocolError('fan-out/form', 'of another call')
  const body = datagram.subarray(callBytes + 1)
  switch (datagram[callBytes]) {
    case kinds.media:
      return decodeMedia(body)
    case kinds.announcement:
      return decodeAnnouncement(body)
    case kinds.wish:
      return decodeWish(body)
    case kinds.missing:
      return decodeMissing(body)
    case kinds['key-frame']:
      sized(body, 1)
      return { type: 'key-frame', layer: pictureAt(body[0]!) }
    case kinds.clock:
      return decodeClock(body)
    default:
      throw new ProtocolError('fan-out/form', 'of an unknown kind')
  }
}

function bodyOf(message: FanOutMessage): Uint8Array {
  switch (message.type) {
    case 'media':
      return concat(mediaHead(message), message.payload)
    case 'announcement':
      return concat(message.session, Uint8Array.of(bitsOf(message.layers)))
    case 'wish':
      return Uint8Array.of(message.picture === null ? 0 : layers.indexOf(message.picture))
    case 'missing':
      return Uint8Array.of(
        layers.indexOf(message.layer),
        ...message.sequences.flatMap((each) => [each >> 8, each & 255]),
      )
    case 'key-frame':
      return Uint8Array.of(layers.indexOf(message.layer))
    case 'clock': {
      const [high, low] = [Number(message.time >> 32n), Number(message.time & 0xffffffffn)]
      return concat(Uint8Array.of(layers.indexOf(message.layer)), uint32(high), uint32(low), uint32(message.timestamp))
    }
  }
}

function mediaHead({ layer, marker, sequence, timestamp }: MediaPacket): Uint8Array {
  return concat(
    Uint8Array.of(layers.indexOf(layer), marker ? 1 : 0, 0, sequence >> 8, sequence & 255),
    uint32(timestamp),
  )
}

function decodeMedia(body: Uint8Array): MediaPacket {
  if (body.length <= mediaHeader) throw new ProtocolError('fan-out/form', 'nothing is in it')
  const [layer, marker, source] = body
  if (marker! > 1 || source !== 0) throw new ProtocolError('fan-out/form', 'an unknown flag, or another source')
  return {
    type: 'media',
    layer: layerAt(layer!),
    marker: marker === 1,
    sequence: uint16At(body, 3),
    timestamp: uint32At(body, 5),
    payload: body.subarray(mediaHeader),
  }
}

function decodeAnnouncement(body: Uint8Array): Announcement {
  sized(body, 17)
  const bits = body[16]!
  if (bits >= 1 << layers.length) throw new ProtocolError('fan-out/form', 'an unknown layer')
  return { type: 'announcement', session: body.slice(0, 16), layers: new Set(layers.filter((_, i) => bits & (1 << i))) }
}

function decodeWish(body: Uint8Array): Wish {
  sized(body, 1)
  return { type: 'wish', picture: body[0] === 0 ? null : pictureAt(body[0]!) }
}

function decodeMissing(body: Uint8Array): MissingPackets {
  const count = (body.length - 1) / 2
  if (!Number.isInteger(count) || count < 1 || count > mostMissing)
    throw new ProtocolError('fan-out/form', 'its length')
  const sequences = Array.from({ length: count }, (_, i) => uint16At(body, 1 + 2 * i))
  return { type: 'missing', layer: layerAt(body[0]!), sequences }
}

function decodeClock(body: Uint8Array): LayerClock {
  sized(body, 13)
  const time = (BigInt(uint32At(body, 1)) << 32n) | BigInt(uint32At(body, 5))
  return { type: 'clock', layer: layerAt(body[0]!), time, timestamp: uint32At(body, 9) }
}

function sized(body: Uint8Array, length: number): void {
  if (body.length !== length) throw new ProtocolError('fan-out/form', 'its length')
}

function layerAt(number: number): Layer {
  const layer = layers[number]
  if (!layer) throw new ProtocolError('fan-out/form', 'an unknown layer')
  return layer
}

function pictureAt(number: number): PictureLayer {
  const layer = layerAt(number)
  if (layer === 'audio') throw new ProtocolError('fan-out/form', 'not a picture')
  return layer
}

function bitsOf(set: ReadonlySet<Layer>): number {
  return layers.reduce((bits, layer, i) => bits | (set.has(layer) ? 1 << i : 0), 0)
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 8) | bytes[at + 1]!) & uint16Max
}

function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 0x1_0000 + uint16At(bytes, at + 2)
}
