import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** Who has dialled, and who was dialled. */
export type PairingSide = 'new' | 'old'

const sides: Record<PairingSide, Uint8Array> = { new: Uint8Array.of(0), old: Uint8Array.of(1) }

/** What a device shows before it is looked at. */
export interface NewDevice {
  readonly device: Uint8Array
  /** 32 random bytes. */
  readonly nonce: Uint8Array
  /** What it is called among the devices of its person. */
  readonly label: string
}

/** What the old device says on one connection. `connection`: the Noise handshake hash. */
export interface PairingAnswer {
  readonly connection: Uint8Array
  readonly identity: Uint8Array
  /** 32 random bytes, chosen once the commitment is there. */
  readonly nonce: Uint8Array
}

/** What one side sends to prove that it has the link. Spec: specs/pairing.md#exchange. */
export function provePairing(
  secret: Uint8Array,
  connection: Uint8Array,
  side: PairingSide,
  primitives: Primitives,
): Uint8Array {
  return expand(secret, inDomain('pairingProof', connection, sides[side]), primitives)
}

/** Throws `pairing/proof` unless the other side has the link. */
export function checkPairingProof(
  secret: Uint8Array,
  connection: Uint8Array,
  side: PairingSide,
  proof: Uint8Array,
  primitives: Primitives,
): void {
  // Of one connection alone: how long the comparison takes tells nothing of the secret.
  if (!equalBytes(provePairing(secret, connection, side, primitives), proof)) throw new ProtocolError('pairing/proof')
}

/** By which a new device binds itself before it knows what the old one says. */
export function commitToDevice({ device, nonce, label }: NewDevice, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('pairingCommitment', encodeCbor([device, nonce, label])))
}

/** Throws `pairing/commitment` unless this is the device that has bound itself. */
export function checkCommitment(shown: NewDevice, commitment: Uint8Array, primitives: Primitives): void {
  if (!equalBytes(commitToDevice(shown, primitives), commitment)) throw new ProtocolError('pairing/commitment')
}

/** Six digits that are the same on both devices if nobody stands between them: one in a million otherwise. */
export function comparisonCode(
  { connection, identity, nonce }: PairingAnswer,
  { device, nonce: own, label }: NewDevice,
  primitives: Primitives,
): string {
  const hash = primitives.sha256(inDomain('pairingCode', encodeCbor([connection, identity, nonce, device, own, label])))
  const number = hash.subarray(0, 6).reduce((value, byte) => value * 256 + byte, 0)
  return String(number % 1_000_000).padStart(6, '0')
}
