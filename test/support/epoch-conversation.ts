import { hpke, makeHpkePair } from '../../node/hpke.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { fromText, toHex } from '../../protocol/bytes.ts'
import type { Recipient } from '../../protocol/epoch/box.ts'
import { startChain } from '../../protocol/epoch/chain.ts'
import type { EpochSecrets } from '../../protocol/epoch/epoch.ts'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { EpochStarted } from '../../protocol/epoch/event.ts'
import { keysInRoom, type RoomKeys, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { shareEpoch, startEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import type { EntryClass } from '../../protocol/log/entry.ts'
import { encodeEvent } from '../../protocol/room/event.ts'
import { classKey } from '../../protocol/room/room-secrets.ts'
import { Conversation, makePerson, type Person, seedOf, type Writer } from './conversation.ts'

/** Who writes a log of a room of suite 1, with the keys of their own epochs. */
export class EpochWriter {
  readonly writer: Writer
  readonly #conversation: Conversation
  readonly #person: Person
  readonly #secrets: EpochSecrets[] = []
  readonly #rows: EpochKeys[] = []
  /** How others seal to it; null before it has announced a prekey. */
  recipient: Recipient | null = null
  #started: EpochStarted | null = null
  #at = { number: 0, history: 0, ephemeral: 0 }

  constructor(conversation: Conversation, person: Person) {
    this.#conversation = conversation
    this.#person = person
    this.writer = conversation.writer(person)
  }

  /** The secrets of each of its epochs. */
  get secrets(): readonly EpochSecrets[] {
    return this.#secrets
  }

  get roomKeys(): RoomKeys {
    return {
      classKey: (entryClass) => classKey(this.#conversation.secrets, entryClass),
      epoch: (log, number) => (toHex(log) === this.writer.id ? (this.#rows[number - 1] ?? null) : null),
    }
  }

  async announce(...cites: EpochWriter[]): Promise<this> {
    const generation = this.recipient ? this.recipient.prekey.generation + 1 : 0
    const { publicKey: key } = await makeHpkePair()
    this.recipient = { device: this.#person.device, prekey: { generation, key } }
    this.writer.write({ type: 'prekey-announced', generation, key }, writersOf(cites))
    return this
  }

  async start(recipients: readonly EpochWriter[], ...cites: EpochWriter[]): Promise<this> {
    const number = this.#at.number + 1
    const secret = (part: string) => seedOf(`${part} ${this.writer.id} ${number}`)
    const secrets = { header: secret('header'), history: secret('history'), ephemeral: secret('ephemeral') }
    const opening = { reason: number === 1 ? 'begun' : 'removed', shareable: false } as const
    this.#started = await startEpoch(this.#place(number), secrets, boxed(recipients), opening, hpke, primitives)
    this.writer.write(this.#started, writersOf(cites))
    this.#at = { number, history: 0, ephemeral: 0 }
    this.#secrets.push(secrets)
    const chain = (key: Uint8Array) => startChain({ step: 0, key }, true)
    const [history, ephemeral] = [chain(secrets.history), chain(secrets.ephemeral)]
    const row = { log: this.writer.key, number, shareable: false, learned: 0, header: secrets.header }
    this.#rows.push({ ...row, history, ephemeral })
    return this
  }

  async share(recipients: readonly EpochWriter[], ...cites: EpochWriter[]): Promise<this> {
    const { number, ...steps } = this.#at
    const row = this.#rows[number - 1]!
    const to = boxed(recipients)
    const shared = await shareEpoch(this.#started!, this.#place(number), row, steps, to, hpke, primitives)
    this.writer.write(shared, writersOf(cites))
    return this
  }

  say(text: string, ...cites: EpochWriter[]): this {
    return this.#seal('message', 'message-sent', encodeEvent({ type: 'message-sent', text }), cites)
  }

  /** Something that is not meant to stay, of a kind that nobody knows yet. */
  fleet(text: string): this {
    return this.#seal('ephemeral', 'fleeted', fromText(text), [])
  }

  #seal(entryClass: EntryClass, kind: string, body: Uint8Array, cites: readonly EpochWriter[]): this {
    const { writer, roomKeys } = this
    const header = writer.header(kind, writersOf(cites))
    const place = { room: this.#conversation.room, log: writer.key, index: writer.length, suite: 1 as const }
    const own = { roomKeys, position: this.#at, salt: writer.salt }
    const { block } = sealInRoom(place, { class: entryClass, header, body }, own, primitives)!
    const chain = entryClass === 'ephemeral' ? 'ephemeral' : 'history'
    this.#at = { ...this.#at, [chain]: this.#at[chain] + 1 }
    writer.push(block, keysInRoom(block, place, roomKeys, primitives)!.keys, header)
    return this
  }

  #place(number: number) {
    return { room: this.#conversation.room, log: this.writer.key, number }
  }
}

const writersOf = (writers: readonly EpochWriter[]): Writer[] => writers.map(({ writer }) => writer)
const boxed = (writers: readonly EpochWriter[]): Recipient[] => writers.map(({ recipient }) => recipient!)

/** Ada, Bo and Cy in a room of suite 1. Ada says three things in one epoch, Bo one, and Ada something that is not meant to stay. */
export async function epochConversation() {
  const people = { ada: makePerson('Ada'), bo: makePerson('Bo'), cy: makePerson('Cy') }
  const conversation = new Conversation(people.ada, 'cellar', { suite: 1, history: 'joined' })
  const writer = (person: Person) => new EpochWriter(conversation, person)
  const [ada, bo, cy] = [writer(people.ada), writer(people.bo), writer(people.cy)]
  ada.writer.createRoom('Cellar')
  await ada.announce()
  bo.writer.join(ada.writer)
  await bo.announce()
  cy.writer.join(ada.writer, bo.writer)
  await cy.announce()
  await ada.start([ada, bo, cy], bo, cy)
  ada.say('Hello, Bo and Cy.')
  await bo.start([ada, bo, cy], ada, cy)
  bo.say('Hello, Ada.')
  ada.say('Who took the key?', bo)
  ada.fleet('Ada is writing.')
  ada.say('Never mind.')
  return { conversation, people, ada, bo, cy }
}
