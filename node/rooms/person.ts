import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { createIdentity, foldIdentity, requireDevice } from '../../protocol/identity/identity.ts'
import { KnownIdentities } from '../../protocol/identity/known-identities.ts'
import { areRecoveryWords, ownRoomSeed, recoverySeed, recoveryWords } from '../../protocol/identity/recovery.ts'
import type { PlacedStatement } from '../../protocol/identity/resolve-statements.ts'
import {
  type IdentityStatement,
  identityFromCbor,
  identityToCbor,
  mostStatements,
} from '../../protocol/identity/statement.ts'
import { type Admission, signAdmission } from '../../protocol/room/admission.ts'
import { ownRoom, type RoomAccess } from '../../protocol/room/own-room.ts'
import { tidyName } from '../../protocol/room/text.ts'
import { Problem } from '../api/problems.ts'
import { HomeError } from '../home-error.ts'
import type { KeyVault, VaultContent } from '../storage/key-vault.ts'
import type { Room } from './room.ts'

/** Whose node this is: the identity, and the device that speaks for it here. */
export interface Person {
  readonly identity: Uint8Array
  /** What says that the device speaks for the identity, and nothing else. */
  readonly statements: readonly IdentityStatement[]
  /** All that is known of the identity. */
  readonly known: KnownIdentities
  readonly device: Uint8Array
  readonly deviceSeed: Uint8Array
}

export const mostIdentityBytes = 65_536

/** Everything a vault starts with: new words, and an identity that they can recover. */
export function freshVault(primitives: Primitives): VaultContent {
  const words = recoveryWords(randomBytes(32))
  const device = randomBytes(32)
  return {
    words,
    deviceSeed: device.toString('hex'),
    networkSeed: randomBytes(32).toString('hex'),
    viewKey: randomBytes(32).toString('hex'),
    keyStoreKey: randomBytes(32).toString('hex'),
    ...identityFrom(words, device, primitives),
    name: null,
    rooms: [],
    contacts: [],
  }
}

/**
 * The person of a vault, who is somebody else once their identity is restored; that can happen only before the first room. What is known of
 * their devices may change at any time.
 *
 * Throws `HomeError` vault/damaged if its parts do not belong together.
 */
export function personIn(vault: KeyVault, primitives: Primitives): Person {
  let read = vault.content
  let person = personOf(read, primitives)
  const present = () => {
    if (vault.content.deviceSeed !== read.deviceSeed || vault.content.identity !== read.identity) {
      read = vault.content
      person = personOf(read, primitives)
    }
    return person
  }
  return {
    get identity() {
      return present().identity
    },
    get statements() {
      return present().statements
    },
    get known() {
      return present().known
    },
    get device() {
      return present().device
    },
    get deviceSeed() {
      return present().deviceSeed
    },
  }
}

/** Whether the device of this node speaks for its person no more, by all that is known here. */
export function isRevoked({ known, identity, device }: Person): boolean {
  return !known.isActive(toHex(identity), device)
}

/**
 * What a person introduces their device with: that it speaks for them, and who does no more.
 *
 * Who was revoked shows only how they came. Spec: specs/replication.md#messages.
 */
export function introducing(person: Person): readonly IdentityStatement[] {
  const { known, identity, statements } = person
  if (isRevoked(person)) return statements
  const id = toHex(identity)
  const own = known.placedAmong(statements)
  const others = known.placed(id).filter(({ statement }) => statement.type !== 'device-added')
  const all = known.withPast(
    id,
    [...own, ...others].map((each) => each.id),
  )
  return all.length <= mostStatements ? all : statements
}

/** Whose words these are: the id of the identity that they make, whoever has it. */
export function identityOfWords(words: string, primitives: Primitives): Uint8Array {
  return foldIdentity(statementsOf(words, randomBytes(32), primitives), primitives).id
}

/** Make the home of a new person that of whoever has these words, with a new device. Throws the problems `words-wrong` and `not-fresh`. */
export async function restoreIdentity(vault: KeyVault, words: string, primitives: Primitives): Promise<void> {
  if (!areRecoveryWords(words)) throw new Problem('words-wrong')
  const device = randomBytes(32)
  const identity = identityFrom(words, device, primitives)
  await vault.change((content) => {
    requireFresh(content)
    // Whoever typed them has them.
    return { ...content, words: null, deviceSeed: device.toString('hex'), ...identity }
  })
}

/** What another device gives a new one. */
export interface Welcome {
  readonly statements: readonly IdentityStatement[]
  readonly deviceSeed: Uint8Array
  readonly ownRoom: RoomAccess
  /** What the device is called among those of its person. */
  readonly label: string
  readonly name: string
}

