import { type Layer, type PictureLayer, pictureLayers } from '../../protocol/call/fan-out.ts'
import type { FrameCounts, FrameWord, FrameWork, GivenKey } from './frame-work.ts'
import type { FramePlace } from './frame-worker.ts'
import type { MediaKind } from './peer.ts'
import { makeFrameWorker } from './served-frame-worker.ts'

/** The page's one connection in a call by fan-out: to its own node, which sends on and brings what the others send. */
export interface FanOutPeer {
  /** What the others send, by slot. */
  readonly remotes: readonly MediaStream[]
  offer(): Promise<string>
  receiveAnswer(sdp: string): Promise<void>
  /** Send this voice or picture from now on, or none. */
  send(kind: MediaKind, track: MediaStreamTrack | null): Promise<void>
  /** Seal by this key from now on. Before the first, nothing is sent. */
  sealBy(key: GivenKey): void
  /** Open what comes in by a slot with these keys, oldest first. */
  openBy(slot: number, sender: string, keys: readonly GivenKey[]): void
  /** Encode only what somebody watches. */
  setWatched(layers: readonly Layer[]): Promise<void>
  countFrames(): Promise<FrameCounts>
  /** Told of each sender once, when something of theirs has opened. */
  onOpened(listener: (sender: string) => void): void
  /** How loud it is in a slot now, 0 to 1. */
  loudness(slot: number): number
  stats(): Promise<RTCStatsReport>
  onState(listener: (state: RTCPeerConnectionState) => void): void
  close(): void
}

/** Of a picture of 640 × 360: bits a second, and by how much it is made smaller. */
const encodings: Readonly<
  Record<PictureLayer, { readonly maxBitrate: number; readonly scaleResolutionDownBy: number }>
> = {
  small: { maxBitrate: 100_000, scaleResolutionDownBy: 4 },
  medium: { maxBitrate: 300_000, scaleResolutionDownBy: 2 },
  large: { maxBitrate: 900_000, scaleResolutionDownBy: 1 },
}

const codecs: Readonly<Record<MediaKind, string>> = { audio: 'audio/opus', video: 'video/VP8' }

/** Spec: specs/fan-out.md#page. `slots`: how many others there is room for. */
export function openFanOutPeer(slots: number): FanOutPeer {
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
  const worker = makeFrameWorker()
  const senders = { audio: addSender('audio'), video: addSender('video') }
  const remotes = Array.from({ length: slots }, (_, slot) => {
    return new MediaStream([addReceiver('audio', slot), addReceiver('video', slot)])
  })
  let changing: Promise<void> = Promise.resolve()

  function addSender(kind: MediaKind): RTCRtpSender {
    const sendEncodings = kind === 'video' ? pictureLayers.map((rid) => ({ rid, ...encodings[rid] })) : []
    const transceiver = connection.addTransceiver(kind, { direction: 'sendonly', sendEncodings })
    prefer(transceiver, kind, RTCRtpSender.getCapabilities(kind))
    transceiver.sender.transform = transform({ side: 'send', kind })
    return transceiver.sender
  }

  function addReceiver(kind: MediaKind, slot: number): MediaStreamTrack {
    const transceiver = connection.addTransceiver(kind, { direction: 'recvonly' })
    prefer(transceiver, kind, RTCRtpReceiver.getCapabilities(kind))
    transceiver.receiver.transform = transform({ side: 'receive', kind, slot })
    return transceiver.receiver.track
  }

  function transform(place: FramePlace): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(worker, place)
  }

  function tell(work: FrameWork): void {
    worker.postMessage(work)
  }

  async function setWatched(layers: readonly Layer[]): Promise<void> {
    const parameters = senders.video.getParameters()
    for (const encoding of parameters.encodings) encoding.active = layers.includes(encoding.rid as Layer)
    if (parameters.encodings.length > 0) await senders.video.setParameters(parameters)
  }

  return {
    remotes,
    async offer() {
      await connection.setLocalDescription()
      return connection.localDescription!.sdp
    },
    receiveAnswer: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    async send(kind, track) {
      if (senders[kind].track !== track) await senders[kind].replaceTrack(track)
    },
    sealBy: (key) => tell({ type: 'own', key }),
    openBy: (slot, sender, keys) => tell({ type: 'other', slot, sender, keys }),
    setWatched(layers) {
      // One after the other: the parameters are those of the last reading.
      changing = changing.then(() => setWatched(layers)).catch(() => undefined)
      return changing
    },
    countFrames() {
      return new Promise((resolve) => {
        const hear = ({ data }: MessageEvent<FrameWord>) => {
          if (data.type !== 'counts') return
          worker.removeEventListener('message', hear)
          resolve(data.counts)
        }
        worker.addEventListener('message', hear)
        tell({ type: 'count' })
      })
    },
    onOpened(listener) {
      worker.addEventListener('message', ({ data }: MessageEvent<FrameWord>) => {
        if (data.type === 'opened') listener(data.sender)
      })
    },
    loudness(slot) {
      const voice = remotes[slot]?.getAudioTracks()[0]
      const receiver = connection.getReceivers().find(({ track }) => track === voice)
      return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0
    },
    stats: () => connection.getStats(),
    onState(listener) {
      connection.addEventListener('connectionstatechange', () => listener(connection.connectionState))
    },
    close() {
      connection.close()
      worker.terminate()
    },
  }
}

/** The one codec whose frames are sealed; an offer that lists all of them for each section would be far too long. */
function prefer(transceiver: RTCRtpTransceiver, kind: MediaKind, capabilities: RTCRtpCapabilities | null): void {
  const chosen = (capabilities?.codecs ?? []).filter(({ mimeType }) => mimeType === codecs[kind])
  if (chosen.length > 0) transceiver.setCodecPreferences(chosen)
}
