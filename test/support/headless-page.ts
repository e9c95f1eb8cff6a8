import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { RtcpPacket } from 'werift'
import {
  fingerprintOf,
  loadWerift,
  type MediaKeys,
  makeCertificate,
  mediaKeysOf,
} from '../../node/calls/fan-out/werift.ts'
import { readStun } from '../../node/calls/stun.ts'
import { concat, equalBytes, fromHex } from '../../protocol/bytes.ts'
import { type PictureLayer, pictureLayers } from '../../protocol/call/fan-out.ts'
import { type FrameKind, FrameOpener, FrameSealer } from '../../protocol/call/media-frame.ts'
import { fingerprintText } from '../../protocol/call/sdp.ts'
import { deriveFrameKey } from '../../protocol/call/sframe.ts'
import { frameCrypto } from '../../web/calls/frame-crypto.ts'
import type { GivenKey } from '../../web/calls/frame-work.ts'
import { iceCheck } from '../node/calls/stun-packets.ts'

/** A participant's page without a window: it speaks to its node as a browser does, and plays and takes encoded frames. */
export interface HeadlessPage {
  readonly offer: string
  begin(answer: string): Promise<void>
  sealBy(key: GivenKey): Promise<void>
  openBy(slot: number, sender: string, keys: readonly GivenKey[]): Promise<void>
  /** Send one encoded frame; what is no picture of a layer is a voice. */
  send(layer: PictureLayer | null, frame: Uint8Array, timestamp: number): Promise<void>
  askKeyFrame(slot: number): void
  readonly counts: HeadlessCounts
  close(): void
}

/** Frames and packets since it began. */
export interface HeadlessCounts {
  /** Of each slot, how many frames were opened: voices and pictures. */
  readonly opened: readonly { readonly audio: number; readonly video: number }[]
  readonly refused: number
  readonly packetsIn: number
  readonly packetsOut: number
}

export interface HeadlessOptions {
  readonly slots: number
  /** The node needs a key frame of this layer. */
  onKeyFrameRequest?(layer: PictureLayer): void
  /** An opened frame. */
  onFrame?(slot: number, kind: FrameKind, frame: Uint8Array): void
}

const payloads = { audio: 111, video: 96 } as const
const ridExtension = 10
const pieceBytes = 1_100
const sourceOf = (layer: PictureLayer | null): number =>
  0x5000 + (layer === null ? 0 : 1 + pictureLayers.indexOf(layer))

/** Frames that come in packets, put together. */
interface Gathering {
  timestamp: number
  next: number
  pieces: Uint8Array[]
}

