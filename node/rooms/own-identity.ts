import type { Logger } from 'pino'
import { Dag } from '../../protocol/authority/dag.ts'
import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { KnownIdentities } from '../../protocol/identity/known-identities.ts'
import { areRecoveryWords, recoverySeed } from '../../protocol/identity/recovery.ts'
import type { PlacedStatement } from '../../protocol/identity/resolve-statements.ts'
import {
  type IdentityStatement,
  identityToCbor,
  mostFollowed,
  mostStatements,
  statementHash,
} from '../../protocol/identity/statement.ts'
import { isRole } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import type { KeyVault } from '../storage/key-vault.ts'
import { hexOf, identityOfWords, isRevoked, mostIdentityBytes, type Person, personOf } from './person.ts'
import { isCaughtUp, signRevocation, signRevocationHere } from './revocation.ts'
import type { Room } from './room.ts'

/** How long one waits for the rest of a room, before one tells it of the own devices all the same. */
const patienceMs = 60_000

interface OwnIdentityOptions {
  readonly vault: KeyVault
  readonly person: Person
  readonly primitives: Primitives
  readonly log: Logger
  rooms(): readonly Room[]
  /** Whether a room is the hidden one of our own devices. */
  isOwn(room: Room): boolean
  /** Something else is known of one's devices. */
  onChange(): void
}

/** A device of one's own, as far as it is known here. */
export interface OwnDevice {
  readonly device: Uint8Array
  /** Among all of them, from 1: the same on each device that knows the same. */
  readonly number: number
  readonly isActive: boolean
}

/**
 * What is known here of one's own devices: what rooms say of them is kept in the vault, and what the vault has is told to every room.
 *
 * Spec: specs/identity.md#producing, specs/room.md#producing.
 */
