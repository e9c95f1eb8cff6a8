import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import HyperDHT, { type NoiseStream } from 'hyperdht'
import Hyperswarm from 'hyperswarm'
import type { Address } from '../config.ts'
import type { KnownPeers } from './known-peers.ts'

/** Whom to look for, and under which topics. */
export interface Swarm {
  /** The own key on the network. */
  readonly key: Uint8Array
  /** UDP port of the DHT node. */
  readonly port: number
  /** `starting`: the first answer of the network is still awaited. */
  readonly state: 'starting' | 'offline' | 'online'
  /** Announce oneself under a topic, and look for others there, until the returned function is called. */
  join(topic: Uint8Array): () => void
  /** Dial a node at addresses it was seen at, with no need of the DHT; goes on in the background. */
  dial(key: Uint8Array, addresses: readonly Address[]): void
  /** Be found under another key than one's own, of this seed; every connection to it is given away. */
  listen(seed: Uint8Array, onConnection: (stream: NoiseStream) => void): Promise<Listener>
  /** One connection to whoever listens under this key, at one of these addresses or found by the DHT. */
  connect(key: Uint8Array, addresses: readonly Address[]): NoiseStream
  /** Addresses under which others may reach this node, best first. */
  addresses(): readonly Address[]
  /** Call back whenever the state or a connection has changed. */
  onChange(listener: () => void): void
  close(): Promise<void>
}

/** Where one is found under another key. */
export interface Listener {
  readonly key: Uint8Array
  close(): Promise<void>
}

interface SwarmOptions {
  readonly seed: Uint8Array
  readonly bootstrap: readonly Address[] | null
  readonly known: KnownPeers
  /** `onTopic` calls back with every topic under which the peer was found, now and later. */
  readonly onConnection: (stream: NoiseStream, onTopic: (listener: (topic: Uint8Array) => void) => void) => void
}

// Two nodes that join a topic at the same instant miss each other; so each looks again soon.
const refreshAfterMs = [1_000, 5_000, 30_000]
const rememberEveryMs = 60_000
const lookWhenAloneMs = 30_000
const goodbyeMs = 500
const mostPeers = 64
const mostStrangers = 512

/** A DHT that tries the addresses where a node was last seen before it asks anybody. */
class RememberingDht extends HyperDHT {
  readonly addresses = new Map<string, Address[]>()

  override connect(key: Uint8Array, options: Parameters<HyperDHT['connect']>[1] = {}): NoiseStream {
    const known = this.addresses.get(Buffer.from(key).toString('hex'))
    const found = options.relayAddresses?.length ? options.relayAddresses : null
    return super.connect(key, { ...options, relayAddresses: found ?? known ?? null })
  }
}

const isLoopback = (host: string) => host === 'localhost' || host.startsWith('127.') || host === '::1'

