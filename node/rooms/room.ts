import { toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type LogOwner, logKey, type SignedHead, verifyHead } from '../../protocol/log/hypercore.ts'
import { type Admission, admit } from '../../protocol/room/admission.ts'
import type { RoomEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, type Genesis, roomId } from '../../protocol/room/genesis.ts'
import type { ActEvent, OperationEvent } from '../../protocol/room/operation-event.ts'
import type { Standing } from '../../protocol/room/rights.ts'
import { type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { Problem } from '../api/problems.ts'
import type { FoldingLog } from '../projection/folding-log.ts'
import { RoomFold } from '../projection/room-fold.ts'
import { RoomWriter } from '../projection/room-writer.ts'
import type { TimelineSource } from '../projection/timeline.ts'
import type { ChannelRoom, RoomChannel, RoomLog } from '../replication/room-channel.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { type Caller, Door, type Entrance } from './door.ts'
import { findAdmissions } from './find-admissions.ts'
import { HeadWatch } from './head-watch.ts'
import { LogAnnouncer } from './log-announcer.ts'
import { admissionOf } from './person.ts'
import type { RoomOptions } from './room-options.ts'
import { RoomPeople } from './room-people.ts'

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
  readonly inviteSeed: Uint8Array | null
  readonly secrets: RoomSecrets
  readonly ownAdmission: Admission
  readonly ownLog: Uint8Array
  readonly logs = new Map<string, RoomLog>()
  readonly troubles = new Map<string, string>()
  readonly port: number
  readonly fold: RoomFold
  readonly people: RoomPeople
  readonly #options: RoomOptions
  readonly #heads: HeadWatch
  readonly #announcer: LogAnnouncer
  readonly #door: Door
  #writer: RoomWriter | null = null
  #isLost: boolean
  #adding: Promise<unknown> = Promise.resolve()
  #told: Standing | null = null

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
    this.ownAdmission = admissionOf(person, this, primitives)
    this.ownLog = admit(genesis, this.ownAdmission, primitives).key
    this.fold = new RoomFold(this, options.view, primitives, {
      onEntries: (entries) => {
        this.people.namesChanged()
        options.onChange({ type: 'entries', room: this, entries })
      },
      onAuthority: () => this.#onAuthority(),
      onTrouble: (error) => options.onChange({ type: 'trouble', room: this, error }),
      onRecovered: () => options.onChange({ type: 'recovered', room: this }),
      onSettled: () => {
        this.people.namesChanged()
        options.onChange({ type: 'changed', room: this })
      },
    })
    this.#heads = new HeadWatch({
      forks: options.forks,
      fold: this.fold,
      primitives,
      onFork: (log) => this.#onFork(log),
    })
    const { view, contacts } = options
    this.people = new RoomPeople({ fold: this.fold, view, contacts, self: toHex(person.identity) })
    this.#door = new Door({
      authority: this.fold.authority,
      beginning: this.beginning,
      self: person.identity,
      log: options.log.child({ room: this.key }),
      now: options.now,
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

  /** Write into the own log; resolves with the entry's index once it is safe on disk. Throws the problem `may-not-write`. */
  async append(event: RoomEvent): Promise<number> {
    if (this.#isLost) throw new Problem('storage-failing', `The own log of this room is gone: ${lostText}.`)
    this.people.requireWriting(event)
    return this.#writer!.append(event)
  }

  /** Write what matters now only, such as a step of a call: the same, but not yet safe from a power cut. */
  async write(event: RoomEvent): Promise<number> {
    this.people.requireWriting(event)
    return this.#writer!.write(event)
  }

  /** Do something that changes who may what. Throws the problem `not-allowed`. */
  act(event: ActEvent): Promise<number> {
    const operation = { ...event, heads: [] } as OperationEvent
    this.people.requireAct(operation)
    return this.append(operation)
  }

  addLog(admission: Admission, head: SignedHead | null): Promise<RoomLog> {
    return this.#inTurn(() => this.#addLog(admission, head))
  }

  async enter(admission: Admission): Promise<Entrance> {
    const { identity } = this.#ownerOf(admission)
    const invite = admission.invite && toHex(admission.invite)
    const entrance = this.#door.open({ identity: toHex(identity), invite })
    const isTaken = entrance.type === 'in' || entrance.type === 'waiting'
    if (isTaken) await this.#inTurn(() => this.#addLog(admission, 'author'))
    return entrance
  }

  entranceOf(caller: Caller): Entrance {
    return this.#door.entranceOf(caller)
  }

  onTold(standing: Standing): void {
    this.#told = standing
    this.#options.onChange({ type: 'changed', room: this })
  }

  /** What the last node that did not let us in said that we are; null once another one did. */
  get told(): Standing | null {
    return this.#told
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const adding = this.#adding.catch(() => {}).then(work)
    this.#adding = adding
    return adding
  }

  compareHead(log: RoomLog, head: SignedHead): Promise<void> {
    return this.#heads.compare(log, head)
  }

  onPeer(channel: RoomChannel): void {
    this.#told = null
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

  /** What the timeline is drawn from. */
  timeline(): TimelineSource {
    return this.people.timeline([...this.logs.values()].map(({ stored }) => stored.owner))
  }

  async close(): Promise<void> {
    this.#announcer.close()
    this.#options.peers.removeRoom(this)
    await this.#adding.catch(() => {})
    await this.#writer?.close()
    await this.fold.close()
    for (const { stored } of this.logs.values()) await stored.close()
  }

  async #addLog(admission: Admission, from: 'author' | SignedHead | null): Promise<RoomLog> {
    const { primitives, store, roomLogs, peers } = this.#options
    const { key, owner } = admit(this.genesis, admission, primitives)
    const known = this.logs.get(toHex(key))
    if (known) return known
    if (owner.generation !== 0) throw new ProtocolError('room/not-admitted', 'a later log of a device')
    if (this.logs.size >= mostLogs) throw new ProtocolError('room/not-admitted', `there are ${mostLogs} logs already`)
    // Whoever has the link can admit any device; only its own signature shows that it wanted to be.
    if (from !== 'author') {
      if (!from) throw new ProtocolError('room/not-admitted', 'its device has signed nothing')
      verifyHead(key, owner.device, from, primitives)
    }
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

  /** Who may what has changed: whoever is at the door, or within, is judged anew. */
  #onAuthority(): void {
    this.people.namesChanged()
    this.#options.peers.review(this)
    this.#options.onChange({ type: 'authority', room: this })
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
    const folding = this.fold.addLog(stored)
    stored.onGrow(() => this.#announcer.grown(log))
    stored.onFork(() => this.#heads.check(log))
    this.#heads.check(log)
    stored.follow()
    return folding
  }

  #ownerOf(admission: Admission): LogOwner {
    return admit(this.genesis, admission, this.#options.primitives).owner
  }
}
