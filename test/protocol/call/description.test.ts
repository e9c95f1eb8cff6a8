import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Codec,
  checkDescription,
  type Description,
  decodeDescription,
  encodeDescription,
  type MediaSection,
} from '../../../protocol/call/description.ts'
import { describe as describeSdp, fingerprintText, sdpOf } from '../../../protocol/call/sdp.ts'
import { decodeCbor, encodeCbor } from '../../../protocol/encoding.ts'
import { anyDescription } from './any-description.ts'
import { chromiumAnswer, chromiumOffer } from './chromium.ts'

const typeOf = ({ setup }: Description) => (setup === 'actpass' ? 'offer' : 'answer')
const candidate = { address: '192.0.2.7', port: 40_000 }
const hasCode = (code: string) => expect.objectContaining({ code })
const offer = describeSdp(chromiumOffer)

describe('a description', () => {
  test('is the same after a trip through bytes', () => {
    fc.assert(
      fc.property(anyDescription, (description) => {
        const bytes = encodeDescription(description)
        expect(decodeDescription(bytes)).toEqual(description)
        expect(encodeDescription(decodeDescription(bytes))).toEqual(bytes)
      }),
    )
  })

  test('is the same after a trip through an SDP, with and without a candidate', () => {
    fc.assert(
      fc.property(anyDescription, fc.constantFrom(null, candidate), (description, given) => {
        expect(describeSdp(sdpOf(description, { type: typeOf(description), candidate: given }))).toEqual(description)
      }),
    )
  })

  test('of Chromium keeps what the other side needs', () => {
    expect(offer).toMatchObject({ setup: 'actpass', ufrag: 'R/A7', pwd: 'hGjZ7hxqi9tedHYzdhgN8fD1' })
    expect(fingerprintText(offer.fingerprint)).toBe(/sha-256 (\S+)/.exec(chromiumOffer)?.[1])
    expect(offer.audio.codecs[0]).toEqual({
      payload: 111,
      name: 'opus',
      rate: 48_000,
      channels: 2,
      format: 'minptime=10;useinbandfec=1',
      feedback: ['transport-cc'],
    })
    expect(offer.video.codecs.map(({ name }) => name)).toContain('VP8')
    expect(offer.video.groups).toEqual([{ semantics: 'FID', sources: offer.video.sources }])
    expect(describeSdp(chromiumAnswer)).toMatchObject({
      setup: 'active',
      video: { direction: 'recvonly', sources: [] },
    })
  })

  test('holds no address, and is a fraction of its bound', () => {
    const bytes = encodeDescription(offer)
    const text = new TextDecoder().decode(bytes)
    expect(text).not.toMatch(/192\.0\.2|fd00|127\.0\.0|candidate/)
    expect(bytes.length).toBeLessThan(5_000)
  })

  test('becomes an SDP with the one candidate that we give it', () => {
    const sdp = sdpOf(offer, { type: 'offer', candidate })
    expect(sdp.match(/a=candidate/g)).toHaveLength(1)
    expect(sdp).toContain('a=candidate:1 1 udp 16777215 192.0.2.7 40000 typ host\r\n')
    expect(sdpOf(offer, { type: 'offer', candidate: null })).not.toContain('candidate')
  })

  test('is read the same when the browser writes its credentials once for the whole session', () => {
    const lines = chromiumOffer.split('\r\n')
    const shared = lines.filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|setup):/.test(line))
    const rest = lines.filter((line) => !shared.includes(line))
    expect(describeSdp([...rest.slice(0, 4), ...new Set(shared), ...rest.slice(4)].join('\r\n'))).toEqual(offer)
  })
})

describe('an SDP is refused', () => {
  const first = (find: RegExp, replace: string) => chromiumOffer.replace(find, replace)
  const every = (find: RegExp, replace: string) => chromiumOffer.replaceAll(find, replace)
  const hostile: readonly (readonly [title: string, sdp: string, code: string])[] = [
    [
      'with keys in the signalling',
      first(/a=mid:0/, 'a=mid:0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc'),
      'call/sdp-refused',
    ],
    ['of a half ICE agent', first(/t=0 0/, 't=0 0\r\na=ice-lite'), 'call/sdp-refused'],
    ['with a third media section', `${chromiumOffer}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n`, 'call/sdp'],
    ['with a data channel', `${chromiumOffer}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`, 'call/sdp'],
    [
      'with video before audio',
      every(/m=audio/g, 'm=text')
        .replace('m=video', 'm=audio')
        .replace('m=text', 'm=video'),
      'call/sdp',
    ],
    ['without video', chromiumOffer.slice(0, chromiumOffer.indexOf('m=video')), 'call/sdp'],
    [
      'with a SHA-1 fingerprint',
      every(/fingerprint:sha-256 [0-9A-F:]+/g, `fingerprint:sha-1 ${'00:'.repeat(19)}00`),
      'call/fingerprint',
    ],
    ['with a short SHA-256 fingerprint', every(/(fingerprint:sha-256 \S+):\w\w/g, '$1'), 'call/fingerprint'],
    [
      'with another fingerprint in one section',
      first(/fingerprint:sha-256 ../, 'fingerprint:sha-256 00'),
      'call/fingerprint',
    ],
    [
      'with a second fingerprint in a section',
      first(/a=setup/, `a=fingerprint:sha-512 00\r\na=setup`),
      'call/fingerprint',
    ],
    ['without a fingerprint', every(/a=fingerprint.*\r\n/g, ''), 'call/fingerprint'],
    ['with a DTLS role that holds the connection', every(/setup:actpass/g, 'setup:holdconn'), 'call/field'],
    ['with two ICE passwords', first(/ice-pwd:./, 'ice-pwd:Z'), 'call/field'],
    ['with a short ICE password', every(/ice-pwd:.*/g, 'ice-pwd:short'), 'call/field'],
    ['with an ICE user that is no ICE text', every(/ice-ufrag:.*/g, 'ice-ufrag:a b c'), 'call/field'],
    ['without one socket for RTP and RTCP', every(/a=rtcp-mux\r\n/g, ''), 'call/sdp'],
    ['with a bare line feed', first(/\r\n/, '\n'), 'call/sdp'],
    ['with a bare carriage return', first(/a=mid:0/, 'a=mid:0\ra=crypto:1'), 'call/sdp'],
    ['with a NUL', first(/a=mid:0/, 'a=mid:0\0'), 'call/sdp'],
    ['of a megabyte', chromiumOffer + 'a=x\r\n'.repeat(200_000), 'call/too-large'],
    [
      'with a million candidates',
      chromiumOffer + 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n'.repeat(1_000_000),
      'call/too-large',
    ],
    ['of too many short lines', chromiumOffer + 'a=x\r\n'.repeat(1_000), 'call/too-large'],
    ['that is empty', '', 'call/sdp'],
  ]

  test.each(hostile)('%s', (_title, sdp, code) => {
    expect(() => describeSdp(sdp)).toThrow(hasCode(code))
  })

  test('in no time, whatever its size', () => {
    const started = performance.now()
    for (const [, sdp] of hostile) expect(() => describeSdp(sdp)).toThrow()
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('or read, but never with anything else than a protocol error', () => {
    const lines = chromiumOffer.split('\r\n')
    const anyLine = fc.oneof(
      fc.constantFrom(...lines),
      fc.string({ maxLength: 60 }),
      fc.constantFrom('m=', 'a=', 'a=ssrc:', 'a=rtpmap:'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(lines.length), anyLine), { maxLength: 5 }), (changes) => {
        const changed = [...lines]
        for (const [at, line] of changes) changed.splice(at, 1, line)
        try {
          checkDescription(describeSdp(changed.join('\r\n')))
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError' })
        }
      }),
    )
  })
})

