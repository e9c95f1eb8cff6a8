import type { Logger } from 'pino'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import {
  type Cosignature,
  cosignable,
  type Origin,
  signCheckpoint,
  withCosignature,
} from '../../protocol/checkpoint/checkpoint.ts'
import { type Contradiction, verifyContradiction } from '../../protocol/checkpoint/contradiction.ts'
import { headLeaf, type LoggedHead } from '../../protocol/checkpoint/logged-head.ts'
import { type CosignRequest, cosign } from '../../protocol/checkpoint/witness.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import type { ShownCheckpoint } from '../../protocol/verification/shown-checkpoint.ts'
import type { WitnessAnswer } from '../replication/checkpoint-messages.ts'
import type { CheckpointStore, OwnCheckpoint } from '../storage/checkpoint-store.ts'
import { type ShownFile, shownCheckpoints } from './shown-checkpoints.ts'

/** A member's device at the other end of a connection. */
export interface Member {
  /** Null before they have been let in. */
  readonly device: Uint8Array | null
  ask(request: CosignRequest): void
  answer(answer: WitnessAnswer): void
  tell(contradiction: Contradiction): void
}

interface CheckpointsOptions {
  readonly room: Uint8Array
  readonly device: Uint8Array
  readonly deviceSeed: Uint8Array
  readonly store: CheckpointStore
  readonly primitives: Primitives
  readonly log: Logger
  /** Unix ms. */
  now(): number
  /** Of the own log; null as long as it may still become another one. */
  generation(): number | null
  /** The newest signed head of each log of the room. */
  heads(): Promise<readonly LoggedHead[]>
  /** Who is connected now. */
  members(): readonly Member[]
  onChange(): void
}

interface OwnTree {
  readonly origin: Origin
  readonly tree: MerkleTree
  /** How long each log was when it was logged last, by its key in hex. */
  readonly lengths: Map<string, number>
}

/** From the first entry that no checkpoint covers to the next checkpoint. */
const everyMs = 600_000
const patienceMs = 3_000

/**
 * Logs the heads of a room in this device's tree, signs checkpoints of it, and has them witnessed by whoever is connected; witnesses theirs.
 *
 * Spec: specs/checkpoint.md.
 */
export class RoomCheckpoints {
  readonly #options: CheckpointsOptions
  #due: NodeJS.Timeout | null = null
  #own: OwnTree | null = null
  #making: Promise<void> = Promise.resolve()
  #wake: (() => void) | null = null
  /** Whom we have told from which size the newest tree grew, because they had signed another than we knew: once for each. */
  #reminded = new WeakMap<Member, number>()
  #isClosed = false

  constructor(options: CheckpointsOptions) {
    this.#options = options
  }

