import { asArray, asBytes, asText, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type IdentityStatement, identityFromCbor, identityToCbor } from '../identity/statement.ts'
import { mostGenesisBytes } from '../room/genesis.ts'
import type { RoomAccess } from '../room/own-room.ts'
import { mostNameBytes, requireName } from '../room/text.ts'
import type { NewDevice } from './comparison.ts'

/** What the two devices say to each other, in this order. Spec: specs/pairing.md#exchange. */
export type PairingMessage =
  /** New: I have the link, and bind myself. */
  | { readonly type: 'hello'; readonly proof: Uint8Array; readonly commitment: Uint8Array }
  /** Old: so have I, and this is who you would be. */
  | {
      readonly type: 'answer'
      readonly proof: Uint8Array
      readonly nonce: Uint8Array
      readonly identity: Uint8Array
      readonly name: string
    }
  /** New: who I am. */
  | ({ readonly type: 'reveal' } & NewDevice)
  /** Old, once somebody has said that the codes are the same: the last of these statements adds you. You have to sign it too. */
  | { readonly type: 'offer'; readonly statements: readonly IdentityStatement[] }
  /** New: my signature. */
  | { readonly type: 'accept'; readonly signature: Uint8Array }
  /** Old: the room of our devices, in which all else stands. */
  | { readonly type: 'welcome'; readonly ownRoom: RoomAccess }

/** All statements that an identity may have, each with its signatures. */
export const mostPairingMessageBytes = 300_000

const types = ['hello', 'answer', 'reveal', 'offer', 'accept', 'welcome'] as const satisfies PairingMessage['type'][]

/** A message as it travels. Throws `room/text` for a name or label that is none. Spec: specs/pairing.md#messages. */
export function encodePairingMessage(message: PairingMessage): Uint8Array {
  return encodeCbor([types.indexOf(message.type), ...fieldsOf(message)])
}

function fieldsOf(message: PairingMessage): CborValue[] {
  switch (message.type) {
    case 'hello':
      return [message.proof, message.commitment]
    case 'answer':
      return [message.proof, message.nonce, message.identity, requireName(message.name)]
    case 'reveal':
      return [message.device, message.nonce, requireName(message.label)]
    case 'offer':
      return [identityToCbor(message.statements)]
    case 'accept':
      return [message.signature]
    case 'welcome': {
      const { genesis, secret, inviteSeed } = message.ownRoom
      return [genesis, secret, inviteSeed]
    }
  }
}

/** Throws `pairing/message`. Nothing is verified. */
export function decodePairingMessage(bytes: Uint8Array): PairingMessage {
  try {
    const fields = asArray(decodeCbor(bytes, { bytes: mostPairingMessageBytes }), { most: 5 })
    const type = types[asUint(fields[0])]
    if (!type) throw new ProtocolError('pairing/message', 'of a kind that is not known')
    return messageFrom(type, fields)
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'pairing/message') throw error
    throw new ProtocolError('pairing/message', (error as Error).message)
  }
}

function messageFrom(type: PairingMessage['type'], fields: readonly CborValue[]): PairingMessage {
  switch (type) {
    case 'hello': {
      const [, proof, commitment] = asArray(fields, 3)
      return { type, proof: asBytes(proof, 32), commitment: asBytes(commitment, 32) }
    }
    case 'answer': {
      const [, proof, nonce, identity, name] = asArray(fields, 5)
      return {
        type,
        proof: asBytes(proof, 32),
        nonce: asBytes(nonce, 32),
        identity: asBytes(identity, 32),
        name: requireName(asText(name, mostNameBytes)),
      }
    }
    case 'reveal': {
      const [, device, nonce, label] = asArray(fields, 4)
      return {
        type,
        device: asBytes(device, 32),
        nonce: asBytes(nonce, 32),
        label: requireName(asText(label, mostNameBytes)),
      }
    }
    case 'offer': {
      const [, statements] = asArray(fields, 2)
      return { type, statements: identityFromCbor(statements) }
    }
    case 'accept': {
      const [, signature] = asArray(fields, 2)
      return { type, signature: asBytes(signature, 64) }
    }
    case 'welcome': {
      const [, genesis, secret, inviteSeed] = asArray(fields, 4)
      const ownRoom = {
        genesis: asBytes(genesis, { most: mostGenesisBytes }),
        secret: asBytes(secret, 32),
        inviteSeed: asBytes(inviteSeed, 32),
      }
      return { type, ownRoom }
    }
  }
}
