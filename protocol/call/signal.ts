import { equalBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type Description, decodeDescription, descriptionBytes, encodeDescription } from './description.ts'
import { checkRole } from './sdp.ts'

/** A person at one of their devices. */
export interface Party {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

/** Which call, from whom, to whom. */
export interface CallBetween {
  readonly call: Uint8Array
  readonly caller: Party
  readonly callee: Party
}

/** What the caller tells the callee's device, and nobody else. */
export interface CallOffer extends CallBetween {
  readonly description: Description
}

/** What the callee's device tells the caller's. `offer` is the `offerHash` of what it answers. */
export interface CallAnswer extends CallOffer {
  readonly offer: Uint8Array
}

/** What a plaintext may measure at most: a description and the names around it. */
const signalBytes = descriptionBytes + 256

/** Spec: specs/call.md#signals. Throws `call/…`. */
export function encodeOffer(offer: CallOffer): Uint8Array {
  checkRole(offer.description, 'offer')
  return encodeCbor([...betweenToCbor(offer), encodeDescription(offer.description)])
}

/** Throws `call/…` and `encoding/…`. That the names are the right ones is for `requireBetween`. */
export function decodeOffer(plaintext: Uint8Array): CallOffer {
  const [call, caller, callee, description] = asArray(decodeCbor(plaintext, { bytes: signalBytes }), 4)
  const offer = {
    ...betweenFromCbor(call, caller, callee),
    description: decodeDescription(asBytes(description, { most: descriptionBytes })),
  }
  checkRole(offer.description, 'offer')
  return offer
}

/** Spec: specs/call.md#signals. Throws `call/…`. */
export function encodeAnswer(answer: CallAnswer): Uint8Array {
  checkRole(answer.description, 'answer')
  return encodeCbor([...betweenToCbor(answer), encodeDescription(answer.description), answer.offer])
}

/** Throws `call/…` and `encoding/…`. That it answers the right offer is for `requireBetween` and the call itself. */
export function decodeAnswer(plaintext: Uint8Array): CallAnswer {
  const [call, caller, callee, description, offer] = asArray(decodeCbor(plaintext, { bytes: signalBytes }), 5)
  const answer = {
    ...betweenFromCbor(call, caller, callee),
    description: decodeDescription(asBytes(description, { most: descriptionBytes })),
    offer: asBytes(offer, 32),
  }
  checkRole(answer.description, 'answer')
  return answer
}

/** The name of an offer, which its answer repeats: SHA-256 of the plaintext under the offer's label. */
export function offerHash(plaintext: Uint8Array, primitives: Pick<Primitives, 'sha256'>): Uint8Array {
  return primitives.sha256(inDomain('callOffer', plaintext))
}

/** What stands before each packet of a group call's link, which its offer names. Spec: specs/group-call.md#links. */
export function linkTunnel(offer: Uint8Array): Uint8Array {
  return offer.subarray(0, 4)
}

/** Throws `call/signal` unless the signal is of this very call between these very devices. */
export function requireBetween(signal: CallBetween, { call, caller, callee }: CallBetween): void {
  const same = equalBytes(signal.call, call) && sameParty(signal.caller, caller) && sameParty(signal.callee, callee)
  if (!same) throw new ProtocolError('call/signal')
}

function sameParty(a: Party, b: Party): boolean {
  return equalBytes(a.identity, b.identity) && equalBytes(a.device, b.device)
}

/** What a sealed signal is bound to: copied to another room, author, call or recipient, it does not open (RFC 9180, 8.1). */
export interface SealContext {
  readonly type: 'offer' | 'answer'
  readonly room: Uint8Array
  readonly call: Uint8Array
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** Of an offer the presence id that the callee gave, of an answer the offer's hash: what the entry says in the open. */
  readonly answers: Uint8Array
}

/** `info` and `aad` for HPKE. Spec: specs/call.md#sealing. */
export function sealContext({ type, room, call, from, to, answers }: SealContext): {
  info: Uint8Array
  aad: Uint8Array
} {
  return {
    info: inDomain(type === 'offer' ? 'callOffer' : 'callAnswer'),
    aad: encodeCbor([room, call, from, to, answers]),
  }
}

function betweenToCbor({ call, caller, callee }: CallBetween): CborValue[] {
  return [call, [caller.identity, caller.device], [callee.identity, callee.device]]
}

function betweenFromCbor(
  call: CborValue | undefined,
  caller: CborValue | undefined,
  callee: CborValue | undefined,
): CallBetween {
  return { call: asBytes(call, 16), caller: partyFromCbor(caller), callee: partyFromCbor(callee) }
}

function partyFromCbor(value: CborValue | undefined): Party {
  const [identity, device] = asArray(value, 2)
  return { identity: asBytes(identity, 32), device: asBytes(device, 32) }
}
