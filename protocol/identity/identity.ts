import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { type PlacedStatement, resolveStatements } from './resolve-statements.ts'
import {
  type Beginning,
  type IdentityStatement,
  identityId,
  type LogCap,
  readBeginning,
  readStatement,
  signBeginning,
  signStatement,
  statementHash,
} from './statement.ts'

/** A person, as their statements make them. */
export interface Identity {
  readonly id: Uint8Array
  /** The devices that speak for them now, ascending. */
  readonly devices: readonly Uint8Array[]
  /** Those that did, ascending, and up to where each of their logs counts: what is not named does not count at all. */
  readonly revoked: readonly { readonly device: Uint8Array; readonly caps: readonly LogCap[] }[]
}

/** Seeds of the three keys that an identity starts with. */
export interface IdentitySeeds {
  readonly recovery: Uint8Array
  readonly nextRecovery: Uint8Array
  readonly device: Uint8Array
}

/**
 * The first two statements of an identity: that it exists, and that a first device speaks for it.
 *
 * The same recovery keys make the same identity: with another device this is how it is restored.
 */
export function createIdentity(seeds: IdentitySeeds, primitives: Primitives): IdentityStatement[] {
  const recovery = primitives.publicKey(seeds.recovery)
  const next = primitives.sha256(primitives.publicKey(seeds.nextRecovery))
  const created = signBeginning({ recovery, next }, seeds.recovery, primitives)
  const added = signStatement(
    identityId(created, primitives),
    {
      type: 'device-added',
      follows: [statementHash(created, primitives)],
      by: recovery,
      device: primitives.publicKey(seeds.device),
    },
    { by: seeds.recovery, device: seeds.device },
    primitives,
  )
  return [created, added]
}

/** Statements of one identity, all of them signed as they must be. */
export interface ReadIdentity {
  readonly id: Uint8Array
  readonly beginning: Beginning
  /** All but the first, in their order. */
  readonly placed: readonly PlacedStatement[]
}

/**
 * Resolve the statements of one identity, checking every signature and link. Each stands behind those that it follows; beyond that
 * their order changes nothing.
 *
 * Spec: specs/identity.md#verifying. Throws `identity/…` and `encoding/…`. A statement that its author had no right to is no error: it
 * counts for nothing.
 */
export function foldIdentity(statements: readonly IdentityStatement[], primitives: Primitives): Identity {
  return resolveIdentity(readIdentity(statements, primitives), primitives)
}

/** Check every signature and link of some statements of one identity, and say nothing of what they come to. Throws `identity/…` and `encoding/…`. */
export function readIdentity(statements: readonly IdentityStatement[], primitives: Primitives): ReadIdentity {
  const [created, ...rest] = statements
  if (!created) throw new ProtocolError('identity/malformed', 'no statement')
  const beginning = readBeginning(created, primitives)
  const id = identityId(created, primitives)
  const first = toHex(statementHash(created, primitives))
  const known = new Set([first])
  const placed: PlacedStatement[] = []
  for (const each of rest) {
    const statement = readStatement(each, id, primitives)
    const hash = toHex(statementHash(each, primitives))
    const follows = statement.follows.map(toHex)
    if (known.has(hash) || !follows.every((one) => known.has(one))) {
      throw new ProtocolError('identity/malformed', 'a statement twice, or before one that it follows')
    }
    known.add(hash)
    placed.push({ id: hash, log: hash, index: 0, heads: follows.filter((one) => one !== first), statement })
  }
  return { id, beginning, placed }
}

/** What statements come to that have been read. */
export function resolveIdentity({ id, beginning, placed }: ReadIdentity, primitives: Primitives): Identity {
  const { devices, revoked } = resolveStatements(beginning, placed, primitives)
  return {
    id,
    devices: [...devices].sort(compareBytes),
    revoked: [...revoked].sort((a, b) => compareBytes(a.device, b.device)),
  }
}

/** How many entries of a log count; null: all, for its device speaks for the identity. */
export function capOf({ devices, revoked }: Identity, device: Uint8Array, log: Uint8Array): number | null {
  if (devices.some((each) => equalBytes(each, device))) return null
  const caps = revoked.find((each) => equalBytes(each.device, device))?.caps ?? []
  return caps.find((cap) => equalBytes(cap.log, log))?.length ?? 0
}

/** Throws `identity/device-unknown` unless the device speaks for the identity. */
export function requireDevice(identity: Identity, device: Uint8Array): void {
  if (!identity.devices.some((key) => equalBytes(key, device))) throw new ProtocolError('identity/device-unknown')
}

/** The hashes of the statements that no other of these follows: what a new one follows. Throws `identity/…` and `encoding/…`. */
export function latestStatements(statements: readonly IdentityStatement[], primitives: Primitives): Uint8Array[] {
  const [created, ...rest] = statements
  if (!created) throw new ProtocolError('identity/malformed', 'no statement')
  const id = identityId(created, primitives)
  const followed = new Set(rest.flatMap((each) => readStatement(each, id, primitives).follows.map(toHex)))
  return statements.map((each) => statementHash(each, primitives)).filter((hash) => !followed.has(toHex(hash)))
}
