import type { NoiseStream } from 'hyperdht'
import type Protomux from 'protomux'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { decodeCallNote, type ToldNote } from '../../protocol/call/note.ts'
import {
  type Contradiction,
  decodeContradiction,
  encodeContradiction,
} from '../../protocol/checkpoint/contradiction.ts'
import type { CosignRequest } from '../../protocol/checkpoint/witness.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { IdentityStatement } from '../../protocol/identity/statement.ts'
import type { ForkedHead, ForkProof } from '../../protocol/log/fork.ts'
import {
  channelId,
  checkDeviceProof,
  checkRoomProof,
  deviceProof,
  proveRoom,
  type Role,
} from '../../protocol/replication/handshake.ts'
import { type Admission, admit } from '../../protocol/room/admission.ts'
import type { Standing } from '../../protocol/room/rights.ts'
import type { RoomSecrets } from '../../protocol/room/room-secrets.ts'
import type { Member, RoomCheckpoints } from '../checkpoints/room-checkpoints.ts'
import type { Caller, Entrance } from '../rooms/door.ts'
import type { StoredLog } from '../storage/stored-log.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, type WitnessAnswer } from './checkpoint-messages.ts'
import {
  type AnnouncedLog,
  decodeFork,
  decodeIntroduction,
  decodeLogs,
  decodePresence,
  decodeStanding,
  decodeStatements,
  encodeFork,
  encodeIntroduction,
  encodeLogs,
  encodeNoLogs,
  encodePresence,
  encodeStanding,
  encodeStatements,
  mostMessageBytes,
  type Presence,
} from './messages.ts'

/** A log together with the reason why it is in its room. */
export interface RoomLog {
  readonly admission: Admission
  readonly stored: StoredLog
}

/** What a channel needs of the room it is for. */
export interface ChannelRoom {
  readonly id: Uint8Array
  readonly genesis: Uint8Array
  readonly secrets: RoomSecrets
  /** Of the first log of our device: it says who we are, whichever log we write. */
  readonly ownAdmission: Admission
  /** The same, with what else is known of our devices: the other side may have heard of a revocation that this overrules. */
  readonly introduction: Admission
  readonly logs: ReadonlyMap<string, RoomLog>
  readonly checkpoints: Pick<RoomCheckpoints, 'met' | 'asked' | 'answered' | 'told'>
  readonly port: number
  sign(message: Uint8Array): Uint8Array
  /**
   * Take a log in that somebody has; a signed head shows that its device wanted to be in the room. Throws `room/…` and `log/signature`.
   */
  addLog(admission: Admission, head: ForkedHead | null): Promise<RoomLog>
  /** Take the log in of a device that has introduced itself, if it may come in or wait. Throws `room/…` and `identity/…`. */
  enter(admission: Admission): Promise<Entrance>
  /** What becomes now of a device that was let in before. */
  entranceOf(caller: Caller): Entrance
  /** The other side does not let us in, because of what we are to the room, it says. */
  onTold(standing: Standing): void
  /** The other side does not let us in, and shows what is said of our identity. Nothing of it has been verified. */
  onStatements(statements: readonly IdentityStatement[]): void
  /** Compare what somebody holds of a log with what is here. Throws `log/signature` and `fork/signature`. */
  compareHead(log: RoomLog, head: ForkedHead): Promise<void>
  /** What shows that the device of this log has signed two histories; null if that is not known. */
  forkOf(log: RoomLog): ForkProof | null
  /** Somebody has a proof of a fork. Throws `fork/…` if it is none. */
  takeFork(log: RoomLog, proof: ForkProof): Promise<void>
  /** Somebody has told all heads of one message. */
  onHeads(channel: RoomChannel): void
  onPeer(channel: RoomChannel): void
  onPeerChange(channel: RoomChannel): void
  /** What whoever is at the other end tells of themself in a call. */
  onNote(channel: RoomChannel, note: ToldNote): void
  onPeerGone(channel: RoomChannel): void
}

/** Who is at the other end, proved. */
export interface ChannelPeer extends Caller {
  readonly port: number
}

export const channelProtocol = 'parley/room/1'

