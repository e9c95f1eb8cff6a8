import HyperDHT, { type NoiseStream } from 'hyperdht'
import Hyperswarm from 'hyperswarm'
import Protomux from 'protomux'
import type { Address } from '../../node/config.ts'
import { channelProtocol } from '../../node/replication/room-channel.ts'
import { until } from './until.ts'

/** A channel as a program has it that keeps to no rules. */
export interface StrangerChannel {
  /** What has arrived, by type. */
  readonly received: (readonly [type: number, message: Uint8Array])[]
  readonly isClosed: boolean
  send(type: number, message: Uint8Array): void
}

/** One connection of such a program. */
export interface StrangerConnection {
  readonly stream: NoiseStream
  readonly mux: Protomux
  /** Every byte that has arrived, in whatever channel. */
  bytes(): Buffer
  openRoom(id: Uint8Array): StrangerChannel
  /** The channel that the other side has asked for, once it has: whatever comes there is sent back. */
  mirror(): StrangerChannel | null
}

/** A program on the network that is no node; it dials under another key each time. */
export interface Stranger {
  dial(key: Uint8Array): Promise<StrangerConnection>
  /** Announce oneself under a topic, and wait for the first who dials. */
  wait(topic: Uint8Array): Promise<StrangerConnection>
  close(): Promise<void>
}

export async function openStranger(bootstrap: readonly Address[]): Promise<Stranger> {
  const dht = new HyperDHT({ bootstrap: [...bootstrap], host: '127.0.0.1', firewalled: false })
  await dht.fullyBootstrapped()
  const keyPair = HyperDHT.keyPair()
  return {
    async dial(key) {
      const stream = dht.connect(key, { keyPair: HyperDHT.keyPair() })
      const connection = watch(stream)
      if (!(await stream.opened)) throw new Error('the connection was refused')
      return connection
    },
    async wait(topic) {
      const swarm = new Hyperswarm({ dht, keyPair })
      const connections: StrangerConnection[] = []
      swarm.on('connection', (stream) => connections.push(watch(stream)))
      swarm.join(topic, { client: false, server: true })
      return until(() => connections[0], 'somebody who dials')
    },
    close: () => dht.destroy({ force: true }),
  }
}

function watch(stream: NoiseStream): StrangerConnection {
  const arrived: Buffer[] = []
  stream.on('error', () => {})
  const mux = Protomux.from(stream)
  stream.on('data', (data: Buffer) => arrived.push(Buffer.from(data)))
  let mirror: StrangerChannel | null = null
  mux.pair({ protocol: channelProtocol }, (id) => {
    mirror = openChannel(mux, id!, (type, message) => mirror!.send(type, message))
  })
  return {
    stream,
    mux,
    bytes: () => Buffer.concat(arrived),
    openRoom: (id) => openChannel(mux, id),
    mirror: () => mirror,
  }
}

function openChannel(
  mux: Protomux,
  id: Uint8Array,
  onMessage: (type: number, message: Uint8Array) => void = () => {},
): StrangerChannel {
  const received: [number, Uint8Array][] = []
  let isClosed = false
  const channel = mux.createChannel({
    protocol: channelProtocol,
    id,
    messages: [0, 1, 2, 3, 4].map((type) => ({
      onmessage(message) {
        received.push([type, Buffer.from(message)])
        onMessage(type, message)
      },
    })),
    onclose: () => {
      isClosed = true
    },
  })
  if (!channel) throw new Error('this channel is open already')
  channel.open()
  return {
    received,
    get isClosed() {
      return isClosed
    },
    send: (type, message) => channel.messages[type]!.send(message),
  }
}