describe('a forged description cannot put a line into an SDP', () => {
  const codec = offer.audio.codecs[0]!
  const inAudio = (change: Partial<MediaSection>): Description => ({ ...offer, audio: { ...offer.audio, ...change } })
  const inCodec = (change: Partial<Codec>) => inAudio({ codecs: [{ ...codec, ...change }] })
  const places: readonly (readonly [string, (text: string) => Description])[] = [
    ['setup', (text) => ({ ...offer, setup: text as Description['setup'] })],
    ['ufrag', (text) => ({ ...offer, ufrag: text })],
    ['pwd', (text) => ({ ...offer, pwd: text })],
    ['mid', (text) => inAudio({ mid: text })],
    ['direction', (text) => inAudio({ direction: text as MediaSection['direction'] })],
    ['codec name', (text) => inCodec({ name: text })],
    ['format', (text) => inCodec({ format: text })],
    ['feedback', (text) => inCodec({ feedback: [text] })],
    ['extension', (text) => inAudio({ extensions: [{ id: 1, uri: text }] })],
    ['group', (text) => inAudio({ groups: [{ semantics: text, sources: offer.audio.sources }] })],
  ]
  const injected = ['x\r\na=crypto:1', 'x\n', 'x\r', '\r\n', 'x\u2028y', 'x\0', 'sendrecv\n', 'actpass\r\na=x']

  test.each(places)('through its %s', (_field, forge) => {
    for (const text of injected) {
      expect(() => sdpOf(forge(text), { type: 'offer', candidate })).toThrow(hasCode('call/field'))
      expect(() => encodeDescription(forge(text))).toThrow(hasCode('call/field'))
    }
  })

  test('through the address of the candidate', () => {
    for (const address of ['192.0.2.1\r\na=x', 'localhost', '::1', '']) {
      expect(() => sdpOf(offer, { type: 'offer', candidate: { address, port: 1 } })).toThrow(hasCode('call/field'))
    }
    for (const port of [0, 65_536, 1.5, Number.NaN]) {
      expect(() => sdpOf(offer, { type: 'offer', candidate: { address: '192.0.2.1', port } })).toThrow(
        hasCode('call/field'),
      )
    }
  })
})

describe('bytes that are said to be a description', () => {
  test('are refused when one byte is lost or added', () => {
    const bytes = encodeDescription(offer)
    expect(() => decodeDescription(bytes.subarray(1))).toThrow()
    expect(() => decodeDescription(bytes.subarray(0, -1))).toThrow()
    expect(() => decodeDescription(new Uint8Array([...bytes, 0]))).toThrow()
  })

  test('are refused above 16 KiB, before they are decoded', () => {
    expect(() => decodeDescription(new Uint8Array(16_385))).toThrow(hasCode('encoding/too-large'))
  })

  test('never decode to more than their fields allow', () => {
    const items = decodeCbor(encodeDescription(offer), { bytes: 16_384 }) as readonly never[]
    const anyItem = fc.oneof(fc.string(), fc.nat(), fc.constant(null), fc.uint8Array(), fc.constant([]))
    fc.assert(
      fc.property(fc.nat(items.length - 1), anyItem, (at, item) => {
        const changed = encodeCbor(items.map((kept, i) => (i === at ? item : kept)))
        try {
          checkDescription(decodeDescription(changed))
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError' })
        }
      }),
    )
  })

  test('keep an offer and an answer apart', () => {
    expect(() => sdpOf(offer, { type: 'answer', candidate: null })).toThrow(hasCode('call/role'))
    expect(() => sdpOf(describeSdp(chromiumAnswer), { type: 'offer', candidate: null })).toThrow(hasCode('call/role'))
  })
})
