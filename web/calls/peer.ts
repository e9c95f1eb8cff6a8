import { type CallCounters, readCounters } from './quality.ts'

const kinds = ['audio', 'video'] as const
export type MediaKind = (typeof kinds)[number]

/** SHA-256 fingerprints of both certificates of a connection, as `AA:BB:…`. */
export interface Fingerprints {
  readonly own: string
  readonly other: string
}

/** What one encoder may take: the height of its pictures, and bits in a second. */
export interface EncodingLimit {
  readonly height: number
  readonly bitsPerSecond: number
}

/** One end of a call's media: an `RTCPeerConnection` with one audio and one video section, in this order. */
export interface Peer {
  /** Everything that the other side sends, from the start: tracks are silent until it does. */
  readonly remote: MediaStream
  /** Both sections are for both directions, whatever there is to send now: a picture can come at any time. */
  offer(): Promise<string>
  /** Read an offer ahead of answering it. */
  receiveOffer(sdp: string): Promise<void>
  /** Answer what was received. */
  answer(): Promise<string>
  receiveAnswer(sdp: string): Promise<void>
  /** Send this voice or picture from now on, or none. */
  send(kind: MediaKind, track: MediaStreamTrack | null): Promise<void>
  /** Send a whole picture next: whoever has missed some frames shows nothing of those that build on them. */
  sendWholePicture(): Promise<void>
  /** Send pictures no higher, and no more of them, than this; null: as the browser likes. */
  limit(limit: EncodingLimit | null): Promise<void>
  /** How loud the other side is now, 0 to 1. */
  loudness(): number
  /** How long ago voice or picture of the other side last arrived, in ms; null if none has yet. */
  silence(): number | null
  /** What the own browser has described, as it stands now. */
  description(): string
  /** The sockets of the own browser, in its lines, as far as it has found them. */
  candidates(): readonly string[]
  /** Try this socket of the other browser too. */
  addCandidate(line: string): void
  /** The certificates in use, which both sides have proven to hold; null if there are none within a second. */
  fingerprints(): Promise<Fingerprints | null>
  /** What was sent and received so far. */
  count(): Promise<CallCounters>
  onState(listener: (state: RTCPeerConnectionState) => void): void
  close(): void
}

/**
 * No STUN and no TURN: the one candidate is a socket of the own node. No address of ours is told to anybody whom we have not allowed to see it.
 *
 * No certificate is given, so the browser makes one for this connection alone, and calls cannot be linked by it.
 */
export function openPeer(): Peer {
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
  const remote = new MediaStream()
  connection.addEventListener('track', ({ track }) => remote.addTrack(track))

  async function describe(): Promise<string> {
    // Nothing is waited for: candidates are not part of what is sent.
    await connection.setLocalDescription()
    return connection.localDescription!.sdp
  }

  return {
    remote,
    offer() {
      for (const kind of kinds) connection.addTransceiver(kind, { direction: 'sendrecv' })
      return describe()
    },
    receiveOffer: (sdp) => connection.setRemoteDescription({ type: 'offer', sdp }),
    answer() {
      // The sections of an offer make their own transceivers; ones that we add would stand beside them.
      for (const transceiver of connection.getTransceivers()) transceiver.direction = 'sendrecv'
      return describe()
    },
    receiveAnswer: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    async send(kind, track) {
      const section = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)
      if (section && section.sender.track !== track) await section.sender.replaceTrack(track)
    },
    async sendWholePicture() {
      const { sender } = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video') ?? {}
      // A browser that does not know the second argument goes on until the other side asks.
      const set = sender?.setParameters as SetParameters | undefined
      await set?.call(sender, sender!.getParameters(), { encodingOptions: [{ keyFrame: true }] })
    },
    async limit(limit) {
      const { sender } = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video') ?? {}
      const parameters = sender?.getParameters()
      const [encoding] = parameters?.encodings ?? []
      if (!sender?.track || !parameters || !encoding) return
      const height = sender.track.getSettings().height ?? 0
      const scaleResolutionDownBy = limit ? Math.max(1, height / limit.height) : 1
      const maxBitrate = limit?.bitsPerSecond
      if (encoding.maxBitrate === maxBitrate && encoding.scaleResolutionDownBy === scaleResolutionDownBy) return
      if (maxBitrate === undefined) delete encoding.maxBitrate
      else encoding.maxBitrate = maxBitrate
      encoding.scaleResolutionDownBy = scaleResolutionDownBy
      await sender.setParameters(parameters)
    },
    loudness() {
      const receivers = connection.getReceivers().filter(({ track }) => track.kind === 'audio')
      const [source] = receivers.flatMap((receiver) => receiver.getSynchronizationSources())
      // What is heard no more is told of for ten seconds.
      const isNow = source && performance.timeOrigin + performance.now() - source.timestamp < 500
      return isNow ? (source.audioLevel ?? 0) : 0
    },
    silence() {
      const sources = connection.getReceivers().flatMap((receiver) => receiver.getSynchronizationSources())
      const newest = Math.max(...sources.map(({ timestamp }) => timestamp))
      return sources.length === 0 ? null : performance.timeOrigin + performance.now() - newest
    },
    description: () => connection.localDescription?.sdp ?? '',
    candidates: () => connection.localDescription?.sdp.match(/(?<=^a=)candidate:.*$/gm) ?? [],
    addCandidate(line) {
      // One that cannot be used leaves the others.
      connection.addIceCandidate({ candidate: line, sdpMLineIndex: 0 }).catch(() => undefined)
    },
    async fingerprints() {
      // The statistics may be a moment behind the event.
      for (let attempts = 0; attempts < 20; attempts++) {
        const found = fingerprintsIn(await connection.getStats())
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return null
    },
    async count() {
      const stats = await connection.getStats()
      return readCounters(stats.values(), performance.now())
    },
    onState(listener) {
      connection.addEventListener('connectionstatechange', () => listener(connection.connectionState))
    },
    close() {
      connection.close()
    },
  }
}

/** W3C webrtc-extensions, `RTCSetParameterOptions`. */
type SetParameters = (
  parameters: RTCRtpSendParameters,
  options: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
) => Promise<void>

function fingerprintsIn(stats: RTCStatsReport): Fingerprints | null {
  for (const report of stats.values()) {
    if (report.type !== 'transport' || report.dtlsState !== 'connected') continue
    const [own, other] = [report.localCertificateId, report.remoteCertificateId].map((id) => stats.get(id))
    if (own?.fingerprintAlgorithm === 'sha-256' && other?.fingerprintAlgorithm === 'sha-256')
      return { own: own.fingerprint.toUpperCase(), other: other.fingerprint.toUpperCase() }
  }
  return null
}
