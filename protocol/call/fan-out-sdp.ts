import { type MediaDescription, parse } from 'sdp-transform'
import { ProtocolError } from '../errors.ts'
import { type PictureLayer, pictureLayers } from './fan-out.ts'
import { candidateLine, fingerprintText, linesOf, only, readFingerprint, type SyntheticCandidate } from './sdp.ts'

/** Where the voice and the picture of one other participant come in: two sections of the page's SDP, filled by whoever is given the slot. */
export interface Slot {
  readonly audio: PageSection
  readonly video: PageSection
}

/** A section by its name, and the payload type of Opus or VP8 in it. */
export interface PageSection {
  readonly mid: string
  readonly payload: number
}

/** What a page that sends by fan-out says of its end of the connection to its own node. */
export interface PageOffer {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprint: Uint8Array
  readonly audio: PageSection
  /** Sent in every layer, of which each names itself in a header extension (RFC 8852). */
  readonly video: PageSection & { readonly extensions: { readonly mid: number; readonly rid: number } }
  readonly slots: readonly Slot[]
}

/** The node's end. */
export interface NodeEnd {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprint: Uint8Array
  readonly candidate: SyntheticCandidate
}

/** How many others one page can show. */
const mostSlots = 11

/** The sources of what the node sends to its page; each slot has its own. */
export const slotSource = (slot: number, kind: 'audio' | 'video'): number => 1 + 2 * slot + (kind === 'video' ? 1 : 0)

const uris = { mid: 'urn:ietf:params:rtp-hdrext:sdes:mid', rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id' }
const ice = { ufrag: /^[A-Za-z0-9+/]{4,256}$/, pwd: /^[A-Za-z0-9+/]{22,256}$/ }

/** Read the offer of the own page. Spec: specs/fan-out.md#page. Throws `call/…`. */
export function describePage(sdp: string): PageOffer {
  const lines = linesOf(sdp)
  const { media } = parse(lines.join('\r\n'))
  const [audio, video, ...rest] = media
  if (!audio || !video || rest.length % 2 === 1 || rest.length > 2 * mostSlots) {
    throw new ProtocolError('call/sdp', 'not one voice, one picture and slots')
  }
  const pairs = Array.from({ length: rest.length / 2 }, (_, i) => [rest[2 * i]!, rest[2 * i + 1]!] as const)
  const mids = new Set(media.map(({ mid }) => String(mid)))
  if (mids.size < media.length) throw new ProtocolError('call/field', 'mid is there twice')
  if (only(lines, 'setup') !== 'actpass') throw new ProtocolError('call/role')
  return {
    ufrag: matching('ufrag', only(lines, 'ice-ufrag')),
    pwd: matching('pwd', only(lines, 'ice-pwd')),
    fingerprint: readFingerprint(only(lines, 'fingerprint')),
    audio: sectionOf(audio, 'audio'),
    video: { ...sectionOf(video, 'video'), extensions: extensionsOf(video) },
    slots: pairs.map(([voice, picture]) => ({ audio: sectionOf(voice, 'audio'), video: sectionOf(picture, 'video') })),
  }
}

function matching(field: 'ufrag' | 'pwd', value: string): string {
  if (!ice[field].test(value)) throw new ProtocolError('call/field', field)
  return value
}

function sectionOf(media: MediaDescription, kind: 'audio' | 'video'): PageSection {
  const mid = String(media.mid ?? '')
  const codec = media.rtp.find((each) => each.codec === (kind === 'audio' ? 'opus' : 'VP8'))
  if (media.type !== kind || !media.rtcpMux || !codec)
    throw new ProtocolError('call/sdp', 'a section is not as it must be')
  if (!/^[A-Za-z0-9]{1,16}$/.test(mid)) throw new ProtocolError('call/field', 'mid')
  return { mid, payload: codec.payload }
}

function extensionsOf({ ext = [], rids = [] }: MediaDescription): PageOffer['video']['extensions'] {
  const number = (uri: string) => ext.find((each) => each.uri === uri)?.value
  const [mid, rid] = [number(uris.mid), number(uris.rid)]
  const named = new Set(rids.filter(({ direction }) => direction === 'send').map(({ id }) => String(id)))
  if (mid === undefined || rid === undefined || !pictureLayers.every((layer) => named.has(layer))) {
    throw new ProtocolError('call/sdp', 'the picture is not sent in its layers')
  }
  return { mid, rid }
}

/** The node's answer to it. Spec: specs/fan-out.md#page. */
export function answerPage(offer: PageOffer, node: NodeEnd): string {
  const { audio, video, slots } = offer
  const sections = [
    upAudio(audio, node),
    upVideo(video, node),
    ...slots.flatMap((slot, i) => [down('audio', i, slot.audio, node), down('video', i, slot.video, node)]),
  ]
  const mids = [audio, video, ...slots.flatMap((slot) => [slot.audio, slot.video])].map(({ mid }) => mid)
  return [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    // The node answers checks and makes none (RFC 8445, 2.5).
    'a=ice-lite',
    `a=group:BUNDLE ${mids.join(' ')}`,
    'a=msid-semantic:WMS *',
    ...sections.flat(),
    '',
  ].join('\r\n')
}

function head(kind: 'audio' | 'video', { mid, payload }: PageSection, node: NodeEnd): string[] {
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payload}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${node.ufrag}`,
    `a=ice-pwd:${node.pwd}`,
    `a=fingerprint:sha-256 ${fingerprintText(node.fingerprint)}`,
    'a=setup:passive',
    `a=mid:${mid}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    candidateLine(node.candidate),
    'a=end-of-candidates',
  ]
}

const codecOf = {
  audio: (payload: number) => [`a=rtpmap:${payload} opus/48000/2`, `a=fmtp:${payload} minptime=10;useinbandfec=1`],
  video: (payload: number) => [
    `a=rtpmap:${payload} VP8/90000`,
    `a=rtcp-fb:${payload} nack`,
    `a=rtcp-fb:${payload} nack pli`,
  ],
}

function upAudio(section: PageSection, node: NodeEnd): string[] {
  return [...head('audio', section, node), 'a=recvonly', ...codecOf.audio(section.payload)]
}

function upVideo(section: PageOffer['video'], node: NodeEnd): string[] {
  return [
    ...head('video', section, node),
    `a=extmap:${section.extensions.mid} ${uris.mid}`,
    `a=extmap:${section.extensions.rid} ${uris.rid}`,
    'a=recvonly',
    ...codecOf.video(section.payload),
    `a=rtcp-fb:${section.payload} goog-remb`,
    // The way to the own node is never the narrow one, so nothing has to be found out about it.
    `a=fmtp:${section.payload} x-google-start-bitrate=${startKilobits}`,
    ...pictureLayers.map((layer: PictureLayer) => `a=rid:${layer} recv`),
    `a=simulcast:recv ${pictureLayers.join(';')}`,
  ]
}

const startKilobits = 1_500

function down(kind: 'audio' | 'video', slot: number, section: PageSection, node: NodeEnd): string[] {
  return [
    ...head(kind, section, node),
    'a=sendonly',
    ...codecOf[kind](section.payload),
    // One stream for both: browsers put voice and lips together within a stream.
    `a=msid:slot${slot} ${kind}${slot}`,
    `a=ssrc:${slotSource(slot, kind)} cname:slot${slot}`,
  ]
}
