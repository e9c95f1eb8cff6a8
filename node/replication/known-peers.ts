import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Address } from '../config.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

/** A node that we have met, and where. `rooms`: those we share, by id in hex. */
export interface KnownPeer {
  readonly key: string
  readonly host: string
  readonly port: number
  readonly rooms: readonly string[]
  readonly seen: number
}

interface NetworkMemory {
  readonly version: 1
  /** Our own UDP port, kept so that others' memory of us stays true. */
  readonly port: number | null
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly peers: readonly KnownPeer[]
}

const nothing: NetworkMemory = { version: 1, port: null, nodes: [], peers: [] }
const mostPeers = 256
const mostNodes = 64
const writeAfterMs = 2_000

/** What a node remembers of the network, so that it needs no bootstrap node to find again whom it knows. */
export class KnownPeers {
  #memory: NetworkMemory
  readonly #path: string
  readonly #log: Logger
  #timer: NodeJS.Timeout | null = null

  private constructor(path: string, memory: NetworkMemory, log: Logger) {
    this.#path = path
    this.#memory = memory
    this.#log = log
  }

  /** Read the memory of a home; one that cannot be read is forgotten, which costs a look-up in the DHT. */
  static async open(home: string, log: Logger): Promise<KnownPeers> {
    const path = join(home, 'network.json')
    try {
      const text = await readIfThere(path)
      return new KnownPeers(path, text === null ? nothing : memoryFrom(JSON.parse(text)), log)
    } catch (error) {
      log.warn({ err: error }, 'the memory of the network cannot be read, and is begun anew')
      return new KnownPeers(path, nothing, log)
    }
  }

  get port(): number | null {
    return this.#memory.port
  }

  get nodes(): NetworkMemory['nodes'] {
    return this.#memory.nodes
  }

  get peers(): readonly KnownPeer[] {
    return this.#memory.peers
  }

  inRoom(room: string): KnownPeer[] {
    return this.#memory.peers.filter(({ rooms }) => rooms.includes(room))
  }

  remember({ key, host, port, room }: { key: string; host: string; port: number; room: string }): void {
    const known = this.#memory.peers.find((peer) => peer.key === key)
    const rooms = [...new Set([...(known?.rooms ?? []), room])]
    const rest = this.#memory.peers.filter((peer) => peer.key !== key)
    this.#change({ peers: [{ key, host, port, rooms, seen: Date.now() }, ...rest].slice(0, mostPeers) })
  }

  rememberNetwork(port: number, nodes: NetworkMemory['nodes']): void {
    // An empty table says that the network is away, not that the nodes are gone.
    this.#change({ port, ...(nodes.length > 0 ? { nodes: nodes.slice(0, mostNodes) } : {}) })
  }

  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    await this.#write()
  }

  #change(change: Partial<NetworkMemory>): void {
    this.#memory = { ...this.#memory, ...change }
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      void this.#write()
    }, writeAfterMs).unref()
  }

  async #write(): Promise<void> {
    try {
      await writeDurably(this.#path, `${JSON.stringify(this.#memory)}\n`)
    } catch (error) {
      this.#log.warn({ err: error }, 'the memory of the network cannot be written')
    }
  }
}

/** What of a file makes sense: whatever else it holds must not keep a node from starting. */
function memoryFrom(value: unknown): NetworkMemory {
  const { version, port, nodes, peers } = Object(value) as Partial<Record<keyof NetworkMemory, unknown>>
  if (version !== 1) return nothing
  return {
    version,
    port: isPort(port) ? port : null,
    nodes: listOf(nodes, isAddress).slice(0, mostNodes),
    peers: listOf(peers, isKnownPeer).slice(0, mostPeers),
  }
}

const listOf = <T>(value: unknown, isOne: (item: unknown) => item is T): T[] =>
  Array.isArray(value) ? value.filter(isOne) : []

const isPort = (port: unknown): port is number => Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536

function isAddress(value: unknown): value is Address {
  const { host, port } = Object(value) as Partial<Address>
  return typeof host === 'string' && isIP(host) !== 0 && isPort(port)
}

function isKnownPeer(value: unknown): value is KnownPeer {
  const { key, rooms, seen } = Object(value) as Partial<KnownPeer>
  const isKey = typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)
  return isAddress(value) && isKey && typeof seen === 'number' && listOf(rooms, isText).length === rooms?.length
}

const isText = (value: unknown): value is string => typeof value === 'string'
