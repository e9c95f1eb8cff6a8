import type { RtcpPacket, RtpHeader } from 'werift'
import type { Layer } from '../../../protocol/call/fan-out.ts'
import { unwrap } from './sequence.ts'
import type { Werift } from './werift.ts'

/** A moment of something that the page sends: its time, and the timestamp that packets would have then. */
export interface PageClock {
  readonly type: 'clock'
  readonly source: number
  readonly time: bigint
  readonly timestamp: number
}

/** What a page says of what it sends and of what it is sent. */
export type PageFeedback =
  | PageClock
  | {
      readonly type: 'missing'
      readonly source: number
      readonly kind: 'audio' | 'video'
      readonly sequences: readonly number[]
    }
  | { readonly type: 'key-frame'; readonly source: number }

/** RTCP to the own page, about what it sends (RFC 3550, 6.4; RFC 4585). */
export interface PageReports {
  note(header: RtpHeader): void
  noteClock(clock: PageClock): void
  keyFrameRequest(source: number): RtcpPacket
  missing(source: number, sequences: readonly number[]): RtcpPacket
  /** A moment of what the page is sent. */
  clock(source: number, time: bigint, timestamp: number): RtcpPacket
  everySecond(sources: readonly { readonly layer: Layer; readonly source: number }[]): readonly RtcpPacket[]
}

/** What the way to the own node can carry, in bits a second: more than the page ever sends. */
const bitrate = 5_000_000n
/** The node's own source, which sends nothing. */
const reporter = 0xffff

export function makePageReports(werift: Werift): PageReports {
  const heard = new Map<number, { highest: number; clock: { readonly middle: number; readonly at: number } | null }>()

  function report(source: number): InstanceType<Werift['RtcpReceiverInfo']> {
    const { highest = 0, clock = null } = heard.get(source) ?? {}
    const delay = clock ? Math.round(((performance.now() - clock.at) * 65_536) / 1000) : 0
    return new werift.RtcpReceiverInfo({
      ssrc: source,
      fractionLost: 0,
      packetsLost: 0,
      highestSequence: highest >>> 0,
      jitter: 0,
      lsr: clock?.middle ?? 0,
      dlsr: delay,
    })
  }

  return {
    note({ ssrc, sequenceNumber }) {
      const known = heard.get(ssrc)
      if (!known) heard.set(ssrc, { highest: sequenceNumber, clock: null })
      else known.highest = Math.max(known.highest, unwrap(known.highest, sequenceNumber))
    },
    noteClock({ source, time }) {
      const known = heard.get(source)
      if (known) known.clock = { middle: Number((time >> 16n) & 0xffffffffn), at: performance.now() }
    },
    keyFrameRequest(source) {
      const feedback = new werift.PictureLossIndication({ senderSsrc: reporter, mediaSsrc: source })
      return new werift.RtcpPayloadSpecificFeedback({ feedback })
    },
    missing(source, lost) {
      const feedback = new werift.GenericNack({ senderSsrc: reporter, mediaSourceSsrc: source, lost: [...lost] })
      return new werift.RtcpTransportLayerFeedback({ feedback })
    },
    clock(source, ntpTimestamp, rtpTimestamp) {
      const senderInfo = new werift.RtcpSenderInfo({ ntpTimestamp, rtpTimestamp, packetCount: 0, octetCount: 0 })
      return new werift.RtcpSrPacket({ ssrc: source, senderInfo })
    },
    everySecond(sources) {
      if (sources.length === 0) return []
      const pictures = sources.filter(({ layer }) => layer !== 'audio').map(({ source }) => source)
      const reports = new werift.RtcpRrPacket({ ssrc: reporter, reports: sources.map(({ source }) => report(source)) })
      if (pictures.length === 0) return [reports]
      const feedback = new werift.ReceiverEstimatedMaxBitrate({
        senderSsrc: reporter,
        mediaSsrc: 0,
        ssrcNum: pictures.length,
        ssrcFeedbacks: pictures,
        ...exponential(bitrate),
      })
      return [reports, new werift.RtcpPayloadSpecificFeedback({ feedback })]
    },
  }
}

/** 18 bits of a number and how often they are doubled (draft-alvestrand-rmcat-remb). */
function exponential(bits: bigint): { readonly brExp: number; readonly brMantissa: number; readonly bitrate: bigint } {
  let exponent = 0
  while (bits >> BigInt(exponent) >= 1n << 18n) exponent++
  return { brExp: exponent, brMantissa: Number(bits >> BigInt(exponent)), bitrate: bits }
}

/** What of a packet of RTCP is of use. */
export function readFeedback(packet: RtcpPacket, werift: Werift): readonly PageFeedback[] {
  if (packet instanceof werift.RtcpSrPacket) {
    const { ntpTimestamp: time, rtpTimestamp: timestamp } = packet.senderInfo
    return [{ type: 'clock', source: packet.ssrc, time, timestamp }]
  }
  if (packet instanceof werift.RtcpTransportLayerFeedback && packet.feedback instanceof werift.GenericNack) {
    const { mediaSourceSsrc: source, lost: sequences } = packet.feedback
    return [{ type: 'missing', source, kind: source % 2 === 1 ? 'audio' : 'video', sequences }]
  }
  if (packet instanceof werift.RtcpPayloadSpecificFeedback && packet.feedback instanceof werift.PictureLossIndication) {
    return [{ type: 'key-frame', source: packet.feedback.mediaSsrc }]
  }
  return []
}