  /** A log has grown: a checkpoint is due before long. */
  grown(): void {
    this.#due ??= setTimeout(() => {
      this.#due = null
      this.make().catch((error) => this.#options.log.warn({ err: error }, 'no checkpoint could be made'))
    }, everyMs).unref()
  }

  /** The newest checkpoint of the own tree, with what witnesses have said of it so far. */
  get newest(): OwnCheckpoint | null {
    const origin = this.#origin
    return origin && this.#options.store.own(origin)
  }

  /** Devices that are known to have signed two histories of a tree. */
  get contradictions(): readonly Contradiction[] {
    return this.#options.store.contradictions(this.#options.room)
  }

  /** Log what is new, and sign it if there is something; resolves when all who are connected have been asked. */
  make(): Promise<void> {
    const made = this.#making.then(() => this.#make())
    this.#making = made.catch(() => undefined)
    return made
  }

  /** Before something is exported: what is here is logged, and witnessed by those who are connected, if that can be done at all. */
  async renew(): Promise<void> {
    try {
      await this.make()
    } catch (error) {
      this.#options.log.warn({ err: error }, 'no checkpoint could be made')
    }
    await this.witnessed()
  }

  /** Resolves when everybody who is connected has witnessed the newest checkpoint, or after a few seconds. */
  async witnessed(): Promise<void> {
    const end = performance.now() + patienceMs
    while (!this.#isClosed && performance.now() < end && this.#isAwaited()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - performance.now())
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** The newest checkpoint, and one before it that more have witnessed, as a file can show them. */
  shown(file: ShownFile): ShownCheckpoint[] {
    const { store, primitives } = this.#options
    const newest = this.newest?.signed
    if (!newest) return []
    const origin = newest.checkpoint
    const mostWitnessed = store.mostWitnessed(origin) ?? newest
    const shown = { tree: this.#loaded(origin).tree, leaves: store.heads(origin), newest, mostWitnessed }
    return shownCheckpoints(shown, file, primitives)
  }

  /** Somebody has come: show them what is signed, and what was found out. */
  met(member: Member): void {
    for (const contradiction of this.contradictions) member.tell(contradiction)
    this.#ask(member)
  }

  /** Somebody asks for our word. Nobody is asked by others than the device itself. */
  asked(member: Member, request: CosignRequest): void {
    const { store, room, device, deviceSeed, primitives, now } = this.#options
    const { checkpoint } = request.signed
    if (!member.device || !equalBytes(checkpoint.device, member.device)) return
    const last = store.witnessed(checkpoint)
    const witness = { room, device, deviceSeed }
    const outcome = cosign(last, request, witness, Math.floor(now() / 1_000), primitives)
    if (outcome.type === 'cosigned') {
      store.keepWitnessed(outcome.last)
      const { time, signature } = outcome.cosignature
      member.answer({ generation: checkpoint.generation, size: checkpoint.size, word: { time, signature } })
    } else if (outcome.contradiction) this.#found(outcome.contradiction)
    else if (last) member.answer({ generation: checkpoint.generation, size: last.checkpoint.size, word: null })
  }

  /** A witness has answered. */
  answered(member: Member, { generation, size, word }: WitnessAnswer): void {
    const newest = this.newest
    const checkpoint = newest?.signed.checkpoint
    if (!newest || !checkpoint || !member.device || checkpoint.generation !== generation) return
    if (!word) this.#remind(member, checkpoint.size, size)
    else if (checkpoint.size === size) this.#witnessed(newest, { device: member.device, ...word })
  }

  /** Somebody shows that a device has signed two histories. Throws `checkpoint/…` and `merkle/…` if that is not so. */
  told(contradiction: Contradiction): void {
    const { room, primitives } = this.#options
    verifyContradiction(contradiction, primitives)
    if (equalBytes(contradiction.smaller.checkpoint.room, room)) this.#found(contradiction)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    if (this.#due) clearTimeout(this.#due)
    await this.#making
  }

  get #origin(): Origin | null {
    const { room, device } = this.#options
    const generation = this.#options.generation()
    return generation === null ? null : { room, device, generation }
  }

  async #make(): Promise<void> {
    const { heads, store, deviceSeed, primitives, now, members, onChange } = this.#options
    const known = await heads()
    const wanted = this.#origin
    if (this.#isClosed || !wanted) return
    const { origin, tree, lengths } = this.#loaded(wanted)
    const added = known.filter(({ log, length }) => length > (lengths.get(toHex(log)) ?? 0))
    if (added.length > 0) {
      this.#own = null
      for (const head of added) tree.append(headLeaf(head, primitives))
      const signed = signCheckpoint({ ...origin, ...tree.at() }, deviceSeed, primitives)
      store.keepOwn({ signed, time: now() }, added)
      for (const { log, length } of added) lengths.set(toHex(log), length)
      this.#own = { origin, tree, lengths }
      onChange()
    }
    for (const member of members()) this.#ask(member)
  }

  /** The own tree, from the store if it is not in memory: after a failure to store it, too. */
  #loaded(origin: Origin): OwnTree {
    if (this.#own?.origin.generation === origin.generation) return this.#own
    const tree = new MerkleTree(this.#options.primitives)
    const lengths = new Map<string, number>()
    for (const head of this.#options.store.heads(origin)) {
      tree.append(headLeaf(head, this.#options.primitives))
      lengths.set(toHex(head.log), head.length)
    }
    this.#own = { origin, tree, lengths }
    return this.#own
  }

  /** Ask a member for their word on the newest checkpoint, from the size that they have signed last. */
  #ask(member: Member, from?: number): void {
    const signed = this.newest?.signed
    const witness = member.device
    if (!signed || !witness || signed.cosignatures.some(({ device }) => equalBytes(device, witness))) return
    const { size } = signed.checkpoint
    const last = from ?? this.#options.store.cosignedBy(signed.checkpoint, witness)
    // More than there is: what this device had signed is lost here, and it will go on in a later log.
    if (last > size) return
    member.ask({ signed, nodes: this.#loaded(signed.checkpoint).tree.consistency(last, size) })
  }

  #remind(member: Member, size: number, from: number): void {
    if (this.#reminded.get(member) === size) return
    this.#reminded.set(member, size)
    this.#ask(member, from)
  }

  #isAwaited(): boolean {
    const words = this.newest?.signed.cosignatures ?? null
    const isMissing = ({ device: of }: Member) => of !== null && !words?.some(({ device }) => equalBytes(device, of))
    return words !== null && this.#options.members().some(isMissing)
  }

  #witnessed({ signed, time }: OwnCheckpoint, cosignature: Cosignature): void {
    const { store, primitives, onChange } = this.#options
    const text = cosignable(signed.checkpoint, cosignature.time)
    if (!primitives.verify(cosignature.signature, text, cosignature.device)) return
    store.keepCosigned({ signed: withCosignature(signed, cosignature), time }, cosignature)
    this.#wake?.()
    onChange()
  }

  #found(contradiction: Contradiction): void {
    const { store, members, onChange, log, room } = this.#options
    if (!store.keepContradiction(contradiction)) return
    const device = toHex(contradiction.smaller.checkpoint.device)
    log.warn({ room: toHex(room), device }, 'a device has signed two checkpoints that contradict each other')
    for (const member of members()) member.tell(contradiction)
    onChange()
  }
}