const mostWaiting = 256

/**
 * One room on one connection: proofs first, then heads, then blocks.
 *
 * Until the other side has proved that it knows the room, it gets nothing but our own proof, which only who knows the room can tell from
 * random bytes. Then whoever dialled says first who they are: one who was dialled answers members only. Who waits to be let in gives their
 * own log, and gets nothing. Spec: specs/replication.md, specs/authority.md#door.
 */
export class RoomChannel implements Member {
  readonly stream: NoiseStream
  readonly room: ChannelRoom
  /** Who is at the other end, once each side has let the other in. */
  peer: ChannelPeer | null = null
  presence: Presence | null = null
  /** Whether the other end has told how far it holds the logs of the room. */
  hasTold = false
  readonly #mux: Protomux
  readonly #primitives: Primitives
  readonly #onRefused: (error: unknown) => void
  readonly #role: Role
  readonly #replicated = new Set<string>()
  readonly #channel: ReturnType<Protomux['createChannel']>
  #proved = false
  /** Who is let in here, but may be about to refuse us. */
  #introduced: ChannelPeer | null = null
  /** Who has introduced themself, but gets nothing yet. */
  #waits: { readonly peer: ChannelPeer; readonly as: 'waiting' | 'unknown' } | null = null
  #working: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Whether this side has closed. */
  #isOver = false

  constructor(
    { stream, mux }: { readonly stream: NoiseStream; readonly mux: Protomux },
    room: ChannelRoom,
    primitives: Primitives,
    onRefused: (error: unknown) => void,
  ) {
    this.stream = stream
    this.room = room
    this.#mux = mux
    this.#primitives = primitives
    this.#onRefused = onRefused
    this.#role = stream.isInitiator ? 'initiator' : 'responder'
    const handlers = [
      this.#onProof,
      this.#onIntroduction,
      this.#onLogs,
      this.#onPresence,
      this.#onFork,
      this.#onStanding,
      this.#onStatements,
      this.#onNote,
      this.#onRequest,
      this.#onAnswer,
      this.#onContradiction,
    ]
    this.#channel = mux.createChannel({
      protocol: channelProtocol,
      id: channelId(room.secrets, stream.handshakeHash, primitives),
      messages: handlers.map((handle) => ({ onmessage: (message) => this.#inTurn(handle, message) })),
      onclose: () => {
        if (this.peer) room.onPeerGone(this)
        this.peer = null
      },
    })
    this.#channel?.open()
    this.#send(0, proveRoom(room.secrets, stream.handshakeHash, this.#role, primitives))
  }

  get open(): boolean {
    return this.#channel !== null && !this.#channel.closed
  }

  /** Tell the other side of logs, ours and others', and exchange their blocks. Does nothing before it is known. */
  async announce(logs: readonly RoomLog[]): Promise<void> {
    if (this.peer) await this.#announceTo(logs)
  }

  async #announceTo(logs: readonly RoomLog[]): Promise<void> {
    for (const { stored } of logs) this.#replicate(stored)
    const announced = logs.map(async ({ admission, stored }) => {
      const head = await stored.head()
      return { admission, head: head && { fork: 0, ...head } }
    })
    for (const message of encodeLogs(await Promise.all(announced))) this.#send(2, message)
    for (const log of logs) this.tellFork(log)
  }

  /** Show the other side what is known of the fork of a log. */
  tellFork(log: RoomLog): void {
    const proof = this.room.forkOf(log)
    if (this.peer && proof) this.#send(4, encodeFork({ log: log.stored.key, proof }))
  }

  sendPresence(presence: Presence): void {
    if (this.peer) this.#send(3, encodePresence(presence))
  }

  /** Nobody who has not shown who they are learns that there is a call. */
  sendNote(note: Uint8Array): void {
    if (this.peer) this.#send(7, note)
  }

  /** Of the other end, once each side has let the other in. */
  get device(): Uint8Array | null {
    return this.peer && fromHex(this.peer.device)
  }

  ask(request: CosignRequest): void {
    if (this.peer) this.#send(8, encodeRequest(request, this.#primitives))
  }

