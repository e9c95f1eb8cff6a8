import { asArray, asBytes, asText, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** One payload type of a media section. `format` is the `fmtp` line's text, or empty. */
export interface Codec {
  readonly payload: number
  readonly name: string
  readonly rate: number
  readonly channels: number | null
  readonly format: string
  readonly feedback: readonly string[]
}

/** An RTP header extension that goes both ways (RFC 8285). */
export interface HeaderExtension {
  readonly id: number
  readonly uri: string
}

/** RTP sources that belong together, such as a stream and its retransmissions (RFC 5576). */
export interface SourceGroup {
  readonly semantics: string
  readonly sources: readonly number[]
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface MediaSection {
  readonly mid: string
  readonly direction: Direction
  /** In order of preference. */
  readonly codecs: readonly Codec[]
  readonly extensions: readonly HeaderExtension[]
  readonly sources: readonly number[]
  readonly groups: readonly SourceGroup[]
}

/** The role in the DTLS handshake (RFC 8842): an offer leaves it open, an answer takes one. */
export type Setup = 'actpass' | 'active' | 'passive'

/**
 * What one side of a call says about its media: everything of an SDP that the other side needs, and no address.
 *
 * One transport carries both sections (RFC 9143), so credentials and fingerprint stand once.
 */
export interface Description {
  readonly setup: Setup
  readonly ufrag: string
  readonly pwd: string
  /** SHA-256 of the certificate (RFC 8122). */
  readonly fingerprint: Uint8Array
  readonly audio: MediaSection
  readonly video: MediaSection
}

/** What an encoded description may measure at most. Chromium's measures 4 KiB. */
export const descriptionBytes = 16_384

const most = {
  codecs: 64,
  extensions: 32,
  feedback: 16,
  sources: 8,
  groups: 4,
  format: 256,
  uri: 128,
  uint32: 2 ** 32 - 1,
}

// No field can hold a line break, and none that stands before a space can hold one: a rebuilt SDP has our lines only.
const patterns = {
  setup: /^(actpass|active|passive)$/,
  // RFC 8839, 5.4: ice-char, at least 24 and 128 bits of it.
  ufrag: /^[A-Za-z0-9+/]{4,256}$/,
  pwd: /^[A-Za-z0-9+/]{22,256}$/,
  mid: /^[A-Za-z0-9]{1,16}$/,
  direction: /^(sendrecv|sendonly|recvonly|inactive)$/,
  codecName: /^[A-Za-z0-9._-]{1,32}$/,
  format: /^([\x21-\x7e]+( [\x21-\x7e]+)*)?$/,
  feedback: /^[a-z0-9-]{1,24}( [a-z0-9-]{1,24})?$/,
  uri: /^[A-Za-z0-9:/._#-]{1,128}$/,
  semantics: /^[A-Z][A-Z-]{1,15}$/,
} as const

/**
 * The description itself, if each of its fields keeps its bounds.
 *
 * Spec: specs/call.md#description. Throws `call/field`.
 */
export function checkDescription(description: Description): Description {
  need('setup', description.setup)
  need('ufrag', description.ufrag)
  need('pwd', description.pwd)
  if (description.fingerprint.length !== 32) throw new ProtocolError('call/fingerprint', 'not 32 bytes')
  for (const section of [description.audio, description.video]) checkSection(section)
  if (description.audio.mid === description.video.mid) throw new ProtocolError('call/field', 'mid is there twice')
  return description
}

function checkSection({ mid, direction, codecs, extensions, sources, groups }: MediaSection): void {
  need('mid', mid)
  need('direction', direction)
  count('codecs', codecs.length, 1, most.codecs)
  count('extensions', extensions.length, 0, most.extensions)
  count('sources', sources.length, 0, most.sources)
  count('groups', groups.length, 0, most.groups)
  unique(
    'payload',
    codecs.map(({ payload }) => payload),
  )
  unique(
    'extension',
    extensions.map(({ id }) => id),
  )
  unique('source', sources)
  for (const codec of codecs) checkCodec(codec)
  for (const { id, uri } of extensions) {
    count('extension', id, 1, 255)
    need('uri', uri)
  }
  for (const source of sources) count('source', source, 0, most.uint32)
  for (const group of groups) {
    need('semantics', group.semantics)
    count('group', group.sources.length, 1, most.sources)
    if (!group.sources.every((source) => sources.includes(source))) throw new ProtocolError('call/field', 'group')
  }
}

function checkCodec({ payload, name, rate, channels, format, feedback }: Codec): void {
  count('payload', payload, 0, 127)
  need('codecName', name)
  count('rate', rate, 1, most.uint32)
  if (channels !== null) count('channels', channels, 1, 255)
  count('format', format.length, 0, most.format)
  need('format', format)
  count('feedback', feedback.length, 0, most.feedback)
  for (const kind of feedback) need('feedback', kind)
}

function need(field: keyof typeof patterns, value: string): void {
  if (!patterns[field].test(value)) throw new ProtocolError('call/field', field)
}

function count(field: string, value: number, least: number, limit: number): void {
  if (!Number.isInteger(value) || value < least || value > limit) throw new ProtocolError('call/field', field)
}

function unique(field: string, values: readonly number[]): void {
  if (new Set(values).size !== values.length) throw new ProtocolError('call/field', `${field} is there twice`)
}

/** Spec: specs/call.md#description. Throws `call/…`. */
export function encodeDescription(description: Description): Uint8Array {
  const bytes = encodeCbor(descriptionToCbor(description))
  if (bytes.length > descriptionBytes) throw new ProtocolError('call/too-large', `${bytes.length} bytes`)
  return bytes
}

/** The reverse of `encodeDescription`, for bytes that a stranger may have made. Throws `call/…` and `encoding/…`. */
export function decodeDescription(bytes: Uint8Array): Description {
  return descriptionFromCbor(decodeCbor(bytes, { bytes: descriptionBytes, items: descriptionBytes }))
}

function descriptionToCbor(description: Description): CborValue {
  const { setup, ufrag, pwd, fingerprint, audio, video } = checkDescription(description)
  return [setup, ufrag, pwd, fingerprint, sectionToCbor(audio), sectionToCbor(video)]
}

function descriptionFromCbor(value: CborValue): Description {
  const [setup, ufrag, pwd, fingerprint, audio, video] = asArray(value, 6)
  return checkDescription({
    setup: asText(setup, 8) as Setup,
    ufrag: asText(ufrag, 256),
    pwd: asText(pwd, 256),
    fingerprint: asBytes(fingerprint, 32),
    audio: sectionFromCbor(audio),
    video: sectionFromCbor(video),
  })
}

function sectionToCbor({ mid, direction, codecs, extensions, sources, groups }: MediaSection): CborValue {
  return [
    mid,
    direction,
    codecs.map(({ payload, name, rate, channels, format, feedback }) => [
      payload,
      name,
      rate,
      channels,
      format,
      [...feedback],
    ]),
    extensions.map(({ id, uri }) => [id, uri]),
    [...sources],
    groups.map((group) => [group.semantics, [...group.sources]]),
  ]
}

function sectionFromCbor(value: CborValue | undefined): MediaSection {
  const [mid, direction, codecs, extensions, sources, groups] = asArray(value, 6)
  return {
    mid: asText(mid, 16),
    direction: asText(direction, 8) as Direction,
    codecs: asArray(codecs, { most: most.codecs }).map(codecFromCbor),
    extensions: asArray(extensions, { most: most.extensions }).map((item) => {
      const [id, uri] = asArray(item, 2)
      return { id: asUint(id, 255), uri: asText(uri, most.uri) }
    }),
    sources: sourcesFromCbor(sources),
    groups: asArray(groups, { most: most.groups }).map((item) => {
      const [semantics, members] = asArray(item, 2)
      return { semantics: asText(semantics, 16), sources: sourcesFromCbor(members) }
    }),
  }
}

function codecFromCbor(value: CborValue): Codec {
  const [payload, name, rate, channels, format, feedback] = asArray(value, 6)
  return {
    payload: asUint(payload, 127),
    name: asText(name, 32),
    rate: asUint(rate, most.uint32),
    channels: channels === null ? null : asUint(channels, 255),
    format: asText(format, most.format),
    feedback: asArray(feedback, { most: most.feedback }).map((kind) => asText(kind, 49)),
  }
}

function sourcesFromCbor(value: CborValue | undefined): readonly number[] {
  return asArray(value, { most: most.sources }).map((source) => asUint(source, most.uint32))
}