export class OwnIdentity {
  readonly #options: OwnIdentityOptions
  readonly #telling = new Map<Room, Promise<unknown>>()
  /** Rooms of which not all is here that others are known to have; null once that was waited for long enough. */
  readonly #behind = new Map<Room, NodeJS.Timeout | null>()
  readonly #going = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(options: OwnIdentityOptions) {
    this.#options = options
  }

  devices(): OwnDevice[] {
    const { known } = this.#options.person
    const added = new Dag(known.placed(this.#id)).nodes.flatMap(({ statement }) =>
      statement.type === 'device-added' ? [toHex(statement.device)] : [],
    )
    return [...new Set(added)].map((hex, i) => {
      const device = fromHex(hex)
      return { device, number: i + 1, isActive: known.isActive(this.#id, device) }
    })
  }

  /**
   * Let a device speak for oneself no more, and tell every room up to where it counts there; answers how many rooms were told.
   *
   * `typed`: the words, from who has them; else those that are kept here say it, and else this device does.
   * Rooms that cannot be told now are told later. Throws the problems `device-revoked`, `own-device`, `no-such-device` and `words-wrong`.
   */
  async revoke(device: Uint8Array, typed: string | null): Promise<number> {
    const { person, vault, primitives } = this.#options
    if (isRevoked(person)) throw new Problem('device-revoked')
    if (equalBytes(device, person.device)) throw new Problem('own-device')
    if (!person.known.isActive(this.#id, device)) throw new Problem('no-such-device')
    if (typed !== null) this.#requireOwn(typed)
    const words = typed ?? vault.content.words
    // The words win over whatever the other device says at the same time.
    const seeds = [...(words === null ? [] : [recoverySeed(words, 0, primitives)]), person.deviceSeed]
    const statements = seeds
      .map((seed) => signRevocation(person, this.#tips(), device, seed, primitives))
      .find((each) => !person.known.wouldBeActive(each, device))
    if (!statements) throw new Problem('no-such-device')
    const heard = new KnownIdentities(primitives)
    heard.add(statements)
    await this.#learn(heard)
    this.#options.onChange()
    // Whoever has lost a device does not wait, and knows that what is not here is hidden.
    return this.#tellAll(() => true)
  }

  #requireOwn(words: string): void {
    const { person, primitives } = this.#options
    const isOwn = areRecoveryWords(words) && equalBytes(identityOfWords(words, primitives), person.identity)
    if (!isOwn) throw new Problem('words-wrong')
  }

  /** A room may have something new about one's own devices, or lack something. */
  heard(room: Room): void {
    if (this.#isClosed) return
    const { identities } = room.fold.authority
    if (this.#newIn(identities).length > 0 || (this.#missingIn(room) && this.#isCaughtUp(room))) this.#goOn(identities)
  }

  /** Somebody has shown statements of an identity. Throws nothing: what is wrong, or of somebody else, is passed over. */
  shown(statements: readonly IdentityStatement[]): void {
    const heard = new KnownIdentities(this.#options.primitives)
    try {
      heard.add(statements)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#options.log.debug({ err: error }, 'statements that were shown do not hold')
      return
    }
    if (!this.#isClosed && this.#newIn(heard).length > 0) this.#goOn(heard)
  }

  /** Hear no more. Resolves when nothing is being kept, and no room told. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#behind.values()) if (timer) clearTimeout(timer)
    await Promise.allSettled([...this.#going, ...this.#telling.values()])
  }

  get #id(): string {
    return toHex(this.#options.person.identity)
  }

  #goOn(heard: KnownIdentities): void {
    const going = this.#learn(heard)
      .then((isNew) => {
        if (isNew) this.#options.onChange()
        return this.#tellAll((room) => this.#isCaughtUp(room))
      })
      .catch((error) => this.#options.log.warn({ err: error }, 'what is known of the own devices cannot be kept'))
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }

  /** What has been heard, and is worth keeping: who speaks for oneself, who does no more, and by which words. Caps of one room are not for others. */
  #newIn(heard: KnownIdentities): string[] {
    const known = new Set(this.#options.person.known.placed(this.#id).map(({ id }) => id))
    const { devices = [], revoked = [] } = heard.of(this.#id) ?? {}
    const matters = [...devices, ...revoked.map(({ device }) => device)]
    const isKept = ({ statement }: PlacedStatement): boolean =>
      statement.type === 'device-added'
        ? matters.some((each) => equalBytes(each, statement.device))
        : statement.type === 'recovery-rotated' || isForEverywhere(statement)
    const kept = heard.placed(this.#id).filter((placed) => !known.has(placed.id) && isKept(placed))
    // Where there is room for some only, it is for what shuts out.
    return [...kept.filter((each) => !isAddition(each)), ...kept.filter(isAddition)].map(({ id }) => id)
  }

  /** Keep what is new; answers whether anything was. */
  async #learn(heard: KnownIdentities): Promise<boolean> {
    const { vault, primitives } = this.#options
    let isNew = false
    await vault.change((content) => {
      const { known } = personOf(content, primitives)
      for (const hash of this.#newIn(heard)) {
        const more = heard.withPast(this.#id, [hash])
        if (!fits(known, this.#id, more, primitives)) continue
        isNew = known.add(more) || isNew
      }
      return isNew ? { ...content, identity: hexOf(known.all(this.#id)) } : content
    })
    return isNew
  }

  /** Whether so much of a room is here that nothing is hidden in it for want of news. A thief who holds back blocks may not stop this for ever. */
  #isCaughtUp(room: Room): boolean {
    if (isCaughtUp(room) || this.#behind.get(room) === null) return true
    if (!this.#behind.has(room)) {
      const lose = () => {
        this.#behind.set(room, null)
        this.heard(room)
      }
      this.#behind.set(room, setTimeout(lose, patienceMs).unref())
    }
    return false
  }

  async #tellAll(isDue: (room: Room) => boolean): Promise<number> {
    const rooms = this.#options.rooms().filter((room) => this.#missingIn(room) && isDue(room))
    const told = await Promise.all(rooms.map((room) => this.#tell(room)))
    return told.filter((isTold, i) => isTold && !this.#options.isOwn(rooms[i]!)).length
  }

  /** Write into a room what it lacks, one after the other; answers whether anything was. */
  #tell(room: Room): Promise<boolean> {
    const before = this.#telling.get(room) ?? Promise.resolve()
    const telling = before
      .then(async () => {
        const statements = this.#isClosed ? null : this.#missingIn(room)
        if (!statements) return false
        await room.append({ type: 'identity-updated', statements })
        await room.fold.pump()
        return true
      })
      .catch((error) => {
        this.#options.log.warn({ err: error, room: room.key }, 'a room could not be told of the own devices')
        return false
      })
    this.#telling.set(room, telling)
    return telling
  }

  /** What a room does not know of one's devices that shuts one out, with up to where it counts there; null if it knows all. */
  #missingIn(room: Room): IdentityStatement[] | null {
    const { person, primitives } = this.#options
    if (isRevoked(person) || !isRole(room.people.standing)) return null
    const { known } = person
    const { identities } = room.fold.authority
    const there = new Set(identities.placed(this.#id).map(({ id }) => id))
    const gone = new Set(identities.of(this.#id)?.revoked.map(({ device }) => toHex(device)))
    const missing = known.placed(this.#id).filter(({ id, statement }) => {
      if (there.has(id) || statement.type === 'device-added') return false
      if (statement.type === 'recovery-rotated') return true
      return (
        isForEverywhere(statement) && !gone.has(toHex(statement.device)) && !known.isActive(this.#id, statement.device)
      )
    })
    if (missing.length === 0) return null
    const statements = known.withPast(
      this.#id,
      missing.map(({ id }) => id),
    )
    const here = missing.flatMap((placed) => signRevocationHere(person, placed, room.fold, primitives))
    return [...statements, ...here].slice(0, mostStatements)
  }

  /** The statements that no other one follows: those of them that a new one can name. */
  #tips(): Uint8Array[] {
    const { person, primitives } = this.#options
    const all = person.known.placed(this.#id)
    const followed = new Set(all.flatMap(({ heads }) => heads))
    const tips = all.filter(({ id }) => !followed.has(id)).map(({ id }) => fromHex(id))
    // What says that this device speaks for its owner must be among what it follows.
    const own = statementHash(person.statements.at(-1)!, primitives)
    return tips.length <= mostFollowed ? tips : [own]
  }
}

const isAddition = ({ statement }: PlacedStatement): boolean => statement.type === 'device-added'

/** Whether a revocation is one that names no log of any room. */
function isForEverywhere(statement: PlacedStatement['statement']): boolean {
  return statement.type === 'device-revoked' && statement.caps.length === 0
}

/** Whether a vault takes more: a thief may have said any number of things. */
function fits(known: KnownIdentities, id: string, more: readonly IdentityStatement[], primitives: Primitives): boolean {
  const both = new KnownIdentities(primitives)
  both.add(known.all(id))
  both.add(more)
  const statements = both.all(id)
  return statements.length <= mostStatements && encodeCbor(identityToCbor(statements)).length <= mostIdentityBytes
}