export async function openHeadlessPage({ slots, onKeyFrameRequest, onFrame }: HeadlessOptions): Promise<HeadlessPage> {
  const werift = await loadWerift()
  const certificate = await makeCertificate(werift)
  const own = { ufrag: 'abcd', pwd: 'headless0123456789headless' }
  const socket = createSocket('udp4')
  const sealer = new FrameSealer()
  const openers = new Map<number, { readonly sender: string; readonly opener: FrameOpener }>()
  const gatherings = new Map<number, Gathering>()
  const sequences = new Map<number, number>()
  const opened = Array.from({ length: slots }, () => ({ audio: 0, video: 0 }))
  const counts = { opened, refused: 0, packetsIn: 0, packetsOut: 0 }
  let node = { address: '', port: 0, ufrag: '', pwd: '' }
  let keys: MediaKeys | null = null
  let checking: NodeJS.Timeout | undefined
  let closed = false
  let working: Promise<unknown> = Promise.resolve()
  const transport = {
    type: 'udp',
    address: { address: '', port: 0 },
    closed: false,
    onData: (_: Buffer) => {},
    send: async (packet: Buffer) => toNode(packet),
    close: async () => {},
  }

  function toNode(packet: Uint8Array): void {
    if (closed) return
    counts.packetsOut++
    socket.send(packet, node.port, node.address)
  }

  socket.on('message', (packet) => {
    if (readStun(packet)) return
    const first = packet[0]!
    if (first < 64) {
      transport.onData(packet)
      return
    }
    if (!keys) return
    if (werift.isRtcp(packet)) {
      for (const each of werift.RtcpPacketConverter.deSerialize(keys.rtcp.decrypt(packet))) takeReport(each)
    } else takePacket(werift.RtpPacket.deSerialize(keys.rtp.decrypt(packet)))
  })

  function takeReport(packet: RtcpPacket): void {
    const isRequest =
      packet instanceof werift.RtcpPayloadSpecificFeedback && packet.feedback instanceof werift.PictureLossIndication
    if (!isRequest) return
    const layer = pictureLayers.find((each) => sourceOf(each) === (packet.feedback as { mediaSsrc: number }).mediaSsrc)
    if (layer) onKeyFrameRequest?.(layer)
  }

  function takePacket({ header, payload }: InstanceType<typeof werift.RtpPacket>): void {
    counts.packetsIn++
    const slot = Math.floor((header.ssrc - 1) / 2)
    if (header.ssrc % 2 === 1) {
      takeFrame(slot, 'audio', payload)
      return
    }
    const known = gatherings.get(header.ssrc)
    const begins = (payload[0]! & 0x10) !== 0
    const follows = known?.timestamp === header.timestamp && known.next === header.sequenceNumber
    if (!begins && !follows) return
    const pieces = begins ? [] : known!.pieces
    pieces.push(payload.subarray(1))
    gatherings.set(header.ssrc, {
      timestamp: header.timestamp,
      next: (header.sequenceNumber + 1) & 0xffff,
      pieces,
    })
    if (header.marker) takeFrame(slot, 'video', concat(...pieces))
  }

  function takeFrame(slot: number, kind: FrameKind, frame: Uint8Array): void {
    const opener = openers.get(slot)?.opener
    if (!opener) return void counts.refused++
    opener.open(kind, new Uint8Array(frame), performance.now()).then(
      (whole) => {
        opened[slot]![kind]++
        onFrame?.(slot, kind, whole)
      },
      () => counts.refused++,
    )
  }

  function sendPacket(layer: PictureLayer | null, payload: Uint8Array, marker: boolean, timestamp: number): void {
    const source = sourceOf(layer)
    const sequence = ((sequences.get(source) ?? 0) + 1) & 0xffff
    sequences.set(source, sequence)
    const header = new werift.RtpHeader({
      ssrc: source,
      payloadType: layer === null ? payloads.audio : payloads.video,
      sequenceNumber: sequence,
      timestamp: timestamp >>> 0,
      marker,
      ...(layer !== null && {
        extension: true,
        extensionProfile: werift.ExtensionProfiles.OneByte,
        extensions: [{ id: ridExtension, payload: Buffer.from(layer) }],
      }),
    })
    toNode(keys!.rtp.encrypt(Buffer.from(payload), header))
  }

  async function send(layer: PictureLayer | null, frame: Uint8Array, timestamp: number): Promise<void> {
    if (!keys) return
    const sealed = await sealer.seal(layer === null ? 'audio' : 'video', frame)
    if (!sealed) return
    if (layer === null) return sendPacket(null, sealed, false, timestamp)
    for (let at = 0; at < sealed.length; at += pieceBytes) {
      const descriptor = Uint8Array.of(at === 0 ? 0x10 : 0)
      const piece = concat(descriptor, sealed.subarray(at, at + pieceBytes))
      sendPacket(layer, piece, at + pieceBytes >= sealed.length, timestamp)
    }
  }

  return {
    offer: offerOf(slots, own, certificate.fingerprint),
    async begin(answer) {
      node = readAnswer(answer)
      const expected = fromHex(attribute(answer, 'fingerprint:sha-256').replaceAll(':', '').toLowerCase())
      socket.bind(0, node.address)
      await once(socket, 'listening')
      const check = () => toNode(iceCheck({ username: `${node.ufrag}:${own.ufrag}`, password: node.pwd }).packet)
      checking = setInterval(check, 1_000)
      check()
      const dtls = new werift.DtlsClient({
        transport: transport as never,
        cert: certificate.certPem,
        key: certificate.keyPem,
        signatureHash: certificate.signatureHash,
        srtpProfiles: [werift.ProtectionProfileAeadAes128Gcm],
        extendedMasterSecret: true,
      })
      await new Promise<void>((resolve, reject) => {
        dtls.onConnect.once(() => resolve())
        dtls.onError.once(reject)
        void dtls.connect().catch(reject)
      })
      if (!equalBytes(fingerprintOf(dtls.remoteCertificate!), expected)) throw new Error('another node answered')
      keys = mediaKeysOf(werift, dtls)
    },
    async sealBy(key) {
      sealer.use(await keyOf(key))
    },
    openBy(slot, sender, given) {
      const work = working.then(async () => {
        const known = openers.get(slot)
        const here = known?.sender === sender ? known : { sender, opener: new FrameOpener() }
        openers.set(slot, here)
        here.opener.use(await Promise.all(given.map(keyOf)), performance.now())
      })
      working = work
      return work
    },
    send,
    askKeyFrame(slot) {
      const feedback = new werift.PictureLossIndication({ senderSsrc: 0x5000, mediaSsrc: 2 + 2 * slot })
      const packet = new werift.RtcpPayloadSpecificFeedback({ feedback })
      if (keys) toNode(keys.rtcp.encrypt(packet.serialize()))
    },
    counts,
    close() {
      closed = true
      clearInterval(checking)
      socket.close()
    },
  }
}

const keyOf = ({ id, baseKey }: GivenKey) => deriveFrameKey(BigInt(id), baseKey, frameCrypto)

function readAnswer(answer: string) {
  const [, address, port] = /candidate:1 1 udp \d+ (\S+) (\d+) typ host/.exec(answer)!
  return {
    address: address!,
    port: Number(port),
    ufrag: attribute(answer, 'ice-ufrag:'),
    pwd: attribute(answer, 'ice-pwd:'),
  }
}

function attribute(sdp: string, name: string): string {
  return new RegExp(`a=${name} ?(\\S+)`).exec(sdp)![1]!
}

function offerOf(slots: number, { ufrag, pwd }: { ufrag: string; pwd: string }, fingerprint: Uint8Array): string {
  const section = (kind: 'audio' | 'video', mid: number, direction: string) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloads[kind]}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${fingerprintText(fingerprint)}`,
    'a=setup:actpass',
    `a=mid:${mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    `a=rtpmap:${payloads[kind]} ${kind === 'audio' ? 'opus/48000/2' : 'VP8/90000'}`,
  ]
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    ...section('audio', 0, 'sendonly'),
    ...section('video', 1, 'sendonly'),
    'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
    `a=extmap:${ridExtension} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
    ...pictureLayers.map((layer) => `a=rid:${layer} send`),
    `a=simulcast:send ${pictureLayers.join(';')}`,
    ...Array.from({ length: slots }, (_, i) => [
      ...section('audio', 2 + 2 * i, 'recvonly'),
      ...section('video', 3 + 2 * i, 'recvonly'),
    ]).flat(),
    '',
  ].join('\r\n')
}
