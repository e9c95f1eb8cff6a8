import { equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type Identity, type ReadIdentity, readIdentity, resolveIdentity } from './identity.ts'
import type { PlacedStatement } from './resolve-statements.ts'
import { type IdentityStatement, identityId, mostStatements, statementHash } from './statement.ts'

/** Whose log it is. */
interface LogAuthor {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

interface Gathered {
  readonly read: ReadIdentity
  readonly first: IdentityStatement
  /** By hash, each behind those that it follows. */
  readonly placed: Map<string, Known>
  identity: Identity | null
  /** Of devices that speak for it no more, by device: the caps of their logs, by log; null once something is new. */
  caps: ReadonlyMap<string, ReadonlyMap<string, number>> | null
}

interface Known {
  readonly statement: IdentityStatement
  readonly placed: PlacedStatement
}

/**
 * Identities by all statements about them that came from anywhere: what they come to depends on nothing but the statements.
 *
 * Spec: specs/identity.md#statements-from-several-places.
 */
export class KnownIdentities {
  readonly #primitives: Primitives
  readonly #identities = new Map<string, Gathered>()

  constructor(primitives: Primitives) {
    this.#primitives = primitives
  }

  /** Take in statements of one identity, as they stand in one place. Answers whether any was new. Throws `identity/…` and `encoding/…`. */
  add(statements: readonly IdentityStatement[]): boolean {
    if (this.#has(statements)) return false
    const read = readIdentity(statements, this.#primitives)
    const id = toHex(read.id)
    const gathered = this.#identities.get(id) ?? {
      read,
      first: statements[0]!,
      placed: new Map<string, Known>(),
      identity: null,
      caps: null,
    }
    for (const [i, placed] of read.placed.entries()) {
      if (!gathered.placed.has(placed.id)) gathered.placed.set(placed.id, { statement: statements[i + 1]!, placed })
    }
    this.#identities.set(id, { ...gathered, identity: null, caps: null })
    return true
  }

  /** Everybody of whom something is known, by id in hex. */
  ids(): string[] {
    return [...this.#identities.keys()]
  }

  /** What all that is known of an identity comes to; null where nothing is. */
  of(id: string): Identity | null {
    const gathered = this.#identities.get(id)
    if (!gathered) return null
    gathered.identity ??= resolveIdentity(
      { ...gathered.read, placed: [...gathered.placed.values()].map(({ placed }) => placed) },
      this.#primitives,
    )
    return gathered.identity
  }

  /** All later statements of an identity, each behind those that it follows. */
  placed(id: string): PlacedStatement[] {
    return [...(this.#identities.get(id)?.placed.values() ?? [])].map(({ placed }) => placed)
  }

  /** What those of these statements say that are known, but for the first. */
  placedAmong([first, ...rest]: readonly IdentityStatement[]): PlacedStatement[] {
    const placed = first && this.#identities.get(toHex(identityId(first, this.#primitives)))?.placed
    return rest.flatMap((each) => placed?.get(toHex(statementHash(each, this.#primitives)))?.placed ?? [])
  }

  /** Whether anything known takes a device from an identity. */
  isDiminished(id: string): boolean {
    return this.placed(id).some(({ statement }) => statement.type === 'device-revoked')
  }

  /** What some of the known statements of an identity come to. */
  among(id: string, placed: Iterable<PlacedStatement>): Identity | null {
    const gathered = this.#identities.get(id)
    const once = new Map([...placed].map((each) => [each.id, each]))
    return gathered ? resolveIdentity({ ...gathered.read, placed: [...once.values()] }, this.#primitives) : null
  }

  /** All statements of an identity, as they can stand in one place. */
  all(id: string): IdentityStatement[] {
    return this.withPast(id, this.#identities.get(id)?.placed.keys() ?? [])
  }

  /** These statements, and all that they follow, as they can stand in one place. `hashes`: hex, of later statements. */
  withPast(id: string, hashes: Iterable<string>): IdentityStatement[] {
    const gathered = this.#identities.get(id)
    if (!gathered) return []
    const wanted = new Set(hashes)
    const inReverse = [...gathered.placed].reverse()
    for (const [hash, { placed }] of inReverse) if (wanted.has(hash)) for (const head of placed.heads) wanted.add(head)
    const later = [...gathered.placed].flatMap(([hash, { statement }]) => (wanted.has(hash) ? [statement] : []))
    return [gathered.first, ...later]
  }

  /** How many entries of a log count; null: all, for its device speaks for its identity, or nothing is known of that. */
  capOf({ identity, device }: LogAuthor, log: Uint8Array): number | null {
    const id = toHex(identity)
    const gathered = this.#identities.get(id)
    if (!gathered || this.isActive(id, device)) return null
    gathered.caps ??= capsOf(this.of(id)!)
    return gathered.caps.get(toHex(device))?.get(toHex(log)) ?? 0
  }

  /** Whether a device speaks for an identity, by all that is known. */
  isActive(id: string, device: Uint8Array): boolean {
    return this.of(id)?.devices.some((each) => equalBytes(each, device)) ?? false
  }

  /** Whether a device would speak for the identity of these statements, if they were known too. Throws `identity/…` and `encoding/…`. */
  wouldBeActive(statements: readonly IdentityStatement[], device: Uint8Array): boolean {
    const read = readIdentity(statements, this.#primitives)
    const all = new Map([...this.placed(toHex(read.id)), ...read.placed].map((placed) => [placed.id, placed]))
    const { devices } = resolveIdentity({ ...read, placed: [...all.values()] }, this.#primitives)
    return devices.some((each) => equalBytes(each, device))
  }

  /** What shows that a device does not speak for an identity, or else which devices it has lost; as can be told in one place. */
  against(id: string, device: Uint8Array): IdentityStatement[] {
    const revocations = this.placed(id).filter(({ statement }) => statement.type === 'device-revoked')
    const own = revocations.filter(({ statement }) => 'device' in statement && equalBytes(statement.device, device))
    const hashes = (own.length > 0 ? own : revocations).map((each) => each.id)
    while (hashes.length > 1 && this.withPast(id, hashes).length > mostStatements) hashes.pop()
    return this.withPast(id, hashes)
  }

  #has(statements: readonly IdentityStatement[]): boolean {
    const [first] = statements
    const isKnown = first !== undefined && this.#identities.has(toHex(identityId(first, this.#primitives)))
    return isKnown && this.placedAmong(statements).length === statements.length - 1
  }
}

function capsOf({ revoked }: Identity): Map<string, ReadonlyMap<string, number>> {
  return new Map(
    revoked.map(({ device, caps }) => [
      toHex(device),
      new Map(caps.map(({ log, length }) => [toHex(log), length] as const)),
    ]),
  )
}
