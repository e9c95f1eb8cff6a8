import { randomBytes } from 'node:crypto'
import { toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type DialHint, mostHints } from '../../protocol/link/dial-hint.ts'
import { roomTopics } from '../../protocol/replication/handshake.ts'
import { decodeGenesis, encodeGenesis, type Genesis, roomId } from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink, type RoomLink } from '../../protocol/room/link.ts'
import type { RoomAccess } from '../../protocol/room/own-room.ts'
import { tidyName } from '../../protocol/room/text.ts'
import type { LinkPreview } from '../api/commands.ts'
import { Problem } from '../api/problems.ts'
import type { KnownPeers } from '../replication/known-peers.ts'
import type { RoomChannel } from '../replication/room-channel.ts'
import type { Swarm } from '../replication/swarm.ts'
import type { KeyVault, VaultRoom } from '../storage/key-vault.ts'
import { type HeldInvite, Invites } from './invites.ts'
import type { KeptRoom } from './own-log.ts'
import { isRevoked } from './person.ts'
import { Room } from './room.ts'
import type { RoomChange, RoomOptions } from './room-options.ts'

/** What all rooms of a node share. */
export interface RoomsOptions
  extends Pick<
    RoomOptions,
    | 'person'
    | 'contacts'
    | 'store'
    | 'keyStore'
    | 'checkpoints'
    | 'space'
    | 'roomLogs'
    | 'forks'
    | 'view'
    | 'peers'
    | 'primitives'
    | 'log'
    | 'now'
  > {
  readonly vault: KeyVault
  readonly swarm: Swarm
  readonly known: KnownPeers
  readonly onChange: (change: RoomChange) => void
}

interface Presence {
  readonly room: Room
  readonly topics: Map<string, () => void>
}

const linkStart = 'http://localhost:7717/#/join/'
const redialEveryMs = 30_000
const topicsEveryMs = 600_000
/** What is due once a day is due after a night in which the computer slept, too. */
const tendEveryMs = 3_600_000
const mostOwnHints = 4

/** The rooms of this node, and its presence in each on the network. */
export class Rooms {
  readonly invites: Invites
  readonly #options: RoomsOptions
  readonly #rooms = new Map<string, Presence>()
  readonly #timers: readonly NodeJS.Timeout[]
  #joining: Promise<unknown> = Promise.resolve()

