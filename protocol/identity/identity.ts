import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** One signed sentence about an identity. `signatures`: by the key that says it, then by the device it is about. */
export interface IdentityStatement {
  readonly payload: Uint8Array
  readonly signatures: readonly Uint8Array[]
}

/** A person, as their statements make them: which devices speak for them. */
export interface Identity {
  readonly id: Uint8Array
  readonly devices: readonly Uint8Array[]
}

/** Seeds of the three keys that an identity starts with. */
export interface IdentitySeeds {
  readonly recovery: Uint8Array
  readonly nextRecovery: Uint8Array
  readonly device: Uint8Array
}

const statementBytes = 512
const mostStatements = 64

/** The first two statements of an identity: that it exists, and that a first device speaks for it. */
export function createIdentity(seeds: IdentitySeeds, primitives: Primitives): IdentityStatement[] {
  const next = primitives.sha256(primitives.publicKey(seeds.nextRecovery))
  const created = encodeCbor(['identity-created', primitives.publicKey(seeds.recovery), next])
  const id = primitives.sha256(inDomain('identity', created))
  const added = encodeCbor(['device-added', id, primitives.sha256(created), primitives.publicKey(seeds.device)])
  return [
    { payload: created, signatures: [primitives.sign(inDomain('identityStatement', created), seeds.recovery)] },
    {
      payload: added,
      signatures: [
        primitives.sign(inDomain('identityStatement', added), seeds.recovery),
        primitives.sign(inDomain('deviceAccepts', added), seeds.device),
      ],
    },
  ]
}

/**
 * Fold the statements of one identity, in order, checking every signature and link.
 *
 * Spec: specs/identity.md. Throws `identity/…`.
 */
export function foldIdentity(statements: readonly IdentityStatement[], primitives: Primitives): Identity {
  const [created, ...rest] = statements
  if (!created) throw new ProtocolError('identity/malformed', 'no statement')
  const recovery = readCreated(created, primitives)
  const id = primitives.sha256(inDomain('identity', created.payload))
  const devices: Uint8Array[] = []
  let previous = created
  for (const statement of rest) {
    devices.push(readDeviceAdded(statement, { id, recovery, previous }, primitives))
    previous = statement
  }
  return { id, devices }
}

function readCreated({ payload, signatures }: IdentityStatement, primitives: Primitives): Uint8Array {
  const [type, recovery, next] = asArray(decodeCbor(payload, { bytes: statementBytes }), 3)
  if (asText(type, 32) !== 'identity-created') throw new ProtocolError('identity/malformed', 'not a beginning')
  const key = validKey(asBytes(recovery, 32), primitives)
  asBytes(next, 32)
  checkSignatures(payload, signatures, [['identityStatement', key]], primitives)
  return key
}

function readDeviceAdded(
  { payload, signatures }: IdentityStatement,
  { id, recovery, previous }: { id: Uint8Array; recovery: Uint8Array; previous: IdentityStatement },
  primitives: Primitives,
): Uint8Array {
  const [type, identity, link, device] = asArray(decodeCbor(payload, { bytes: statementBytes }), 4)
  if (asText(type, 32) !== 'device-added') throw new ProtocolError('identity/malformed', 'an unknown statement')
  const linked = equalBytes(asBytes(link, 32), primitives.sha256(previous.payload))
  if (!linked || !equalBytes(asBytes(identity, 32), id)) {
    throw new ProtocolError('identity/malformed', 'a statement does not follow the one before it')
  }
  const key = validKey(asBytes(device, 32), primitives)
  checkSignatures(
    payload,
    signatures,
    [
      ['identityStatement', recovery],
      ['deviceAccepts', key],
    ],
    primitives,
  )
  return key
}

function validKey(key: Uint8Array, primitives: Primitives): Uint8Array {
  if (!primitives.isValidKey(key)) throw new ProtocolError('identity/key')
  return key
}

function checkSignatures(
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  signers: readonly (readonly ['identityStatement' | 'deviceAccepts', Uint8Array])[],
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
      payload: asBytes(payload, { most: statementBytes }),
      signatures: asArray(signatures, { most: 2 }).map((signature) => asBytes(signature, 64)),
    }
  })
}

/** Throws `identity/device-unknown` unless the device speaks for the identity. */
export function requireDevice(identity: Identity, device: Uint8Array): void {
  if (!identity.devices.some((key) => equalBytes(key, device))) throw new ProtocolError('identity/device-unknown')
}
