import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { ToldNote } from '../../protocol/call/note.ts'
import type { LoggedHead } from '../../protocol/checkpoint/logged-head.ts'
import type { RoomKeys } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { IdentityStatement } from '../../protocol/identity/statement.ts'
import type { Suite } from '../../protocol/log/entry.ts'
import type { ForkedHead, ForkProof } from '../../protocol/log/fork.ts'
import { type LogOwner, logKey, verifyHead } from '../../protocol/log/hypercore.ts'
import { type Admission, admit, followedLog } from '../../protocol/room/admission.ts'
import type { RoomEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, type Genesis, roomId } from '../../protocol/room/genesis.ts'
import type { ActEvent, OperationEvent } from '../../protocol/room/operation-event.ts'
import { isOwnEvent, type OwnEvent } from '../../protocol/room/own-room.ts'
import type { Standing } from '../../protocol/room/rights.ts'
import { type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { RoomCheckpoints } from '../checkpoints/room-checkpoints.ts'
import { Epochs } from '../epochs/epochs.ts'
import type { FoldingLog } from '../projection/folding-log.ts'
import { RoomFold } from '../projection/room-fold.ts'
import { RoomWriter } from '../projection/room-writer.ts'
import type { TimelineSource } from '../projection/timeline.ts'
import type { ChannelRoom, RoomChannel, RoomLog } from '../replication/room-channel.ts'
import type { WaitingMessage } from '../storage/key-vault.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { type Caller, Door, type Entrance } from './door.ts'
import { findAdmissions } from './find-admissions.ts'
import { HeadWatch } from './head-watch.ts'
import { KeyUpkeep, type OwnPen } from './key-upkeep.ts'
import { LogAnnouncer } from './log-announcer.ts'
import { isWritten } from './outbox.ts'
import { type EntryPlace, mostGenerations, nextAdmission, OwnLog } from './own-log.ts'
import { admissionOf, introducing, isRevoked } from './person.ts'
import type { RoomOptions } from './room-options.ts'
import { RoomPeople } from './room-people.ts'

const mostLogs = 1_000

/** One room of this node: its logs, what they fold to, and our own pen. */
export class Room implements ChannelRoom {
  readonly id: Uint8Array
  readonly key: string
  readonly genesis: Uint8Array
  readonly beginning: Genesis
  readonly secret: Uint8Array
  readonly inviteSeed: Uint8Array | null
  readonly secrets: RoomSecrets
  readonly epochs: Epochs
  readonly ownAdmission: Admission
  readonly device: Uint8Array
  readonly logs = new Map<string, RoomLog>()
  readonly port: number
  readonly fold: RoomFold
  readonly checkpoints: RoomCheckpoints
  readonly people: RoomPeople
  readonly #options: RoomOptions
  readonly #heads: HeadWatch
  readonly #announcer: LogAnnouncer
  readonly #door: Door
  readonly #upkeep: KeyUpkeep
  #own: OwnLog | null = null
  #adding: Promise<unknown> = Promise.resolve()
  #told: Standing | null = null

  private constructor(options: RoomOptions) {
    const { genesis, person, primitives } = options
    this.#options = options
    this.genesis = genesis
    this.beginning = decodeGenesis(genesis)
    this.secret = options.secret
    this.inviteSeed = options.inviteSeed
    this.id = roomId(genesis, primitives)
    this.key = toHex(this.id)
    this.secrets = roomSecrets(options.secret, primitives)
    this.port = options.port
    this.device = person.device
    this.ownAdmission = admissionOf(person, this, primitives)
    const { keyStore, now, log } = options
    const { beginning, secrets, device } = this
    this.epochs = new Epochs({ room: this.id, beginning, secrets, device, store: keyStore, primitives, now, log })
    this.fold = new RoomFold(this, options.view, primitives, {
      onEntries: (entries) => {
        this.people.changed()
        options.onChange({ type: 'entries', room: this, entries })
      },
      onAuthority: () => this.#onAuthority(),
      onTrouble: (error) => options.onChange({ type: 'trouble', room: this, error }),
      onRecovered: () => options.onChange({ type: 'recovered', room: this }),
      onReopened: () => options.onChange({ type: 'reopened', room: this }),
      onSettled: () => {
        this.people.changed()
        this.#upkeep.changed()
        options.onChange({ type: 'changed', room: this })
      },
    })
    const { view, contacts } = options
    const isOver = () => isRevoked(person)
    this.people = new RoomPeople({ fold: this.fold, view, contacts, self: person.identity, isRevoked: isOver })
    this.#door = new Door({
      authority: this.fold.authority,
      beginning: this.beginning,
      self: person.identity,
      log: options.log.child({ room: this.key }),
      now: options.now,
    })
    const { fold, people, epochs } = this
    const own: OwnPen = { key: () => this.ownLog, append: (make) => this.#own!.append(make) }
    this.#upkeep = new KeyUpkeep({ epochs, fold, people, person, own, log, now })
    this.#heads = new HeadWatch({
      forks: options.forks,
      fold: this.fold,
      primitives,
      onFork: (log) => this.#onFork(log),
    })
    this.checkpoints = new RoomCheckpoints({
      room: this.id,
      device,
      deviceSeed: person.deviceSeed,
      store: options.checkpoints,
      primitives,
      log,
      now,
      generation: () => (this.#own?.isSettled ? this.#own.generation : null),
      heads: () => this.#signedHeads(),
      members: () => this.channels(),
      onChange: () => options.onChange({ type: 'changed', room: this }),
    })
    this.#announcer = new LogAnnouncer({ heads: this.#heads, log: options.log, channels: () => this.channels() })
  }

  /** What its entries are opened with. */
  get keys(): RoomKeys {
    return this.epochs.keyring
  }

  get suite(): Suite {
    return this.beginning.suite
  }

  /** Open a room and fold what is on disk of it. `first` is the entry that a new own log begins with. */
  static async open(options: RoomOptions, first: (admission: Admission) => RoomEvent): Promise<Room> {
    const room = new Room(options)
    try {
      await room.#openLogs()
      await room.#own!.open(first(room.ownAdmission))
      room.tend()
      return room
    } catch (error) {
      await room.close()
      throw error
    }
  }

  get introduction(): Admission {
    return { ...this.ownAdmission, identity: introducing(this.#options.person) }
  }

  /** What the owner called it; what the link called it, as long as the owner's log has not arrived. */
  get name(): string {
    return this.#created()?.text ?? this.#options.label
  }

  /** When the owner made it, by their clock. */
  get created(): number | null {
    return this.#created()?.stamp ?? null
  }

  /** The log that we write: the first one of this device, or the one that it had to go on in. */
  get ownLog(): Uint8Array {
    return this.#own!.key
  }

  /** What we have asked to say, and is in no log yet. */
  get waiting(): readonly WaitingMessage[] {
    return this.#own!.waiting
  }

  /** Whether somebody has shown a signed head of any log that is ahead of what is folded here. */
  get isBehind(): boolean {
    return [...this.logs].some(([key, log]) => this.#heads.lengthTold(log) > this.fold.logs.get(key)!.length)
  }

  /** Logs whose device has signed two histories, by key in hex, and after how many entries what is shown of them ends. */
  forks(): Map<string, number> {
    const forked = [...this.logs].filter(([, log]) => this.#heads.isForked(log))
    return new Map(forked.map(([key]) => [key, this.fold.logs.get(key)!.frozenAt]))
  }

  async #openLogs(): Promise<void> {
    const { person, store, roomLogs, primitives, kept } = this.#options
    const first = { admission: this.ownAdmission, stored: await this.#openOwn(this.ownAdmission) }
    const generation = kept.content.own?.generation ?? 0
    let current: RoomLog = first
    if (generation !== 0) {
      const admission = nextAdmission(person, this.id, generation, primitives)
      this.#take(first)
      current = { admission, stored: await this.#openOwn(admission) }
    }
    this.#own = this.#openOwnLog(current)
    const others = roomLogs.of(this.key) ?? (await findAdmissions(this, store, primitives))
    if (!roomLogs.of(this.key)) await roomLogs.set(this.key, others)
    for (const admission of others) {
      const { owner, key } = admit(this.genesis, admission, primitives)
      if (!this.logs.has(toHex(key))) this.#take({ admission, stored: await store.openLog(owner) })
    }
    await this.fold.pump()
    this.fold.beginLive()
  }

  #openOwn(admission: Admission): Promise<StoredLog> {
    const { store, person, primitives } = this.#options
    return store.openOwnLog(admit(this.genesis, admission, primitives).owner, person.deviceSeed)
  }

  #openOwnLog(log: RoomLog): OwnLog {
    const { kept, person, store, space, primitives, log: logger, now } = this.#options
    const options = {
      kept,
      person,
      room: this.id,
      store,
      heads: this.#heads,
      primitives,
      log: logger,
      now,
      ownName: () => this.#options.ownName(),
      channels: () => this.channels(),
      generation: () => Math.max(...this.#ownersOf(person.device).map(({ generation }) => generation)),
      count: () => this.#ownersOf(person.device).length,
      take: (taken: RoomLog) =>
        new RoomWriter({
          room: this,
          fold: this.fold,
          epochs: this.epochs,
          own: this.#take(taken),
          store,
          space,
          primitives,
          now,
        }),
      begun: async (begun: RoomLog) => {
        await this.#remember(begun.admission)
        this.#announcer.added(begun)
      },
      isWritten: (message: WaitingMessage) => isWritten(message, this.fold, this.#options.view),
      onChange: () => this.#options.onChange({ type: 'changed', room: this }),
    }
    return new OwnLog(options, log)
  }

  /** Do what is due from time to time: destroy keys that have had their time, and announce by what others seal to us. */
  tend(): void {
    this.#upkeep.tend()
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#options.primitives.sign(message, this.#options.person.deviceSeed)
  }

  /** Write into the own log; resolves once it is safe on disk. Throws the problem `may-not-write`. */
  async append(event: RoomEvent | OwnEvent): Promise<EntryPlace> {
    if (!isOwnEvent(event)) this.people.requireWriting(event.type)
    return this.#own!.append(event)
  }

  /** Say something: as long as the own log cannot be gone on with, it waits, and is safe meanwhile. Throws the problem `may-not-write`. */
  async say(text: string): Promise<EntryPlace> {
    this.people.requireWriting('message-sent')
    return this.#own!.say(text)
  }

  /** Write what matters now only, such as a step of a call: the same, but not yet safe from a power cut. */
  async write(event: RoomEvent): Promise<EntryPlace> {
    this.people.requireWriting(event.type)
    return this.#own!.write(event)
  }

  /** Begin another epoch if one is due, with nothing to say. Throws the problem `may-not-write`. */
  async renewEpoch(): Promise<void> {
    this.people.requireWriting('call-joined')
    await this.#own!.renewEpoch()
  }

  /** Do something that changes who may what. Throws the problem `not-allowed`. */
  async act(event: ActEvent): Promise<EntryPlace> {
    const operation = { ...event, heads: [] } as OperationEvent
    this.people.requireAct(operation)
    return this.append(operation)
  }

  addLog(admission: Admission, head: ForkedHead | null): Promise<RoomLog> {
    return this.#inTurn(() => this.#addLog(admission, head))
  }

  async enter(admission: Admission): Promise<Entrance> {
    const { identity, device } = admit(this.genesis, admission, this.#options.primitives).owner
    const invite = admission.invite && toHex(admission.invite)
    const caller = { identity: toHex(identity), device: toHex(device), statements: admission.identity, invite }
    const entrance = this.#door.open(caller)
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

  onStatements(statements: readonly IdentityStatement[]): void {
    this.#options.onChange({ type: 'statements', room: this, statements })
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

  compareHead(log: RoomLog, head: ForkedHead): Promise<void> {
    return this.#heads.compare(log, head)
  }

  forkOf({ stored }: RoomLog): ForkProof | null {
    return this.#options.forks.of(toHex(stored.key))?.proof ?? null
  }

  takeFork(log: RoomLog, proof: ForkProof): Promise<void> {
    return this.#heads.take(log, proof)
  }

  onHeads(): void {
    this.#own?.changed()
    this.#options.onChange({ type: 'changed', room: this })
  }

  onPeer(channel: RoomChannel): void {
    this.#told = null
    this.#options.onChange({ type: 'peer', room: this, channel, gone: false })
  }

  onPeerChange(channel: RoomChannel): void {
    this.#options.onChange({ type: 'presence', room: this, channel })
  }

  onNote(channel: RoomChannel, told: ToldNote): void {
    this.#options.onChange({ type: 'note', room: this, channel, told })
  }

  onPeerGone(channel: RoomChannel): void {
    this.#own?.changed()
    this.#options.onChange({ type: 'peer', room: this, channel, gone: true })
  }

  /** Connected nodes of this room. */
  channels(): RoomChannel[] {
    return this.#options.peers.channelsOf(this.key)
  }

  /** What the timeline is drawn from. */
  timeline(): TimelineSource {
    return this.people.timeline()
  }

  async close(): Promise<void> {
    this.#announcer.close()
    this.#options.peers.removeRoom(this)
    await this.checkpoints.close()
    await this.#adding.catch(() => {})
    await this.#upkeep.close()
    await this.#own?.close()
    await this.fold.close()
    for (const { stored } of this.logs.values()) await stored.close()
  }

  async #addLog(admission: Admission, from: 'author' | ForkedHead | null): Promise<RoomLog> {
    const { primitives, store, peers } = this.#options
    const { key, owner, follows } = admit(this.genesis, admission, primitives)
    const known = this.logs.get(toHex(key))
    if (known) return known
    if (this.#options.isOwn && !equalBytes(owner.identity, this.#options.person.identity))
      throw new ProtocolError('room/not-admitted', 'a room of one person')
    if (follows && !this.logs.has(toHex(follows)))
      throw new ProtocolError('room/not-admitted', 'the first log of its device is not known')
    if (this.logs.size >= mostLogs || this.#ownersOf(owner.device).length >= mostGenerations)
      throw new ProtocolError('room/not-admitted', 'there are too many logs already')
    // Whoever has the link can admit any device; only its own signature shows that it wanted to be.
    if (from !== 'author' || owner.generation !== 0) {
      if (from === 'author' || !from) throw new ProtocolError('room/not-admitted', 'its device has signed nothing')
      verifyHead(key, owner.device, from, primitives)
    }
    await this.#remember(admission)
    const log = { admission, stored: await store.openLog(owner) }
    this.#take(log)
    this.#announcer.added(log)
    // Its author may have been refused on a connection that is still open.
    if (from !== 'author') peers.retry(this)
    void this.fold.pump()
    return log
  }

  /** The newest signed head of every log of which nobody has signed two histories. */
  async #signedHeads(): Promise<LoggedHead[]> {
    const logs = [...this.logs.values()].filter((log) => !this.#heads.isForked(log))
    const heads = logs.map(async ({ stored }) => ({ log: stored.key, head: await stored.head() }))
    return (await Promise.all(heads)).flatMap(({ log, head }) => (head ? [{ log, fork: 0, ...head }] : []))
  }

  /** Which logs of the room are on disk. The first one of this device follows from who we are. */
  #remember(admission: Admission): Promise<void> {
    const known = [...this.logs.values()].map((log) => log.admission)
    const others = known.filter((each) => each !== this.ownAdmission && each !== admission)
    return this.#options.roomLogs.set(this.key, [...others, admission])
  }

  #ownersOf(device: Uint8Array): LogOwner[] {
    const owners = [...this.logs.values()].map(({ stored }) => stored.owner)
    return owners.filter((owner) => equalBytes(owner.device, device))
  }

  /** Who may what has changed: whoever is at the door, or within, is judged anew. */
  #onAuthority(): void {
    this.people.changed()
    this.#options.peers.review(this)
    this.#options.onChange({ type: 'authority', room: this })
  }

  #onFork(log: RoomLog): void {
    this.#options.log.warn(
      { room: this.key, log: toHex(log.stored.key) },
      'the device of a log has signed two histories',
    )
    for (const channel of this.channels()) channel.tellFork(log)
    this.#own?.changed()
    this.#options.onChange({ type: 'changed', room: this })
  }

  /** What we had written comes back from others: it may be all that the own log waits for. */
  async #ownGrown(log: RoomLog): Promise<void> {
    await this.#heads
      .grown(log)
      .catch((error) => this.#options.log.warn({ err: error }, 'a head could not be compared'))
    this.#own?.changed()
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
    stored.onGrow(() => {
      this.#announcer.grown(log)
      this.checkpoints.grown()
      if (folding.isOwn) void this.#ownGrown(log)
    })
    stored.onFork((theirs) => {
      this.#heads.conflict(log, theirs).catch((error) => this.#options.log.warn({ err: error }, 'a fork is not proved'))
    })
    this.#heads.check(log)
    stored.follow()
    return folding
  }

  #follows({ owner }: StoredLog): Uint8Array | null {
    return followedLog(this.beginning, owner, this.#options.primitives)
  }
}
