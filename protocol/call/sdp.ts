import { type MediaDescription, parse } from 'sdp-transform'
import { fromHex, toHex } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { tunnelPriority } from './candidate.ts'
import {
  type Codec,
  checkDescription,
  type Description,
  type Direction,
  type MediaSection,
  type Setup,
} from './description.ts'

/** What a browser's SDP may measure at most. Chromium's measures 6 KiB. */
const sdpLimits = { bytes: 65_536, lines: 1_000 } as const

/** Where the packets of the other side come from: a socket of one's own node. */
export interface SyntheticCandidate {
  readonly address: string
  readonly port: number
}

const layout = ['audio', 'video'] as const

// What changes who holds the media keys or who may speak: keys in the signalling (RFC 4568), a server's role, a third party's word.
const refused = /^a=(crypto|key-mgmt|ice-lite|identity|remote-candidates)\b/

/**
 * What a browser's own SDP says, without a single address: candidates and connection lines are dropped.
 *
 * Only the fields of a `Description` are read. Any other attribute is left behind, so a newer browser's lines do no harm.
 * Spec: specs/call.md#description (RFC 8839, 8122, 8842, 8866). Throws `call/…`.
 */
export function describe(sdp: string): Description {
  if (sdp.length > sdpLimits.bytes) throw new ProtocolError('call/too-large', `${sdp.length} characters`)
  const lines = linesOf(sdp)
  const { media } = parse(lines.join('\r\n'))
  if (media.length !== layout.length || !media.every(({ type }, i) => type === layout[i])) {
    throw new ProtocolError('call/sdp', 'the media are not one audio and one video')
  }
  return checkDescription({
    setup: only(lines, 'setup') as Setup,
    ufrag: only(lines, 'ice-ufrag'),
    pwd: only(lines, 'ice-pwd'),
    fingerprint: readFingerprint(only(lines, 'fingerprint')),
    audio: readSection(media[0]!),
    video: readSection(media[1]!),
  })
}

/** The lines of a browser's own SDP. Throws `call/…`. */
export function linesOf(sdp: string): string[] {
  const lines = sdp.replace(/\r\n$/, '').split('\r\n')
  if (lines.length > sdpLimits.lines) throw new ProtocolError('call/too-large', `${lines.length} lines`)
  for (const line of lines) {
    if (!/^[a-z]=[\x20-\x7e]*$/.test(line)) throw new ProtocolError('call/sdp', 'a line is not printable text')
    if (refused.test(line)) throw new ProtocolError('call/sdp-refused', line.slice(2, 24))
  }
  return lines
}

/** The value of an attribute that may stand in several places but must say the same in each: the parser keeps only the last. */
export function only(lines: readonly string[], attribute: string): string {
  const prefix = `a=${attribute}:`
  const values = new Set(lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length)))
  const [value] = values
  if (value === undefined || values.size > 1) {
    throw new ProtocolError(
      attribute === 'fingerprint' ? 'call/fingerprint' : 'call/field',
      `${values.size} of ${attribute}`,
    )
  }
  return value
}

/** 32 bytes. Throws `call/fingerprint`. */
export function readFingerprint(text: string): Uint8Array {
  const match = /^sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/.exec(text)
  if (!match) throw new ProtocolError('call/fingerprint', 'not SHA-256')
  return fromHex(match[1]!.replaceAll(':', '').toLowerCase())
}

/** The fingerprint as browsers write it: `AA:BB:…`. */
export function fingerprintText(fingerprint: Uint8Array): string {
  return toHex(fingerprint).toUpperCase().match(/../g)!.join(':')
}

function readSection(media: MediaDescription): MediaSection {
  if (!media.rtcpMux) throw new ProtocolError('call/sdp', 'RTCP is not on the socket of its media')
  const sources = [...new Set(media.ssrcs?.map(({ id }) => Number(id)))]
  return {
    // The parser turns what looks like a number into one.
    mid: String(media.mid ?? ''),
    direction: (media.direction ?? 'sendrecv') satisfies Direction,
    codecs: readCodecs(media),
    extensions: (media.ext ?? [])
      .filter((extension) => !extension.direction && !extension['encrypt-uri'])
      .map(({ value, uri }) => ({ id: value, uri: String(uri) })),
    sources,
    groups: (media.ssrcGroups ?? []).map((group) => ({
      semantics: String(group.semantics),
      sources: String(group.ssrcs).split(' ').map(Number),
    })),
  }
}