  /** No room is open yet: that is `openStored`. */
  constructor(options: RoomsOptions) {
    this.#options = options
    this.invites = new Invites(options)
    this.#timers = [
      setInterval(() => this.dialKnown(), redialEveryMs).unref(),
      setInterval(() => this.#announceAll(), topicsEveryMs).unref(),
      setInterval(() => this.#tendAll(), tendEveryMs).unref(),
    ]
  }

  /** Open every room of the vault. */
  async openStored(): Promise<void> {
    for (const stored of this.#options.vault.content.rooms) await this.#open(stored)
    this.dialKnown()
  }

  all(): Room[] {
    return this.everywhere().filter((room) => !this.isOwn(room))
  }

  /** The same, and the one of our own devices. */
  everywhere(): Room[] {
    return [...this.#rooms.values()].map(({ room }) => room)
  }

  /** Throws the problem `no-such-room`. */
  get(key: string): Room {
    const found = this.#rooms.get(key)
    if (!found || this.isOwn(found.room)) throw new Problem('no-such-room')
    return found.room
  }

  /** Whether a room is the hidden one of our own devices. */
  isOwn({ genesis }: Pick<Room, 'genesis'>): boolean {
    return toHex(genesis) === this.#options.vault.content.ownRoom.genesis
  }

  /** Open the room of our own devices. */
  openOwn(): Promise<Room> {
    return this.#open(this.#options.vault.content.ownRoom)
  }

  /** Enter a room that another device of ours is in. */
  enterKnown(known: RoomAccess & { readonly name: string }): Promise<Room> {
    return this.#enter(known)
  }

  /** Make a room; by its first link, if it has one, people come until `expires` (Unix ms). */
  async create(
    name: string,
    { admission, history }: Pick<Genesis, 'admission' | 'history'>,
    expires: number | null,
  ): Promise<Room> {
    const label = tidyName(name)
    if (label === '') throw new Problem('name-invalid')
    this.#requireWriter()
    const { person, primitives } = this.#options
    const inviteSeed = admission === 'invite-only' ? null : randomBytes(32)
    const genesis = encodeGenesis({
      owner: { identity: person.identity, device: person.device },
      suite: 1,
      admission,
      history,
      invite: inviteSeed && { key: primitives.publicKey(inviteSeed), expires },
      nonce: randomBytes(32),
    })
    return this.#enter({ genesis, secret: randomBytes(32), inviteSeed, name: label })
  }

  /** Read a link; nobody is dialled. */
  readLink(text: string): LinkPreview {
    const link = this.#decode(text)
    const room = toHex(roomId(link.genesis, this.#options.primitives))
    const { expires } = link
    const { admission, history } = decodeGenesis(link.genesis)
    return {
      room,
      name: link.name,
      inviter: link.inviter,
      expires,
      expired: expires !== null && expires < this.#options.now(),
      policy: admission,
      history,
      joined: this.#rooms.has(room),
      standing: this.#rooms.get(room)?.room.people.standing ?? null,
    }
  }

  /** Join the room of a link, or find it among ours. Throws link-… problems. */
  async join(text: string): Promise<Room> {
    const link = this.#decode(text)
    const { room, expired, joined } = this.readLink(text)
    if (joined) return this.get(room)
    if (expired) throw new Problem('link-expired')
    // Whoever joined it would sign, as its owner, a room and a name that somebody else thought of.
    if (Buffer.compare(decodeGenesis(link.genesis).owner.device, this.#options.person.device) === 0) {
      throw new Problem('link-malformed', 'It names you as the owner of a room that you have not made.')
    }
    this.#requireWriter()
    const entered = await this.#enter(link)
    this.#dialHints(entered, link.hints)
    return entered
  }

  /** The link of a room by an invite, with hints where it may be reached now. */
  link(room: Room, { seed, expires }: HeldInvite): string {
    const { genesis, secret, name } = room
    const inviter = this.#ownName()
    const link = { genesis, secret, inviteSeed: seed, expires, name, inviter, hints: this.#hints(room) }
    return linkStart + encodeLink(link, this.#options.primitives)
  }

  /** Say in every room how one wants to be called. */
  async rename(name: string): Promise<void> {
    const as = tidyName(name)
    if (as === '') throw new Problem('name-invalid')
    if (isRevoked(this.#options.person)) throw new Problem('device-revoked')
    if (as !== this.#options.vault.content.name)
      await this.#options.vault.change((content) => ({ ...content, name: as }))
    // Each of one's devices says it in its own log: the name of who was last to write counts.
    const told = this.all().filter((room) => room.fold.logs.get(toHex(room.ownLog))?.folded.author?.name !== as)
    await Promise.all(told.map((room) => room.append({ type: 'name-changed', as })))
  }

  /** Remember where a peer was met. */
  remember({ stream, peer }: RoomChannel, room: Room): void {
    const { remoteHost: host } = stream.rawStream
    if (peer?.port)
      this.#options.known.remember({ key: toHex(stream.remotePublicKey), host, port: peer.port, room: room.key })
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#joining.catch(() => {})
    for (const { room, topics } of this.#rooms.values()) {
      for (const leave of topics.values()) leave()
      await room.close()
    }
  }

  /** Throws the problems `device-revoked` and `no-name`. */
  #requireWriter(): void {
    if (isRevoked(this.#options.person)) throw new Problem('device-revoked')
    this.#ownName()
  }

  #ownName(): string {
    const { name } = this.#options.vault.content
    if (name === null) throw new Problem('no-name')
    return name
  }

  #decode(text: string): RoomLink {
    try {
      return decodeLink(text, this.#options.primitives)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw new Problem(error.code === 'link/newer' ? 'link-newer' : 'link-malformed')
    }
  }

  /** The secret is in the vault before anything is written with it. */
  #enter(
    link: Pick<RoomLink, 'genesis' | 'secret' | 'name'> & { readonly inviteSeed: Uint8Array | null },
  ): Promise<Room> {
    const entering = this.#joining
      .catch(() => {})
      .then(async () => {
        const key = toHex(roomId(link.genesis, this.#options.primitives))
        const known = this.#rooms.get(key)
        if (known) return known.room
        await this.#options.space.require()
        const stored: VaultRoom = {
          genesis: toHex(link.genesis),
          secret: toHex(link.secret),
          inviteSeed: link.inviteSeed && toHex(link.inviteSeed),
          name: link.name,
        }
        await this.#options.vault.change((content) => {
          // It may be there already, from when it could not be opened.
          const others = content.rooms.filter(({ genesis }) => genesis !== stored.genesis)
          return { ...content, rooms: [...others, stored] }
        })
        return this.#open(stored)
      })
    this.#joining = entering
    return entering
  }

  async #open(stored: VaultRoom): Promise<Room> {
    const { swarm, onChange, ...shared } = this.#options
    const genesis = Buffer.from(stored.genesis, 'hex')
    const isOwn = stored.genesis === this.#options.vault.content.ownRoom.genesis
    // Among one's own devices, it is they that have names.
    const ownName = isOwn ? () => stored.name : () => this.#ownName()
    const as = ownName()
    const options = {
      ...shared,
      onChange,
      genesis,
      secret: Buffer.from(stored.secret, 'hex'),
      inviteSeed: stored.inviteSeed === null ? null : Buffer.from(stored.inviteSeed, 'hex'),
      label: stored.name,
      kept: this.#kept(stored.genesis),
      isOwn,
      ownName,
      port: swarm.port,
    }
    const room = await Room.open(options, (admission) =>
      admission.signature === null
        ? { type: 'room-created', genesis, name: stored.name, admission, as }
        : { type: 'joined', heads: [], admission, as },
    )
    this.#rooms.set(room.key, { room, topics: new Map() })
    shared.peers.addRoom(room)
    this.#announce(room)
    onChange({ type: 'changed', room })
    return room
  }

  /** What the vault keeps of a room. */
  #kept(genesis: string): KeptRoom {
    const { vault } = this.#options
    return {
      get content() {
        const { rooms, ownRoom } = vault.content
        return rooms.find((each) => each.genesis === genesis) ?? ownRoom
      },
      change: (changed) =>
        vault.change((content) => ({
          ...content,
          ownRoom: content.ownRoom.genesis === genesis ? changed(content.ownRoom) : content.ownRoom,
          rooms: content.rooms.map((each) => (each.genesis === genesis ? changed(each) : each)),
        })),
    }
  }

  /** Be found under today's topics, and no longer under yesterday's. */
  #announce(room: Room): void {
    const { swarm, peers, primitives, now } = this.#options
    const { topics } = this.#rooms.get(room.key)!
    const wanted = new Map(roomTopics(room.secrets, now(), primitives).map((topic) => [toHex(topic), topic]))
    for (const [key, leave] of topics) {
      if (wanted.has(key)) continue
      leave()
      topics.delete(key)
    }
    for (const [key, topic] of wanted) {
      if (topics.has(key)) continue
      peers.addTopic(topic, room)
      const leave = swarm.join(topic)
      topics.set(key, () => {
        leave()
        peers.removeTopic(topic)
      })
    }
  }

  #announceAll(): void {
    for (const room of this.everywhere()) this.#announce(room)
  }

  #tendAll(): void {
    for (const room of this.all()) room.tend()
  }

  /** Whom we have met before is dialled where they were: that needs no DHT. */
  dialKnown(): void {
    const { known, peers, swarm } = this.#options
    for (const room of this.everywhere()) {
      for (const { key, host, port } of known.inRoom(room.key)) {
        const bytes = Buffer.from(key, 'hex')
        peers.expect(bytes, room)
        if (!peers.isConnected(key)) swarm.dial(bytes, [{ host, port }])
      }
    }
  }

  #dialHints(room: Room, hints: readonly DialHint[]): void {
    for (const { key } of hints) {
      this.#options.peers.expect(key, room)
      const same = hints.filter((hint) => Buffer.compare(hint.key, key) === 0)
      this.#options.swarm.dial(key, same)
    }
  }

  #hints(room: Room): DialHint[] {
    const { swarm } = this.#options
    const own = swarm
      .addresses()
      .slice(0, mostOwnHints)
      .map(({ host, port }) => ({ key: swarm.key, host, port }))
    const others = room.channels().flatMap(({ stream, peer }) => {
      const { remoteHost: host } = stream.rawStream
      return peer?.port ? [{ key: stream.remotePublicKey, host, port: peer.port }] : []
    })
    return [...own, ...others].slice(0, mostHints)
  }
}
