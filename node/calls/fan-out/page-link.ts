import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import type { RtcpPacket, RtpPacket } from 'werift'
import { equalBytes } from '../../../protocol/bytes.ts'
import type { NodeEnd, PageOffer } from '../../../protocol/call/fan-out-sdp.ts'
import { bindLocal, localAddresses } from '../local-socket.ts'
import { answerCheck, isCheckWith, readStun } from '../stun.ts'
import { fingerprintOf, loadWerift, type MediaKeys, makeCertificate, mediaKeysOf } from './werift.ts'

/** Packets carried, and packets refused for each reason there is. */
export interface LinkCounters {
  sent: number
  received: number
  /** Not from this machine. */
  foreign: number
  /** A check without the names and the password, or anything from a socket that never made a check. */
  stranger: number
  /** What does not decrypt, or is no RTP. */
  unreadable: number
}

/** What is sent to the page. */
export interface RtpToPage {
  readonly source: number
  readonly payloadType: number
  readonly marker: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly payload: Uint8Array
}

/** The node's end of the one connection of its own page: ICE, DTLS and SRTP, to a browser on this machine and no other. */
export interface PageLink {
  readonly end: NodeEnd
  readonly counters: Readonly<LinkCounters>
  sendRtp(packet: RtpToPage): void
  sendRtcp(packets: readonly RtcpPacket[]): void
  close(): void
}

export interface PageLinkOptions {
  readonly page: Pick<PageOffer, 'ufrag' | 'fingerprint'>
  /** An address of this machine. */
  readonly address: string
  /** The page has proven to hold the certificate that it signed for. */
  onConnect(): void
  onRtp(packet: RtpPacket): void
  onRtcp(packet: RtcpPacket): void
  /** It could not prove that. */
  onFailure(): void
}

const mostPacketBytes = 1_500
const mostSources = 16

interface Source {
  readonly address: string
  readonly port: number
}

/** Spec: specs/fan-out.md#page. */
export async function openPageLink(options: PageLinkOptions): Promise<PageLink> {
  const werift = await loadWerift()
  const { page, address } = options
  const credentials = { ufrag: randomText(4), pwd: randomText(24) }
  const certificate = await makeCertificate(werift)
  const counters: LinkCounters = { sent: 0, received: 0, foreign: 0, stranger: 0, unreadable: 0 }
  const isLocal = localAddresses()
  const known = new Map<string, Source>()
  const expected = { username: `${credentials.ufrag}:${page.ufrag}`, password: credentials.pwd }
  const socket = await bindLocal({ address, port: 0 })
  let browser: Source | null = null
  let keys: MediaKeys | null = null
  let closed = false

  function toBrowser(packet: Uint8Array): void {
    if (browser && !closed) socket.send(packet, browser.port, browser.address)
  }

  const transport = {
    type: 'udp',
    address: { address, port: 0 },
    closed: false,
    onData: (_: Buffer) => {},
    send: async (packet: Buffer) => toBrowser(packet),
    close: async () => {},
  }
  const dtls = new werift.DtlsServer({
    transport: transport as never,
    cert: certificate.certPem,
    key: certificate.keyPem,
    signatureHash: certificate.signatureHash,
    srtpProfiles: [werift.ProtectionProfileAeadAes128Gcm, werift.ProtectionProfileAes128CmHmacSha1_80],
    extendedMasterSecret: true,
    certificateRequest: true,
  })
  dtls.onConnect.subscribe(() => {
    const shown = dtls.remoteCertificate
    if (!shown || !equalBytes(fingerprintOf(shown), page.fingerprint)) return options.onFailure()
    keys = mediaKeysOf(werift, dtls)
    options.onConnect()
  })
  dtls.onError.subscribe(() => options.onFailure())

  socket.on('error', () => counters.unreadable++)
  socket.on('message', fromBrowser)

  function fromBrowser(packet: Buffer, { address: from, port }: RemoteInfo): void {
    if (!isLocal(from)) return void counters.foreign++
    const source = { address: from, port }
    if (packet.length > mostPacketBytes) return void counters.unreadable++
    const stun = readStun(packet)
    if (stun) {
      receiveCheck(packet, stun.type, source)
      return
    }
    if (!known.has(nameOf(source))) return void counters.stranger++
    // Media says which of the browser's sockets is the live one.
    browser = source
    counters.received++
    receive(packet)
  }

  function receiveCheck(packet: Buffer, type: string, source: Source): void {
    if (type !== 'request' || !isCheckWith(packet, expected)) return void counters.stranger++
    if (known.size < mostSources) known.set(nameOf(source), source)
    browser ??= source
    socket.send(answerCheck(packet, source, credentials.pwd), source.port, source.address)
  }

  function receive(packet: Buffer): void {
    const first = packet[0]!
    try {
      if (first >= 20 && first <= 63) transport.onData(packet)
      else if (keys && first >= 128 && first <= 191) receiveMedia(packet, keys)
    } catch {
      counters.unreadable++
    }
  }

  function receiveMedia(packet: Buffer, { rtp, rtcp }: MediaKeys): void {
    if (werift.isRtcp(packet)) {
      for (const each of werift.RtcpPacketConverter.deSerialize(rtcp.decrypt(packet))) options.onRtcp(each)
    } else options.onRtp(werift.RtpPacket.deSerialize(rtp.decrypt(packet)))
  }

  return {
    end: { ...credentials, fingerprint: certificate.fingerprint, candidate: { address, port: socket.address().port } },
    counters,
    sendRtp({ source, payloadType, marker, sequence, timestamp, payload }) {
      if (!keys) return
      const header = new werift.RtpHeader({
        ssrc: source,
        payloadType,
        marker,
        sequenceNumber: sequence,
        timestamp,
      })
      counters.sent++
      toBrowser(keys.rtp.encrypt(payload as Buffer, header))
    },
    sendRtcp(packets) {
      if (keys && packets.length > 0) {
        toBrowser(keys.rtcp.encrypt(Buffer.concat(packets.map((packet) => packet.serialize()))))
      }
    },
    close() {
      if (closed) return
      closed = true
      socket.close()
    },
  }
}

/** ICE characters (RFC 8839, 5.4), each of 6 random bits. */
function randomText(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length)
}

function nameOf({ address, port }: Source): string {
  return `${address}:${port}`
}
