import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type LogOwner, logKey, type SignedHead, verifyHead } from '../../protocol/log/hypercore.ts'
import { type Admission, admit, followedLog, signAdmission } from '../../protocol/room/admission.ts'
import type { RoomEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, type Genesis, roomId } from '../../protocol/room/genesis.ts'
import { type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { Problem } from '../api/problems.ts'
import type { FoldingLog } from '../projection/folding-log.ts'
import { type ProjectedEntry, RoomFold } from '../projection/room-fold.ts'
import { RoomWriter } from '../projection/room-writer.ts'
import type { ShownAuthor, TimelineSource } from '../projection/timeline.ts'
import type { Peers } from '../replication/peers.ts'
import type { ChannelRoom, RoomChannel, RoomLog } from '../replication/room-channel.ts'
import type { FreeSpace } from '../storage/free-space.ts'
import type { VaultRoom } from '../storage/key-vault.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { findAdmissions } from './find-admissions.ts'
import type { Forks } from './forks.ts'
import { HeadWatch } from './head-watch.ts'
import { LogAnnouncer } from './log-announcer.ts'
import type { Person } from './person.ts'
import type { RoomLogs } from './room-logs.ts'

/** What a room is made of and lives from. */
export interface RoomOptions {
  readonly genesis: Uint8Array
  readonly secret: Uint8Array
  readonly inviteSeed: Uint8Array
  /** What the link called it, until its own log says. */
  readonly label: string
  readonly ownLogState: VaultRoom['ownLog']
  readonly person: Person
  readonly store: LogStore
  readonly space: FreeSpace
  readonly roomLogs: RoomLogs
  readonly forks: Forks
  readonly view: ViewStore
  readonly peers: Peers
  readonly port: number
  readonly primitives: Primitives
  readonly log: Logger
  readonly now: () => number
  readonly onChange: (change: RoomChange) => void
}

/** What may interest whoever shows rooms or carries calls. */
export type RoomChange =
  | { readonly type: 'entries'; readonly room: Room; readonly entries: readonly ProjectedEntry[] }
  | { readonly type: 'peer'; readonly room: Room; readonly channel: RoomChannel; readonly gone: boolean }
  | { readonly type: 'presence'; readonly room: Room; readonly channel: RoomChannel }
  | { readonly type: 'trouble'; readonly room: Room; readonly error: unknown }
  | { readonly type: 'recovered'; readonly room: Room }
  | { readonly type: 'changed'; readonly room: Room }

const mostLogs = 1_000
const forkText = 'its device signed two histories'
const lostText = 'it was lost from this disk, and whoever went on with it might contradict what others have'

/** One room of this node: its logs, what they fold to, and our own pen. */
export class Room implements ChannelRoom {
  readonly id: Uint8Array
  readonly key: string
  readonly genesis: Uint8Array
  readonly beginning: Genesis
  readonly secret: Uint8Array
  readonly inviteSeed: Uint8Array
  readonly secrets: RoomSecrets
  readonly ownAdmission: Admission
  readonly ownLog: Uint8Array
  readonly device: Uint8Array
  readonly logs = new Map<string, RoomLog>()
  readonly troubles = new Map<string, string>()
  readonly port: number
  readonly fold: RoomFold
  readonly #options: RoomOptions
  readonly #heads: HeadWatch
  readonly #announcer: LogAnnouncer
  #writer: RoomWriter | null = null
  #isLost: boolean
  #adding: Promise<unknown> = Promise.resolve()

  private constructor(options: RoomOptions) {
    const { genesis, person, primitives } = options
    this.#options = options
    this.#isLost = options.ownLogState === 'lost'
    this.genesis = genesis
    this.beginning = decodeGenesis(genesis)
    this.secret = options.secret
    this.inviteSeed = options.inviteSeed
    this.id = roomId(genesis, primitives)
    this.key = toHex(this.id)
    this.secrets = roomSecrets(options.secret, primitives)
    this.port = options.port
    this.device = person.device
    const owner: LogOwner = { room: this.id, identity: person.identity, device: person.device, generation: 0 }
    const isOwner = Buffer.compare(person.device, this.beginning.owner.device) === 0
    this.ownAdmission = {
      identity: person.statements,
      device: person.device,
      generation: 0,
      signature: isOwner ? null : signAdmission(owner, options.inviteSeed, primitives),
    }
    this.ownLog = logKey(owner, primitives)
    this.fold = new RoomFold(this, options.view, primitives, {
      onEntries: (entries) => options.onChange({ type: 'entries', room: this, entries }),
      onTrouble: (error) => options.onChange({ type: 'trouble', room: this, error }),
      onRecovered: () => options.onChange({ type: 'recovered', room: this }),
      onSettled: () => options.onChange({ type: 'changed', room: this }),
    })
    this.#heads = new HeadWatch({
      forks: options.forks,
      fold: this.fold,
      primitives,
      onFork: (log) => this.#onFork(log),
    })
    this.#announcer = new LogAnnouncer({ heads: this.#heads, log: options.log, channels: () => this.channels() })
  }

  /** Open a room and fold what is on disk of it. `first` is the entry that a new own log begins with. */
  static async open(options: RoomOptions, first: (admission: Admission) => RoomEvent): Promise<Room> {
    const room = new Room(options)
    try {
      const own = await room.#openLogs()
      if (room.isLost || (own.knownLength === 0 && options.ownLogState)) room.#lose()
      else if (own.knownLength === 0) await room.append(first(room.ownAdmission))
      return room
    } catch (error) {
      await room.close()
      throw error
    }
  }

  /** What the owner called it; what the link called it, as long as the owner's log has not arrived. */
  get name(): string {
    return this.#created()?.text ?? this.#options.label
  }

  /** When the owner made it, by their clock. */
  get created(): number | null {
    return this.#created()?.stamp ?? null
  }

  /** Whether the own log was written once, but is gone from this disk: nobody knows how far others have it, so nothing may be added. */
  get isLost(): boolean {
    return this.#isLost
  }

  async #openLogs(): Promise<StoredLog> {
    const { person, store, space, roomLogs, primitives, now } = this.#options
    const own = await store.openOwnLog(this.#ownerOf(this.ownAdmission), person.deviceSeed)
    const folding = this.#take({ admission: this.ownAdmission, stored: own })
    this.#writer = new RoomWriter({ room: this, fold: this.fold, own: folding, store, space, primitives, now })
    const others = roomLogs.of(this.key) ?? (await findAdmissions(this, store, primitives))
    if (!roomLogs.of(this.key)) await roomLogs.set(this.key, others)
    for (const admission of others) {
      this.#take({ admission, stored: await store.openLog(this.#ownerOf(admission)) })
    }
    await this.fold.pump()
    this.fold.beginLive()
    return own
  }

  #lose(): void {
    this.#isLost = true
    this.troubles.set(toHex(this.ownLog), lostText)
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#options.primitives.sign(message, this.#options.person.deviceSeed)
  }

  /** Write into the own log; resolves with the entry's index once it is safe on disk. */
  async append(event: RoomEvent): Promise<number> {
    if (this.#isLost) throw new Problem('storage-failing', `The own log of this room is gone: ${lostText}.`)
    return this.#writer!.append(event)
  }

  /** Write what matters now only, such as a step of a call: the same, but not yet safe from a power cut. */
  write(event: RoomEvent): Promise<number> {
    return this.#writer!.write(event)
  }

  addLog(admission: Admission, from: 'author' | { readonly head: SignedHead | null }): Promise<RoomLog> {
    const adding = this.#adding.catch(() => {}).then(() => this.#addLog(admission, from))
    this.#adding = adding
    return adding
  }

  compareHead(log: RoomLog, head: SignedHead): Promise<void> {
    return this.#heads.compare(log, head)
  }

  onPeer(channel: RoomChannel): void {
    this.#options.onChange({ type: 'peer', room: this, channel, gone: false })
  }

  onPeerChange(channel: RoomChannel): void {
    this.#options.onChange({ type: 'presence', room: this, channel })
  }

  onPeerGone(channel: RoomChannel): void {
    this.#options.onChange({ type: 'peer', room: this, channel, gone: true })
  }

  /** Connected nodes of this room. */
  channels(): RoomChannel[] {
    return this.#options.peers.channelsOf(this.key)
  }

  /** Who writes a log, or null as long as nothing has let it in. */
  author(log: string): ShownAuthor | null {
    const author = this.fold.logs.get(log)?.folded.author
    if (!author) return null
    const identity = toHex(author.owner.identity)
    const self = identity === toHex(this.#options.person.identity)
    return { identity, device: toHex(author.owner.device), name: author.name, self }
  }

  /** How a member calls themselves; empty for whom nothing has let in. */
  nameOf(identity: string): string {
    const authors = [...this.fold.logs.keys()].map((log) => this.author(log))
    return authors.find((author) => author?.identity === identity)?.name ?? ''
  }

  /** What the timeline is drawn from. */
  timeline(): TimelineSource {
    const identities = new Map<string, string>()
    for (const { owner } of [...this.logs.values()].map(({ stored }) => stored)) {
      identities.set(toHex(owner.device), toHex(owner.identity))
    }
    return {
      view: this.#options.view,
      room: this.fold.number,
      author: (log) => this.author(log),
      identityOf: (device) => identities.get(device) ?? null,
    }
  }

  async close(): Promise<void> {
    this.#announcer.close()
    this.#options.peers.removeRoom(this)
    await this.#adding.catch(() => {})
    await this.#writer?.close()
    await this.fold.close()
    for (const { stored } of this.logs.values()) await stored.close()
  }

  async #addLog(admission: Admission, from: 'author' | { readonly head: SignedHead | null }): Promise<RoomLog> {
    const { primitives, store, roomLogs, peers, now } = this.#options
    const { key, owner } = admit(this.genesis, admission, primitives)
    const known = this.logs.get(toHex(key))
    if (known) return known
    if (owner.generation !== 0) throw new ProtocolError('room/not-admitted', 'a later log of a device')
    if (this.logs.size >= mostLogs) throw new ProtocolError('room/not-admitted', `there are ${mostLogs} logs already`)
    // Whoever has the link can admit any device; only its own signature shows that it wanted to be.
    if (from !== 'author') {
      if (!from.head) throw new ProtocolError('room/not-admitted', 'its device has signed nothing')
      verifyHead(key, owner.device, from.head, primitives)
    }
    const { expires } = this.beginning
    // Whom another member has let in stays in: their clock was as good as ours. The owner needs no invite.
    if (from === 'author' && admission.signature && expires !== null && expires < now())
      throw new ProtocolError('room/not-admitted', 'the link has expired')
    const others = [...this.logs.values()].map((log) => log.admission).filter((each) => each !== this.ownAdmission)
    await roomLogs.set(this.key, [...others, admission])
    const log = { admission, stored: await store.openLog(owner) }
    this.#take(log)
    this.#announcer.added(log)
    // Its author may have been refused on a connection that is still open.
    if (from !== 'author') peers.retry(this)
    void this.fold.pump()
    return log
  }

  #onFork({ stored }: RoomLog): void {
    const key = toHex(stored.key)
    this.#options.log.warn({ room: this.key, log: key }, forkText)
    this.troubles.set(key, forkText)
    this.#options.onChange({ type: 'changed', room: this })
  }

  #created() {
    const owner = { room: this.id, ...this.beginning.owner, generation: 0 }
    const log = this.fold.logs.get(toHex(logKey(owner, this.#options.primitives)))
    const row = log ? this.#options.view.entry(log.row, 0) : null
    return row?.type === 'room-created' ? row : null
  }

  #take(log: RoomLog): FoldingLog {
    const { stored } = log
    this.logs.set(toHex(stored.key), log)
    const folding = this.fold.addLog({ stored, follows: this.#follows(stored) })
    stored.onGrow(() => this.#announcer.grown(log))
    stored.onFork(() => this.#heads.check(log))
    this.#heads.check(log)
    stored.follow()
    return folding
  }

  #follows({ owner }: StoredLog): Uint8Array | null {
    return followedLog(this.beginning, owner, this.#options.primitives)
  }

  #ownerOf(admission: Admission): LogOwner {
    return admit(this.genesis, admission, this.#options.primitives).owner
  }
}
