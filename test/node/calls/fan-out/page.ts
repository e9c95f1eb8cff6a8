import type { Layer } from '../../../../protocol/call/fan-out.ts'
import { type FanOutPeer, openFanOutPeer } from '../../../../web/calls/fan-out-peer.ts'
import type { FrameCounts, GivenKey } from '../../../../web/calls/frame-work.ts'

declare global {
  interface Window {
    /** `[red, green, blue]` of what this page films. */
    filmed: readonly number[]
    /** Of its camera; 640 × 360 at 15 frames a second by default. */
    picture?: { readonly width: number; readonly height: number; readonly framesPerSecond: number }
    fanOut: FanOutPage
    mesh: MeshPage
    /** Of each other participant, how many frames were shown. */
    framesShown(): number[]
    framesEncoded(): Promise<number>
  }
}

/** What the test asks of a page. */
export interface FanOutPage {
  offer(slots: number): Promise<string>
  begin(answer: string): Promise<void>
  sealBy(key: GivenKey): void
  openBy(slot: number, sender: string, keys: readonly GivenKey[]): void
  setWatched(layers: readonly Layer[]): Promise<void>
  /** The mean colour of what comes in by a slot and its width, or null before there is a picture. */
  look(slot: number): { readonly colour: readonly number[]; readonly width: number; readonly frames: number } | null
  soundEnergy(slot: number): Promise<number>
  frames(): Promise<FrameCounts>
  stats(): Promise<readonly Record<string, unknown>[]>
  state(): string
  close(): void
}

/** A page with a connection to each other one, from browser to browser: what fan-out is compared with. */
export interface MeshPage {
  offer(to: number): Promise<string>
  answer(from: number, sdp: string): Promise<string>
  finish(to: number, sdp: string): Promise<void>
}

const { width, height, framesPerSecond } = window.picture ?? { width: 640, height: 360, framesPerSecond: 15 }

function film(): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')!
  let count = 0
  setInterval(() => {
    count++
    brush.fillStyle = `rgb(${window.filmed.join()})`
    brush.fillRect(0, 0, width, height)
    brush.fillStyle = '#fff'
    brush.fillRect((count * 16) % width, height - 40, 16, 40)
  }, 1_000 / framesPerSecond)
  return canvas.captureStream(framesPerSecond).getVideoTracks()[0]!
}

function hum(): MediaStreamTrack {
  const context = new AudioContext()
  const tone = context.createOscillator()
  const out = context.createMediaStreamDestination()
  tone.connect(out)
  tone.start()
  return out.stream.getAudioTracks()[0]!
}

let peer: FanOutPeer
let connection = 'new'
const videos: HTMLVideoElement[] = []
const connections = new Map<number, RTCPeerConnection>()

function show(remote: MediaStream): void {
  const video = document.createElement('video')
  video.autoplay = true
  video.width = 160
  video.srcObject = remote
  document.body.append(video)
  videos.push(video)
}

async function described(connection: RTCPeerConnection): Promise<string> {
  await connection.setLocalDescription()
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20))
  return connection.localDescription!.sdp
}

let media: MediaStream | null = null

function connect(to: number): RTCPeerConnection {
  media ??= new MediaStream([hum(), film()])
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  connections.set(to, connection)
  for (const track of media.getTracks()) connection.addTrack(track, media)
  connection.addEventListener('track', ({ track, streams }) => track.kind === 'video' && show(streams[0]!))
  return connection
}

window.mesh = {
  offer: (to) => described(connect(to)),
  async answer(from, sdp) {
    const connection = connect(from)
    await connection.setRemoteDescription({ type: 'offer', sdp })
    return described(connection)
  },
  finish: (to, sdp) => connections.get(to)!.setRemoteDescription({ type: 'answer', sdp }),
}
window.framesShown = () => videos.map((video) => video.getVideoPlaybackQuality().totalVideoFrames)
window.framesEncoded = async () => {
  const all = connections.size > 0 ? [...connections.values()].map((each) => each.getStats()) : [peer.stats()]
  const entries = (await Promise.all(all)).flatMap((stats) => [...stats.values()])
  return entries.reduce((sum, { type, framesEncoded = 0 }) => sum + (type === 'outbound-rtp' ? framesEncoded : 0), 0)
}

window.fanOut = {
  async offer(slots) {
    peer = openFanOutPeer(slots)
    peer.onState((now) => {
      connection = now
    })
    for (const remote of peer.remotes) show(remote)
    await peer.send('audio', hum())
    await peer.send('video', film())
    return peer.offer()
  },
  begin: (answer) => peer.receiveAnswer(answer),
  sealBy: (key) => peer.sealBy(key),
  openBy: (slot, sender, keys) => peer.openBy(slot, sender, keys),
  setWatched: (layers) => peer.setWatched(layers),
  look(slot) {
    const video = videos[slot]
    if (!video || video.readyState < 2 || video.videoWidth === 0) return null
    const canvas = new OffscreenCanvas(32, 18)
    const brush = canvas.getContext('2d', { willReadFrequently: true })!
    brush.drawImage(video, 0, 0, 32, 18)
    const { data } = brush.getImageData(8, 4, 16, 8)
    const colour = [0, 1, 2].map((c) => {
      let sum = 0
      for (let i = c; i < data.length; i += 4) sum += data[i]!
      return Math.round(sum / (data.length / 4))
    })
    return { colour, width: video.videoWidth, frames: video.getVideoPlaybackQuality().totalVideoFrames }
  },
  async soundEnergy(slot) {
    const id = peer.remotes[slot]!.getAudioTracks()[0]!.id
    for (const entry of (await peer.stats()).values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'audio' && entry.trackIdentifier === id)
        return entry.totalAudioEnergy
    }
    return 0
  },
  frames: () => peer.countFrames(),
  async stats() {
    return [...(await peer.stats()).values()]
  },
  state: () => connection,
  close: () => peer.close(),
}
