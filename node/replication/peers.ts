import type { NoiseStream } from 'hyperdht'
import type { Logger } from 'pino'
import Protomux from 'protomux'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { channelId } from '../../protocol/replication/handshake.ts'
import { type ChannelRoom, channelProtocol, RoomChannel } from './room-channel.ts'

interface Connection {
  readonly stream: NoiseStream
  readonly mux: Protomux
  readonly channels: Map<string, RoomChannel>
}

interface PeersOptions {
  readonly primitives: Primitives
  readonly log: Logger
  /** A datagram from a device that is in a room with us. */
  readonly onDatagram: (device: string, datagram: Uint8Array) => void
}

const strangerMs = 30_000

/** All connections, and on each a channel for every room that both ends turn out to share. */
export class Peers {
  readonly #options: PeersOptions
  readonly #connections = new Set<Connection>()
  readonly #rooms = new Map<string, ChannelRoom>()
  /** Rooms in which a node is expected, by its network key: those under whose topic or link it was found. */
  readonly #expected = new Map<string, Set<string>>()
  readonly #topics = new Map<string, string>()
  #isAway = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** Offer this room to whom we expect in it, and answer who asks for it. */
  addRoom(room: ChannelRoom): void {
    const id = toHex(room.id)
    this.#rooms.set(id, room)
    for (const connection of this.#connections) {
      if (this.#expected.get(toHex(connection.stream.remotePublicKey))?.has(id)) this.#openChannel(connection, room)
    }
  }

  /** Try once more with those in this room whom we, or who, refused before. */
  retry(room: ChannelRoom): void {
    for (const connection of this.#connections) {
      if (connection.channels.has(toHex(room.id))) this.#openChannel(connection, room)
    }
  }

  /** Who may what in this room has changed: whoever is at its door, or within, is judged anew. */
  review(room: ChannelRoom): void {
    const { log } = this.#options
    for (const { channels } of this.#connections) {
      const channel = channels.get(toHex(room.id))
      if (channel?.open) channel.review().catch((err) => log.debug({ err }, 'a channel could not be reviewed'))
    }
    this.retry(room)
  }

  /** Say goodbye to everybody in this room, and answer for it no more. */
  removeRoom({ id }: ChannelRoom): void {
    const key = toHex(id)
    this.#rooms.delete(key)
    for (const { channels } of this.#connections) channels.get(key)?.close()
  }

  /** Whoever is found under this topic is expected in this room. */
  addTopic(topic: Uint8Array, room: ChannelRoom): void {
    this.#topics.set(toHex(topic), toHex(room.id))
  }

  removeTopic(topic: Uint8Array): void {
    this.#topics.delete(toHex(topic))
  }

  /** The node with this network key is expected in this room. */
  expect(key: Uint8Array, room: ChannelRoom): void {
    this.#expect(toHex(key), toHex(room.id))
  }

  /** Be connected with nobody as long as one is away. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway
    if (isAway) for (const { stream } of this.#connections) stream.destroy()
  }

  addConnection(stream: NoiseStream, onTopic: (listener: (topic: Uint8Array) => void) => void): void {
    stream.on('error', (error) => this.#options.log.debug({ err: error }, 'a connection failed'))
    if (this.#isAway) {
      stream.destroy()
      return
    }
    const connection: Connection = { stream, mux: Protomux.from(stream), channels: new Map() }
    const key = toHex(stream.remotePublicKey)
    this.#connections.add(connection)
    // Whoever shares no room with us has no business here.
    const patience = setTimeout(() => {
      if (![...connection.channels.values()].some(({ peer }) => peer)) stream.destroy()
    }, strangerMs).unref()
    stream.on('close', () => {
      clearTimeout(patience)
      this.#connections.delete(connection)
    })
    stream.on('message', (datagram: Uint8Array) => this.#receive(connection, datagram))
    connection.mux.pair({ protocol: channelProtocol }, (id) => this.#answer(connection, id))
    for (const id of this.#expected.get(key) ?? []) {
      const room = this.#rooms.get(id)
      if (room) this.#openChannel(connection, room)
    }
    onTopic((topic) => {
      const room = this.#topics.get(toHex(topic))
      if (room) this.#expect(key, room)
    })
  }

  /** Channels on which the other end has been proved to be in the room. */
  channelsOf(room: string): RoomChannel[] {
    return [...this.#connections].flatMap(({ channels }) => {
      const channel = channels.get(room)
      return channel?.open && channel.peer ? [channel] : []
    })
  }

  get count(): number {
    return [...this.#connections].filter(({ channels }) => [...channels.values()].some(({ peer }) => peer)).length
  }

  isConnected(key: string): boolean {
    return [...this.#connections].some(({ stream }) => toHex(stream.remotePublicKey) === key)
  }

  #expect(key: string, room: string): void {
    this.#expected.set(key, (this.#expected.get(key) ?? new Set()).add(room))
    const known = this.#rooms.get(room)
    if (!known) return
    for (const connection of this.#connections) {
      if (toHex(connection.stream.remotePublicKey) === key) this.#openChannel(connection, known)
    }
  }

  /** The other end asks for a room: which one, only who knows it can tell. */
  #answer(connection: Connection, id: Uint8Array | null): void {
    for (const room of this.#rooms.values()) {
      const own = channelId(room.secrets, connection.stream.handshakeHash, this.#options.primitives)
      if (id && equalBytes(own, id)) this.#openChannel(connection, room)
    }
  }

  #openChannel(connection: Connection, room: ChannelRoom): void {
    const id = toHex(room.id)
    if (connection.channels.get(id)?.open || connection.stream.destroyed) return
    const { primitives, log } = this.#options
    const refused = (error: unknown) => log.warn({ err: error, room: id }, 'a peer was refused')
    connection.channels.set(id, new RoomChannel(connection, room, primitives, refused))
  }

  #receive({ channels }: Connection, datagram: Uint8Array): void {
    const channel = [...channels.values()].find(({ peer }) => peer)
    if (channel?.peer) this.#options.onDatagram(channel.peer.device, datagram)
  }
}