/** Open this node's place on the network. */
export async function openSwarm({ seed, bootstrap, known, onConnection }: SwarmOptions): Promise<Swarm> {
  const keyPair = HyperDHT.keyPair(seed)
  const local = bootstrap !== null && bootstrap.length > 0 && bootstrap.every(({ host }) => isLoopback(host))
  const configured = configuredNodes(bootstrap)
  const remembered = known.nodes.map(({ host, port }) => ({ host, port }))
  const dht = new RememberingDht({
    keyPair,
    // Remembered nodes are asked first: a configured one that is dead would hold up everything by seconds.
    ...(remembered.length > 0 ? { bootstrap: [], nodes: remembered } : { bootstrap: configured }),
    ...(known.port ? { port: known.port } : {}),
    // On one machine nothing stands between two nodes, and the tests for that only cost time.
    ...(local ? { host: '127.0.0.1', firewalled: false } : {}),
  })
  // Only the socket is waited for: without a network the rest takes for ever, and logs can be written and read all the same.
  await dht.bind()
  const swarm = new Hyperswarm({ dht, keyPair, maxPeers: mostPeers, maxServerConnections: mostStrangers })
  swarm.on('connection', (stream, info) => {
    onConnection(stream, (listener) => {
      info.topics.forEach(listener)
      info.on('topic', listener)
      stream.on('close', () => info.off('topic', listener))
    })
  })
  void swarm.listen().catch(() => {})
  let started = false
  const starting = dht
    .fullyBootstrapped()
    .catch(() => {})
    .then(() => {
      started = true
      // From here on they are asked whenever too few others answer.
      dht.bootstrapNodes = configured
    })
  const port = dht.io.serverSocket?.address().port ?? 0
  const remember = () => known.rememberNetwork(port, dht.toArray({ limit: 64 }))
  const remembering = setInterval(remember, rememberEveryMs).unref()
  remember()
  const discoveries = new Set<ReturnType<Hyperswarm['join']>>()
  const look = (discovery: ReturnType<Hyperswarm['join']>) =>
    void discovery.refresh({ client: true, server: true }).catch(() => {})
  // Who is alone looks again: the network may have been away.
  const looking = setInterval(() => {
    if (swarm.connections.size === 0) discoveries.forEach(look)
  }, lookWhenAloneMs).unref()

  return {
    key: keyPair.publicKey,
    port,
    get state() {
      if (dht.online && (dht.nodes.length > 0 || swarm.connections.size > 0)) return 'online'
      return started ? 'offline' : 'starting'
    },
    join(topic) {
      const discovery = swarm.join(topic, { client: true, server: true })
      const timers = refreshAfterMs.map((ms) => setTimeout(() => look(discovery), ms).unref())
      discoveries.add(discovery)
      return () => {
        for (const timer of timers) clearTimeout(timer)
        discoveries.delete(discovery)
        void discovery.destroy().catch(() => {})
      }
    },
    dial(key, addresses) {
      const dialled = addresses.filter(({ host, port: at }) => isIP(host) !== 0 && at > 0)
      if (dialled.length === 0 || Buffer.compare(key, keyPair.publicKey) === 0) return
      dht.addresses.set(Buffer.from(key).toString('hex'), dialled)
      // The swarm gives a peer up after five attempts: whoever asks again wants it tried again.
      swarm.leavePeer(Buffer.from(key))
      swarm.joinPeer(Buffer.from(key))
    },
    async listen(seed, onConnection) {
      const own = HyperDHT.keyPair(seed)
      const server = dht.createServer(onConnection)
      await server.listen(own)
      return { key: own.publicKey, close: () => server.close() }
    },
    connect: (key, addresses) => dht.connect(key, addresses.length > 0 ? { relayAddresses: [...addresses] } : {}),
    addresses: () => reachableAt(dht.host, port, local),
    onChange(listener) {
      void starting.then(listener)
      swarm.on('update', listener)
      for (const event of ['network-update', 'network-change', 'ready']) dht.on(event, listener)
    },
    async close() {
      clearInterval(remembering)
      clearInterval(looking)
      remember()
      // Taking back what was announced waits for nodes that may be gone.
      const destroyed = swarm.destroy({ force: true }).catch(() => {})
      await Promise.race([destroyed, sleep(goodbyeMs, null, { ref: false })])
      await dht.destroy({ force: true })
      await destroyed
    },
  }
}

/** The DHT nodes that one is configured with, as HyperDHT writes them: the public ones are `address@name`. */
function configuredNodes(bootstrap: readonly Address[] | null): Address[] {
  if (bootstrap) return [...bootstrap]
  return HyperDHT.BOOTSTRAP.map((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
  })
}

function reachableAt(publicHost: string | null, port: number, local: boolean): Address[] {
  if (local) return [{ host: '127.0.0.1', port }]
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
  const hosts = [...new Set([...(publicHost ? [publicHost] : []), ...own])]
  return hosts.map((host) => ({ host, port }))
}
