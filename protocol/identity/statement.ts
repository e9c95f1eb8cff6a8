import { compareBytes, equalBytes } from '../bytes.ts'
import { type Domain, inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** One signed sentence about an identity. `signatures`: by the key that says it, then by the device that it adds. */
export interface IdentityStatement {
  readonly payload: Uint8Array
  readonly signatures: readonly Uint8Array[]
}

/** Up to where a log of a revoked device counts. */
export interface LogCap {
  readonly log: Uint8Array
  readonly length: number
  readonly treeHash: Uint8Array
}

/** What the first statement of an identity says. `next`: the hash of the recovery key that may take over. */
export interface Beginning {
  readonly recovery: Uint8Array
  readonly next: Uint8Array
}

/** What a later statement says. `follows`: the hashes of the statements that its author knew last. `by`: the key that signs it. */
export type Statement =
  | {
      readonly type: 'device-added'
      readonly follows: readonly Uint8Array[]
      readonly by: Uint8Array
      readonly device: Uint8Array
    }
  | {
      readonly type: 'device-revoked'
      readonly follows: readonly Uint8Array[]
      readonly by: Uint8Array
      readonly device: Uint8Array
      readonly caps: readonly LogCap[]
    }
  | {
      readonly type: 'recovery-rotated'
      readonly follows: readonly Uint8Array[]
      readonly by: Uint8Array
      readonly next: Uint8Array
    }

const mostStatementBytes = 4_096
/** Of one identity, in one place. */
export const mostStatements = 64
export const mostFollowed = 16
export const mostCaps = 32

/** What others name a statement by. */
export function statementHash({ payload }: IdentityStatement, primitives: Primitives): Uint8Array {
  return primitives.sha256(payload)
}

/** The id of the identity that begins with this statement. */
export function identityId({ payload }: IdentityStatement, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('identity', payload))
}

/** Say and sign the first statement. */
export function signBeginning(
  { recovery, next }: Beginning,
  seed: Uint8Array,
  primitives: Primitives,
): IdentityStatement {
  const payload = encodeCbor(['identity-created', recovery, next])
  return { payload, signatures: [primitives.sign(inDomain('identityStatement', payload), seed)] }
}

/** Say and sign a later statement; a device that is added signs too. */
export function signStatement(
  id: Uint8Array,
  statement: Statement,
  seeds: { readonly by: Uint8Array; readonly device?: Uint8Array },
  primitives: Primitives,
): IdentityStatement {
  const payload = encodeCbor(payloadOf(id, statement))
  const said = { payload, signatures: [primitives.sign(inDomain('identityStatement', payload), seeds.by)] }
  return seeds.device ? withAcceptance(said, acceptDevice(said, seeds.device, primitives)) : said
}

/** What a device signs to accept that this statement adds it. */
export function acceptDevice({ payload }: IdentityStatement, seed: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sign(inDomain('deviceAccepts', payload), seed)
}

/** The statement with both its signatures. */
export function withAcceptance({ payload, signatures }: IdentityStatement, acceptance: Uint8Array): IdentityStatement {
  return { payload, signatures: [...signatures, acceptance] }
}

function payloadOf(id: Uint8Array, statement: Statement): CborValue {
  const follows = [...statement.follows].sort(compareBytes)
  switch (statement.type) {
    case 'device-added':
      return [statement.type, id, follows, statement.by, statement.device]
    case 'device-revoked': {
      const caps = [...statement.caps].sort((a, b) => compareBytes(a.log, b.log))
      const told = caps.map(({ log, length, treeHash }) => [log, length, treeHash])
      return [statement.type, id, follows, statement.by, statement.device, told]
    }
    case 'recovery-rotated':
      return [statement.type, id, follows, statement.by, statement.next]
  }
}

/** Read the first statement and check its signature. Throws `identity/…` and `encoding/…`. */
export function readBeginning({ payload, signatures }: IdentityStatement, primitives: Primitives): Beginning {
  const [type, recovery, next] = asArray(decodeCbor(payload, { bytes: mostStatementBytes }), 3)
  if (asText(type, 32) !== 'identity-created') throw new ProtocolError('identity/malformed', 'not a beginning')
  const beginning = { recovery: validKey(asBytes(recovery, 32), primitives), next: asBytes(next, 32) }
  checkSignatures(payload, signatures, [['identityStatement', beginning.recovery]], primitives)
  return beginning
}

