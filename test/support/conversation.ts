import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { cosignable, encodeCheckpoint, signCheckpoint, withCosignature } from '../../protocol/checkpoint/checkpoint.ts'
import { headLeaf, type LoggedHead } from '../../protocol/checkpoint/logged-head.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { createIdentity, foldIdentity } from '../../protocol/identity/identity.ts'
import type { IdentityStatement } from '../../protocol/identity/statement.ts'
import {
  type Citation,
  type EntryClass,
  type EntryHeader,
  type EntryKeys,
  entryKeys,
  sealEntry,
} from '../../protocol/log/entry.ts'
import { headSignable, type LogOwner, LogTree, logKey } from '../../protocol/log/hypercore.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import { type Admission, signAdmission, signNextLog } from '../../protocol/room/admission.ts'
import { classOf, encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { encodeGenesis, type Genesis, roomId } from '../../protocol/room/genesis.ts'
import { classKey, type RoomSecrets, roomSecrets } from '../../protocol/room/room-secrets.ts'
import type { Bundle, BundledLog } from '../../protocol/verification/bundle.ts'
import type { Excerpt, ExcerptedLog } from '../../protocol/verification/excerpt.ts'
import type { ShownCheckpoint } from '../../protocol/verification/shown-checkpoint.ts'
import { slowPath, slowRoots } from './slow-tree.ts'

const primitives: Primitives = sodiumPrimitives

/** 32 bytes that are the same in every run. */
export const seedOf = (name: string): Uint8Array => primitives.sha256(Buffer.from(name))

/** Someone with one device. */
export interface Person {
  readonly name: string
  readonly deviceSeed: Uint8Array
  readonly device: Uint8Array
  readonly statements: readonly IdentityStatement[]
  readonly identity: Uint8Array
}

export function makePerson(name: string, nature: string = name): Person {
  const [recovery, nextRecovery, deviceSeed] = ['recovery', 'next', 'device'].map((each) => seedOf(`${nature} ${each}`))
  const seeds = { recovery: recovery!, nextRecovery: nextRecovery!, device: deviceSeed! }
  const statements = createIdentity(seeds, primitives)
  return {
    name,
    deviceSeed: deviceSeed!,
    device: primitives.publicKey(deviceSeed!),
    statements,
    identity: foldIdentity(statements, primitives).id,
  }
}

/** A room and all its secrets, as its owner makes it. */
export class Conversation {
  readonly owner: Person
  readonly inviteSeed: Uint8Array
  readonly genesis: Uint8Array
  readonly room: Uint8Array
  readonly secret: Uint8Array
  readonly secrets: RoomSecrets
  readonly writers: Writer[] = []

  constructor(owner: Person, nature = 'room', kind: Pick<Genesis, 'suite' | 'history'> = { suite: 0, history: 'all' }) {
    this.owner = owner
    this.inviteSeed = seedOf(`${nature} invite`)
    this.genesis = encodeGenesis({
      owner: { identity: owner.identity, device: owner.device },
      ...kind,
      admission: 'open-link',
      invite: { key: primitives.publicKey(this.inviteSeed), expires: null },
      nonce: seedOf(`${nature} nonce`),
    })
    this.room = roomId(this.genesis, primitives)
    this.secret = seedOf(`${nature} secret`)
    this.secrets = roomSecrets(this.secret, primitives)
  }

  /** Begin a log of this person. It has no entry yet. */
  writer(person: Person, generation = 0): Writer {
    const writer = new Writer(this, person, generation)
    this.writers.push(writer)
    return writer
  }

  bundle(exporter: Person, time = 1_700_000_100_000): Bundle {
    const logs = this.writers
      .filter(({ length }) => length > 0)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((writer) => writer.bundled())
    return { genesis: this.genesis, logs, exporter: { device: exporter.device, time }, forks: [], checkpoints: [] }
  }

  /** What somebody's device has logged, the first and the last head of each log, signed by it and by others, each at a time of their own. */
  checkpoint(of: Person, by: readonly Person[], generation = 0): ShownCheckpoint {
    const heads = [...this.writers.map((writer) => writer.logged(1)), ...this.writers.map((writer) => writer.logged())]
    const tree = new MerkleTree(primitives)
    for (const head of heads) tree.append(headLeaf(head, primitives))
    const checkpoint = { room: this.room, device: of.device, generation, ...tree.at() }
    const signed = by.reduce(
      (under, { device, deviceSeed }) => {
        const time = 1_700_000_060 + this.writers.findIndex(({ owner }) => owner.device === device)
        const signature = primitives.sign(cosignable(checkpoint, time), deviceSeed)
        return withCosignature(under, { device, time, signature })
      },
      signCheckpoint(checkpoint, of.deviceSeed, primitives),
    )
    const shown = heads.map((head, index) => ({ ...head, index, hashes: tree.inclusion(index).hashes }))
    const last = shown.slice(this.writers.length).sort((a, b) => Buffer.compare(a.log, b.log))
    return { note: encodeCheckpoint(signed, primitives), heads: last }
  }

  excerpt(exporter: Person, chosen: Chosen, time = 1_700_000_100_000): Excerpt {
    const logs = [...chosen]
      .sort(([a], [b]) => (a.id < b.id ? -1 : 1))
      .map(([writer, indices]) => writer.excerpted(indices))
    return { genesis: this.genesis, logs, exporter: { device: exporter.device, time }, forks: [], checkpoints: [] }
  }
}

/** Which entries of which logs; the first of each log comes with them. */
export type Chosen = ReadonlyMap<Writer, readonly number[]>

/** Claims that an author makes instead of what is true, and keys that seal instead of the right ones. */
export interface Claims extends Partial<EntryHeader> {
  readonly class?: EntryClass
}

/** One log of a conversation, as its author writes it. */
export class Writer {
  readonly id: string
  readonly key: Uint8Array
  readonly owner: LogOwner
  readonly blocks: Uint8Array[] = []
  readonly keys: EntryKeys[] = []
  readonly headers: EntryHeader[] = []
  readonly #conversation: Conversation
  readonly #person: Person
  readonly #tree = new LogTree(primitives)
  readonly #hashes: Uint8Array[] = [this.#tree.treeHash()]

  constructor(conversation: Conversation, person: Person, generation: number) {
    this.#conversation = conversation
    this.#person = person
    this.owner = { room: conversation.room, identity: person.identity, device: person.device, generation }
    this.key = logKey(this.owner, primitives)
    this.id = toHex(this.key)
  }

  get length(): number {
    return this.blocks.length
  }

  createRoom(name: string): this {
    const { genesis } = this.#conversation
    return this.write({ type: 'room-created', genesis, name, admission: this.admission(false), as: this.#person.name })
  }

  join(...cites: Writer[]): this {
    return this.write({ type: 'joined', heads: [], admission: this.admission(true), as: this.#person.name }, cites)
  }

  say(text: string, ...cites: Writer[]): this {
    return this.write({ type: 'message-sent', text }, cites)
  }

  admission(invited: boolean): Admission {
    return {
      identity: this.#person.statements,
      device: this.#person.device,
      generation: this.owner.generation,
      invite: invited && this.owner.generation === 0 ? primitives.publicKey(this.#conversation.inviteSeed) : null,
      signature: this.#letIn(invited),
    }
  }

  #letIn(invited: boolean): Uint8Array | null {
    if (this.owner.generation > 0) return signNextLog(this.owner, this.#person.deviceSeed, primitives)
    return invited ? signAdmission(this.owner, this.#conversation.inviteSeed, primitives) : null
  }

  /** Append an entry that cites the present heads of these logs; `claims` stand in place of what is true. */
  write(event: RoomEvent, cites: readonly Writer[] = [], claims: Claims = {}): this {
    return this.append(event.type, encodeEvent(event), cites, { class: classOf(event.type), ...claims })
  }

  append(kind: string, body: Uint8Array, cites: readonly Writer[] = [], claims: Claims = {}): this {
    const { class: entryClass = 'message', ...header } = claims
    const entry = this.header(kind, cites, header)
    const place = { room: this.#conversation.room, log: this.key, index: this.length }
    const key = classKey(this.#conversation.secrets, entryClass)
    const { salt } = this
    const block = sealEntry(place, { class: entryClass, header: entry, body }, { classKey: key, salt }, primitives)
    return this.push(block, entryKeys(key, place, salt, primitives), entry)
  }

  /** Of the next entry. */
  get salt(): Uint8Array {
    return seedOf(`salt ${this.id} ${this.length}`).subarray(0, 16)
  }

  /** The header of the next entry, if it cites the present heads of these logs. */
  header(kind: string, cites: readonly Writer[], claims: Partial<EntryHeader> = {}): EntryHeader {
    const parents = [...this.headers.slice(-1), ...cites.map(({ headers }) => headers.at(-1)!)]
    return {
      kind,
      time: 1_700_000_000_000 + this.length * 1_000,
      depth: 1 + Math.max(0, ...parents.map(({ depth }) => depth)),
      heads: cites.map((each) => each.head()).sort((a, b) => Buffer.compare(a.log, b.log)),
      ...claims,
    }
  }

  /** Append any bytes. */
  push(block: Uint8Array, keys: EntryKeys, header: EntryHeader): this {
    this.blocks.push(block)
    this.keys.push(keys)
    this.headers.push(header)
    this.#tree.append(block)
    this.#hashes.push(this.#tree.treeHash())
    return this
  }

  head(length = this.length): Citation {
    return { log: this.key, length, treeHash: this.#hashes[length]! }
  }

  /** A head that its device signed, as others log it. */
  logged(length = this.length): LoggedHead {
    const head = this.head(length)
    const signature = primitives.sign(headSignable(this.key, head, primitives), this.#person.deviceSeed)
    return { ...head, fork: 0, signature }
  }

  /** The log up to a head that its device signed. */
  bundled(length = this.length): BundledLog {
    const { identity, device, generation } = this.owner
    const signable = headSignable(this.key, this.head(length), primitives)
    return {
      identity,
      device,
      generation,
      signature: primitives.sign(signable, this.#person.deviceSeed),
      blocks: this.blocks.slice(0, length),
      keys: this.keys.slice(0, length),
    }
  }

  /** Some entries, and the first one, up to a head that its device signed. */
  excerpted(indices: readonly number[], length = this.length): ExcerptedLog {
    const { blocks, keys, ...log } = this.bundled(length)
    const shown = [0, ...indices.filter((index) => index > 0)]
    const entries = shown.map((index) => ({
      index,
      block: blocks[index]!,
      keys: keys[index]!,
      path: slowPath(index, blocks),
    }))
    return { ...log, length, roots: slowRoots(blocks), entries }
  }
}

/** Ada makes a room, Bo and Cy come, and they talk: seven entries in three logs. Every log is cited by another up to its last but one. */
export function smallConversation() {
  const people = { ada: makePerson('Ada'), bo: makePerson('Bo'), cy: makePerson('Cy') }
  const conversation = new Conversation(people.ada)
  const ada = conversation.writer(people.ada).createRoom('Kitchen')
  const bo = conversation.writer(people.bo).join(ada)
  const cy = conversation.writer(people.cy).join(ada, bo)
  ada.say('Hello, Bo and Cy.', bo, cy)
  bo.say('Hello, Ada.', ada, cy)
  cy.say('Tea?', ada, bo)
  ada.say('Yes.', bo, cy)
  return { conversation, people, ada, bo, cy }
}
