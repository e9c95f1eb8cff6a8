import { concat, fromHex, fromText, toHex } from '../../bytes.ts'
import { ProtocolError } from '../../errors.ts'
import type { BlockChain } from '../blocks/block-header.ts'
import { encodeNumber, Reader } from './reader.ts'

/**
 * What is said of a message.
 *
 * `block`: it is the Merkle root of the block at this height. `pending`: a calendar will know more. `unknown`: of a kind that is not read here.
 */
export type Attestation =
  | { readonly type: 'block'; readonly chain: BlockChain; readonly height: number }
  | { readonly type: 'pending'; readonly uri: string }
  | { readonly type: 'unknown'; readonly tag: Uint8Array; readonly payload: Uint8Array }

const tags = { bitcoin: '0588960d73d71901', litecoin: '06869a0d73d71b45', pending: '83dfe30d2ef90c8e' } as const
const mostPayloadBytes = 8_192
const mostUriBytes = 1_000
const mostHeight = 2 ** 31

/** The bytes of an attestation, as they stand in an `.ots` file. Spec: specs/anchor.md#opentimestamps. */
export function encodeAttestation(attestation: Attestation): Uint8Array {
  const payload = payloadOf(attestation)
  const tag = attestation.type === 'unknown' ? attestation.tag : fromHex(tags[keyOf(attestation)])
  return concat(tag, encodeNumber(payload.length), payload)
}

const keyOf = (attestation: Exclude<Attestation, { type: 'unknown' }>): keyof typeof tags =>
  attestation.type === 'block' ? attestation.chain : 'pending'

function payloadOf(attestation: Attestation): Uint8Array {
  switch (attestation.type) {
    case 'block':
      return encodeNumber(attestation.height)
    case 'pending':
      return concat(encodeNumber(attestation.uri.length), fromText(attestation.uri))
    case 'unknown':
      return attestation.payload
  }
}

/** Throws `anchor/ots`. */
export function readAttestation(reader: Reader): Attestation {
  const tag = reader.take(8)
  const payload = reader.counted(0, mostPayloadBytes)
  switch (toHex(tag)) {
    case tags.bitcoin:
      return { type: 'block', chain: 'bitcoin', height: heightIn(payload) }
    case tags.litecoin:
      return { type: 'block', chain: 'litecoin', height: heightIn(payload) }
    case tags.pending:
      return { type: 'pending', uri: uriIn(payload) }
    default:
      return { type: 'unknown', tag, payload }
  }
}

function heightIn(payload: Uint8Array): number {
  const reader = new Reader(payload)
  const height = reader.number()
  if (!reader.isDone || height > mostHeight) throw new ProtocolError('anchor/ots', 'a height that is none')
  return height
}

function uriIn(payload: Uint8Array): string {
  const reader = new Reader(payload)
  const uri = String.fromCharCode(...reader.counted(0, mostUriBytes))
  // Some program will ask there: nothing that could mean more than a place.
  if (!reader.isDone || !/^[A-Za-z0-9._/:-]*$/.test(uri))
    throw new ProtocolError('anchor/ots', 'an address that is none')
  return uri
}