  answer(answer: WitnessAnswer): void {
    if (this.peer) this.#send(9, encodeAnswer(answer))
  }

  tell(contradiction: Contradiction): void {
    if (this.peer) this.#send(10, encodeContradiction(contradiction, this.#primitives))
  }

  close(): void {
    this.#isOver = true
    this.#channel?.close()
  }

  #send(type: number, message: Uint8Array): void {
    if (this.open) this.#channel!.messages[type]!.send(message)
  }

  /** One message after the other; whoever breaks a rule, or sends faster than can be checked, loses the channel. */
  #inTurn(handle: (message: Uint8Array) => void | Promise<void>, message: Uint8Array): void {
    this.#waiting++
    if (message.length > mostMessageBytes || this.#waiting > mostWaiting) {
      this.#refuse(new ProtocolError('encoding/too-large', 'messages of a channel'))
      return
    }
    this.#working = this.#working
      // What arrived before the other side closed still counts: it may say why.
      .then(() => (this.#isOver ? undefined : handle(message)))
      .catch((error) => this.#refuse(error))
      .finally(() => this.#waiting--)
  }

  #refuse(error: unknown): void {
    this.#onRefused(error)
    this.close()
  }

  readonly #onProof = (proof: Uint8Array): void => {
    checkRoomProof(this.room.secrets, this.stream.handshakeHash, this.#theirRole, proof, this.#primitives)
    this.#proved = true
    if (this.#role === 'initiator') this.#introduce()
  }

  readonly #onIntroduction = async (message: Uint8Array): Promise<void> => {
    if (!this.#proved || this.#introduced || this.#waits) throw new ProtocolError('handshake/proof')
    const { admission, signature, port } = decodeIntroduction(message)
    const { owner } = admit(this.room.genesis, admission, this.#primitives)
    const { device } = owner
    checkDeviceProof(this.room.id, this.stream.handshakeHash, this.#theirRole, { device, signature }, this.#primitives)
    const entrance = await this.room.enter(admission)
    if (!this.open) return
    const invite = admission.invite && toHex(admission.invite)
    const { identity: statements } = admission
    const peer = { identity: toHex(owner.identity), device: toHex(device), statements, invite, port }
    if (entrance.type === 'in') await this.#welcome(peer)
    else this.#keepOut(peer, entrance)
  }

  /** Who may do what has changed: let in who waits, and show who may not stay the door. */
  async review(): Promise<void> {
    const known = this.peer ?? this.#introduced ?? this.#waits?.peer
    if (!known || !this.open) return
    const entrance = this.room.entranceOf(known)
    if (entrance.type === 'in' && this.#waits) await this.#welcome(known)
    else if (entrance.type !== 'in' && entrance.type !== this.#waits?.as) this.#keepOut(known, entrance)
  }

  /** Who was dialled introduces themself only to whom they have let in; whoever dialled shows it by what they send next. */
  async #welcome(peer: ChannelPeer): Promise<void> {
    this.#waits = null
    this.#introduced = peer
    if (this.#role === 'responder') this.#introduce()
    else await this.#meet()
  }

  #keepOut(peer: ChannelPeer, entrance: Exclude<Entrance, { type: 'in' }>): void {
    const wasIn = this.#introduced !== null
    if (entrance.type === 'waiting' && !wasIn) {
      this.#waits = { peer, as: 'waiting' }
      this.#send(5, encodeStanding('waiting'))
    } else if (entrance.type === 'unknown' && !wasIn && this.#role === 'initiator') {
      // Who has let us in will show, when it hears from us, whose invite theirs is.
      this.#waits = { peer, as: 'unknown' }
      this.#send(2, encodeNoLogs())
    } else {
      const wasMet = this.peer !== null
      this.#refuse(this.#sayWhy(entrance))
      // Logs are exchanged beside this channel, and would go on. Rooms that both are in come back with the next connection.
      if (wasMet) this.stream.destroy()
    }
  }

  /** Tell the other side why it does not come in; answers the same for the log file. */
  #sayWhy(entrance: Exclude<Entrance, { type: 'in' }>): ProtocolError {
    if (entrance.type === 'revoked') {
      this.#send(6, encodeStatements(entrance.statements))
      return new ProtocolError('identity/device-unknown', 'it was revoked')
    }
    const isRefused = entrance.type === 'refused'
    this.#send(5, encodeStanding(isRefused ? entrance.standing : 'none'))
    return new ProtocolError('room/not-admitted', isRefused ? entrance.reason : 'the invite is not known')
  }

  readonly #onStanding = async (message: Uint8Array): Promise<void> => {
    if (!this.#proved) throw new ProtocolError('handshake/proof')
    const standing = decodeStanding(message)
    this.room.onTold(standing)
    const own = [...this.room.logs.values()].filter(({ admission }) => admission === this.room.ownAdmission)
    if (standing === 'waiting') await this.#announceTo(own)
  }

  readonly #onStatements = (message: Uint8Array): void => {
    if (!this.#proved) throw new ProtocolError('handshake/proof')
    this.room.onStatements(decodeStatements(message))
  }

  readonly #onLogs = async (message: Uint8Array): Promise<void> => {
    const waiting = this.#waits
    if (!waiting) await this.#meet()
    for (const announced of decodeLogs(message)) {
      try {
        const isTheirs = toHex(announced.admission.device) === waiting?.peer.device
        if (waiting?.as !== 'waiting' || isTheirs) await this.#take(announced)
      } catch (error) {
        // What another author has done wrong must not part those who only pass it on.
        if (!(error instanceof ProtocolError)) throw error
        this.#onRefused(error)
      }
    }
    this.hasTold = true
    this.room.onHeads(this)
  }

  async #take({ admission, head }: AnnouncedLog): Promise<void> {
    const log = await this.room.addLog(admission, head)
    this.#replicate(log.stored)
    if (head) await this.room.compareHead(log, head)
  }

  readonly #onPresence = async (message: Uint8Array): Promise<void> => {
    await this.#meet()
    this.presence = decodePresence(message)
    this.room.onPeerChange(this)
  }

  readonly #onNote = async (message: Uint8Array): Promise<void> => {
    const note = decodeCallNote(message)
    await this.#meet()
    this.room.onNote(this, note)
  }

  readonly #onRequest = async (message: Uint8Array): Promise<void> => {
    const request = decodeRequest(message, this.#primitives)
    await this.#meet()
    this.room.checkpoints.asked(this, request)
  }

  readonly #onAnswer = async (message: Uint8Array): Promise<void> => {
    const answer = decodeAnswer(message)
    await this.#meet()
    this.room.checkpoints.answered(this, answer)
  }

  readonly #onContradiction = async (message: Uint8Array): Promise<void> => {
    const contradiction = decodeContradiction(message, this.#primitives)
    await this.#meet()
    this.room.checkpoints.told(contradiction)
  }

  readonly #onFork = async (message: Uint8Array): Promise<void> => {
    await this.#meet()
    const { log: key, proof } = decodeFork(message)
    // A log that was not let in here is nobody's.
    const log = this.room.logs.get(toHex(key))
    if (!log) return
    try {
      await this.room.takeFork(log, proof)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#onRefused(error)
    }
  }

  get #theirRole(): Role {
    return this.#role === 'initiator' ? 'responder' : 'initiator'
  }

  /** Both sides have let each other in: from here on logs flow. Throws `handshake/device` before that. */
  async #meet(): Promise<void> {
    if (this.peer || !this.open) return
    if (!this.#introduced) throw new ProtocolError('handshake/device')
    this.peer = this.#introduced
    this.room.onPeer(this)
    this.room.checkpoints.met(this)
    await this.announce([...this.room.logs.values()])
  }

  #introduce(): void {
    const { id, introduction, port } = this.room
    const signature = this.room.sign(deviceProof(id, this.stream.handshakeHash, this.#role))
    this.#send(1, encodeIntroduction({ admission: introduction, signature, port }))
  }

  #replicate(stored: StoredLog): void {
    const key = toHex(stored.key)
    if (this.#replicated.has(key)) return
    this.#replicated.add(key)
    stored.replicate(this.#mux)
  }
}