/**
 * Read a later statement and check its signatures; whether its author may say this is resolved among all of them.
 *
 * Throws `identity/…` and `encoding/…`.
 */
export function readStatement(
  { payload, signatures }: IdentityStatement,
  id: Uint8Array,
  primitives: Primitives,
): Statement {
  const fields = asArray(decodeCbor(payload, { bytes: mostStatementBytes }), { most: 6 })
  const statement = statementIn(fields, primitives)
  if (!equalBytes(asBytes(fields[1], 32), id)) throw new ProtocolError('identity/malformed', 'of another identity')
  const signers: Signer[] = [['identityStatement', statement.by]]
  if (statement.type === 'device-added') signers.push(['deviceAccepts', statement.device])
  checkSignatures(payload, signatures, signers, primitives)
  return statement
}

function statementIn(fields: readonly CborValue[], primitives: Primitives): Statement {
  const key = (value: CborValue | undefined) => validKey(asBytes(value, 32), primitives)
  const type = asText(fields[0], 32)
  switch (type) {
    case 'device-added': {
      const [, , follows, by, device] = asArray(fields, 5)
      return { type, follows: hashesIn(follows), by: key(by), device: key(device) }
    }
    case 'device-revoked': {
      const [, , follows, by, device, caps] = asArray(fields, 6)
      return { type, follows: hashesIn(follows), by: key(by), device: key(device), caps: capsIn(caps) }
    }
    case 'recovery-rotated': {
      const [, , follows, by, next] = asArray(fields, 5)
      return { type, follows: hashesIn(follows), by: key(by), next: asBytes(next, 32) }
    }
    default:
      throw new ProtocolError('identity/malformed', 'an unknown statement')
  }
}

function hashesIn(value: CborValue | undefined): Uint8Array[] {
  const hashes = asArray(value, { most: mostFollowed }).map((hash) => asBytes(hash, 32))
  if (hashes.length === 0) throw new ProtocolError('identity/malformed', 'a statement that follows none')
  requireAscending(hashes)
  return hashes
}

function capsIn(value: CborValue | undefined): LogCap[] {
  const caps = asArray(value, { most: mostCaps }).map((cap) => {
    const [log, length, treeHash] = asArray(cap, 3)
    return { log: asBytes(log, 32), length: asUint(length), treeHash: asBytes(treeHash, 32) }
  })
  requireAscending(caps.map(({ log }) => log))
  return caps
}

function requireAscending(all: readonly Uint8Array[]): void {
  const isOrdered = all.every((each, i) => i === 0 || compareBytes(all[i - 1]!, each) < 0)
  if (!isOrdered) throw new ProtocolError('identity/malformed', 'not in ascending order, or one twice')
}

function validKey(key: Uint8Array, primitives: Primitives): Uint8Array {
  if (!primitives.isValidKey(key)) throw new ProtocolError('identity/key')
  return key
}

type Signer = readonly [Extract<Domain, 'identityStatement' | 'deviceAccepts'>, Uint8Array]

function checkSignatures(
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  signers: readonly Signer[],
  primitives: Primitives,
): void {
  const good = signers.every(([domain, key], i) => {
    const signature = signatures[i]
    return signature !== undefined && primitives.verify(signature, inDomain(domain, payload), key)
  })
  if (!good || signatures.length !== signers.length) throw new ProtocolError('identity/signature')
}

/** Statements as they stand inside an entry, a handshake or a bundle. */
export function identityToCbor(statements: readonly IdentityStatement[]): CborValue {
  return statements.map(({ payload, signatures }) => [payload, [...signatures]])
}

/** Throws `encoding/unexpected-type`. Nothing is verified: that is `foldIdentity`'s work. */
export function identityFromCbor(value: CborValue | undefined): IdentityStatement[] {
  return asArray(value, { most: mostStatements }).map((item) => {
    const [payload, signatures] = asArray(item, 2)
    return {
      payload: asBytes(payload, { most: mostStatementBytes }),
      signatures: asArray(signatures, { most: 2 }).map((signature) => asBytes(signature, 64)),
    }
  })
}