/** Make a home that is new that of somebody whose other device has taken this one in. Throws the problem `not-fresh`. */
export async function becomeDevice(vault: KeyVault, welcome: Welcome): Promise<void> {
  const { statements, deviceSeed, ownRoom, label, name } = welcome
  await vault.change((content) => {
    requireFresh(content)
    return {
      ...content,
      words: null,
      deviceSeed: toHex(deviceSeed),
      identity: hexOf(statements),
      ownRoom: { ...hexOfAccess(ownRoom), name: label },
      name,
    }
  })
}

/** Keep that another device speaks for this person too. Throws `identity/…` if the statement does not say so. */
export async function addDevice(
  vault: KeyVault,
  statement: IdentityStatement,
  device: Uint8Array,
  primitives: Primitives,
): Promise<void> {
  await vault.change((content) => {
    const { known, identity } = personOf(content, primitives)
    const statements = [...known.all(toHex(identity)), statement]
    requireDevice(foldIdentity(statements, primitives), device)
    return { ...content, identity: hexOf(statements) }
  })
}

/** Throws the problem `not-fresh` unless nothing has been done here yet. */
export function requireFresh({ name, rooms }: VaultContent): void {
  if (name !== null || rooms.length > 0) throw new Problem('not-fresh')
}

/** What this device is called among those of its person, where nobody has said. */
export const usualLabel = (): string => tidyName(hostname()) || 'device'

const hexOfAccess = ({ genesis, secret, inviteSeed }: RoomAccess) => ({
  genesis: toHex(genesis),
  secret: toHex(secret),
  inviteSeed: toHex(inviteSeed),
})

/** What the vault keeps of an identity that its words make, with this device. */
function identityFrom(
  words: string,
  device: Uint8Array,
  primitives: Primitives,
): Pick<VaultContent, 'identity' | 'ownRoom'> {
  const statements = statementsOf(words, device, primitives)
  const { id } = foldIdentity(statements, primitives)
  const access = ownRoom(ownRoomSeed(words, primitives), id, primitives)
  return { identity: hexOf(statements), ownRoom: { ...hexOfAccess(access), name: usualLabel() } }
}

function statementsOf(words: string, device: Uint8Array, primitives: Primitives): IdentityStatement[] {
  return createIdentity(
    { recovery: recoverySeed(words, 0, primitives), nextRecovery: recoverySeed(words, 1, primitives), device },
    primitives,
  )
}

/** Statements as a vault keeps them. */
export function hexOf(statements: readonly IdentityStatement[]): string {
  return Buffer.from(encodeCbor(identityToCbor(statements))).toString('hex')
}

/** The person a vault holds the keys of; their device may have been revoked. Throws `HomeError` vault/damaged if its parts do not belong together. */
export function personOf(content: VaultContent, primitives: Primitives): Person {
  try {
    const kept = identityFromCbor(decodeCbor(Buffer.from(content.identity, 'hex'), { bytes: mostIdentityBytes }))
    const deviceSeed = Buffer.from(content.deviceSeed, 'hex')
    const device = primitives.publicKey(deviceSeed)
    const known = new KnownIdentities(primitives)
    known.add(kept)
    const [id] = known.ids()
    const adds = ({ statement }: PlacedStatement) =>
      statement.type === 'device-added' && equalBytes(statement.device, device)
    const added = known.placed(id!).filter(adds)
    const statements = known.withPast(
      id!,
      added.slice(0, 1).map((each) => each.id),
    )
    const identity = foldIdentity(statements, primitives)
    requireDevice(identity, device)
    return { identity: identity.id, statements, known, device, deviceSeed }
  } catch (error) {
    throw new HomeError('vault/damaged', `The keys of this home do not fit together: ${(error as Error).message}.`)
  }
}

/** Why the log of this person's device is in a room: they made it, or came by an invite. */
export function admissionOf(
  { identity, statements, device }: Person,
  { id, beginning, inviteSeed }: Pick<Room, 'id' | 'beginning' | 'inviteSeed'>,
  primitives: Primitives,
): Admission {
  const isOwner = Buffer.compare(device, beginning.owner.device) === 0
  if (isOwner || !inviteSeed) return { identity: statements, device, generation: 0, invite: null, signature: null }
  const signature = signAdmission({ room: id, identity, device, generation: 0 }, inviteSeed, primitives)
  return { identity: statements, device, generation: 0, invite: primitives.publicKey(inviteSeed), signature }
}