function readCodecs({ payloads, rtp, fmtp, rtcpFb }: MediaDescription): Codec[] {
  const codecs: Codec[] = []
  for (const payload of new Set(
    String(payloads ?? '')
      .split(' ')
      .map(Number),
  )) {
    const map = rtp.find((codec) => codec.payload === payload)
    if (!map) continue
    codecs.push({
      payload,
      name: String(map.codec),
      rate: map.rate ?? 0,
      channels: map.encoding ?? null,
      format: String(fmtp.find((format) => format.payload === payload)?.config ?? ''),
      feedback: (rtcpFb ?? [])
        .filter((feedback) => feedback.payload === payload)
        .map(({ type, subtype }) => (subtype ? `${type} ${subtype}` : String(type))),
    })
  }
  return codecs
}

/**
 * An SDP made of the description's fields alone, with one candidate if there is one.
 *
 * Spec: specs/call.md#description. Throws `call/…`, also for an answer with an offer's role and the reverse.
 */
export function sdpOf(
  description: Description,
  { type, candidate }: { readonly type: 'offer' | 'answer'; readonly candidate: SyntheticCandidate | null },
): string {
  checkDescription(description)
  checkRole(description, type)
  const { audio, video } = description
  return [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${audio.mid} ${video.mid}`,
    'a=msid-semantic:WMS *',
    ...sectionLines('audio', description),
    ...(candidate ? [candidateLine(candidate)] : []),
    ...sectionLines('video', description),
    '',
  ].join('\r\n')
}

/** The one socket that an SDP names, as `sdpOf` writes it: a browser gives it back with the rest. Throws `call/field`. */
export function candidateIn(sdp: string): SyntheticCandidate {
  const lines = new Set(sdp.split('\r\n').filter((line) => line.startsWith('a=candidate:')))
  const match = lines.size === 1 ? candidatePattern.exec([...lines][0]!) : null
  if (!match) throw new ProtocolError('call/field', 'candidate')
  return { address: match[1]!, port: Number(match[2]) }
}

const candidatePattern = /^a=candidate:1 1 udp 16777215 ((?:\d{1,3}\.){3}\d{1,3}) (\d{1,5}) typ host/

/** Throws `call/role` unless an offer leaves the DTLS role open and an answer takes one (RFC 8842, 5). */
export function checkRole({ setup }: Description, type: 'offer' | 'answer'): void {
  if ((setup === 'actpass') !== (type === 'offer')) throw new ProtocolError('call/role', `${setup} in an ${type}`)
}

/** Throws `call/field`. */
export function candidateLine({ address, port }: SyntheticCandidate): string {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(address) || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ProtocolError('call/field', 'candidate')
  }
  return `a=candidate:1 1 udp ${tunnelPriority} ${address} ${port} typ host`
}

function sectionLines(kind: 'audio' | 'video', description: Description): string[] {
  const { mid, direction, codecs, extensions, sources, groups } = description[kind]
  const sends = direction === 'sendrecv' || direction === 'sendonly'
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${codecs.map(({ payload }) => payload).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${description.ufrag}`,
    `a=ice-pwd:${description.pwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprintText(description.fingerprint)}`,
    `a=setup:${description.setup}`,
    `a=mid:${mid}`,
    ...extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    `a=${direction}`,
    // One stream for both sections: browsers synchronise lips and voice within a stream.
    ...(sends ? [`a=msid:call ${kind}`] : []),
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...codecs.flatMap(codecLines),
    ...groups.map((group) => `a=ssrc-group:${group.semantics} ${group.sources.join(' ')}`),
    ...sources.map((source) => `a=ssrc:${source} cname:call`),
  ]
}

function codecLines({ payload, name, rate, channels, format, feedback }: Codec): string[] {
  return [
    `a=rtpmap:${payload} ${name}/${rate}${channels === null ? '' : `/${channels}`}`,
    ...feedback.map((kind) => `a=rtcp-fb:${payload} ${kind}`),
    ...(format ? [`a=fmtp:${payload} ${format}`] : []),
  ]
}
