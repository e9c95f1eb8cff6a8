import { compareBytes, concat, equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import type { EpochCommitments, EpochPlace, EpochSecrets } from './epoch.ts'
import { type Box, mostBoxes } from './event.ts'
import type { HeldPrekey, Prekey } from './prekey.ts'

/** What a sealed thing is bound to (RFC 9180, 8.1). */
export interface HpkeContext {
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

/** RFC 9180 in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305, given from outside. */
export interface Hpke {
  /** The encapsulated key, then the ciphertext. */
  seal(publicKey: Uint8Array, plaintext: Uint8Array, context: HpkeContext): Promise<Uint8Array>
  /** Answers `null` if it does not open. */
  open(privateKey: Uint8Array, sealed: Uint8Array, context: HpkeContext): Promise<Uint8Array | null>
}

/** A device that may read, with its newest prekey. */
export interface Recipient {
  readonly device: Uint8Array
  readonly prekey: Prekey
}

/** What this device opens boxes with. */
export interface BoxOwner {
  readonly device: Uint8Array
  readonly prekeys: readonly HeldPrekey[]
}

/** Which step of each chain the keys in a box are of. */
export interface BoxedSteps {
  readonly history: number
  readonly ephemeral: number
}

/** What all boxes of one entry have in common. */
export interface BoxSubject {
  readonly place: EpochPlace
  readonly commitments: EpochCommitments
  readonly steps: BoxedSteps
}

/** Seal the secrets of an epoch, or the keys of its present steps, to each of at most 1000 recipients; by ascending device. */
export async function sealBoxes(
  secrets: EpochSecrets,
  recipients: readonly Recipient[],
  subject: BoxSubject,
  hpke: Hpke,
): Promise<readonly Box[]> {
  if (recipients.length > mostBoxes) throw new ProtocolError('encoding/too-large', `${recipients.length} recipients`)
  const plaintext = concat(secrets.header, secrets.history, secrets.ephemeral)
  const sorted = [...recipients].sort((a, b) => compareBytes(a.device, b.device))
  return Promise.all(
    sorted.map(async ({ device, prekey: { generation, key } }) => {
      const sealed = await hpke.seal(key, plaintext, boxContext(subject, { device, generation }))
      return { device, generation, sealed }
    }),
  )
}

/** What stands in this device's box; null if there is none, or its prekey is gone. Throws `epoch/box`. */
export async function openOwnBox(
  boxes: readonly Box[],
  owner: BoxOwner,
  subject: BoxSubject,
  hpke: Hpke,
): Promise<EpochSecrets | null> {
  const box = boxes.find(({ device }) => equalBytes(device, owner.device))
  const opened = box ? await openBox(box, owner, boxContext(subject, box), hpke) : null
  if (opened && opened.length !== 3 * 32) throw new ProtocolError('epoch/box', `${opened.length} bytes`)
  return opened && { header: opened.slice(0, 32), history: opened.slice(32, 64), ephemeral: opened.slice(64) }
}

/** What stands in a box; null if its prekey is not held. Throws `epoch/box`. */
export async function openBox(
  { generation, sealed }: Box,
  { prekeys }: BoxOwner,
  context: HpkeContext,
  hpke: Hpke,
): Promise<Uint8Array | null> {
  const prekey = prekeys.find((each) => each.generation === generation)
  if (!prekey) return null
  const opened = await hpke.open(prekey.privateKey, sealed, context)
  if (!opened) throw new ProtocolError('epoch/box')
  return opened
}

/** Spec: specs/encryption.md#boxes. */
function boxContext(
  { place, commitments, steps }: BoxSubject,
  { device, generation }: Omit<Box, 'sealed'>,
): HpkeContext {
  const { room, log, number } = place
  const { header, history, ephemeral } = commitments
  const committed = [header, history, ephemeral]
  return {
    info: inDomain('epochBox'),
    aad: encodeCbor([room, log, number, committed, steps.history, steps.ephemeral, device, generation]),
  }
}
