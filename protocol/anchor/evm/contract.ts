import { concat, equalBytes, fromHex, fromText } from '../../bytes.ts'
import { keccak256 } from '../../crypto/chain-hashes.ts'
import { ProtocolError } from '../../errors.ts'
import { decodeRlp, encodeRlpNumber, type Rlp, rlpBytes, rlpList, rlpNumber } from './rlp.ts'
import { trieValue } from './trie.ts'

/** Where a message stands among all that one sender has anchored on one chain: the first has number 1. */
export interface SequencePlace {
  /** 20 bytes. */
  readonly sender: Uint8Array
  readonly number: number
}

/**
 * Where contracts/ParleyAnchors.sol stands on every chain: what a well-known factory makes of its code, with a salt of zeros.
 *
 * The address commits to all code that ever ran there, also while it was made. Equal code at another address does not: whoever
 * put it there may have begun with a sequence of their own. Spec: specs/evm.md#contract (EIP-1014).
 */
export const contractAddress = fromHex('c7c457c47229f0a1351ce7e7894e007f2ddf3503')

/** The root of the storage of the contract in a state. Throws `anchor/trie` or `anchor/rlp`. */
export function contractStorage(stateRoot: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array {
  const account = rlpList(decodeRlp(trieValue(stateRoot, keccak256(contractAddress), nodes)), 4)
  return rlpBytes(account[2], 32)
}

const anchored = keccak256(fromText('Anchored(address,uint64,bytes32)'))

/** Where a message was anchored, as the receipt of a transaction shows. Throws `anchor/receipt`, `anchor/trie` or `anchor/rlp`. */
export function placeInReceipt(
  message: Uint8Array,
  receiptsRoot: Uint8Array,
  index: number,
  nodes: readonly Uint8Array[],
): SequencePlace {
  const value = trieValue(receiptsRoot, encodeRlpNumber(index), nodes)
  // Receipts of newer transactions have their type before them, which no list begins with.
  const [status, , , logs] = rlpList(decodeRlp(value[0]! < 0x80 ? value.subarray(1) : value), 4)
  if (!equalBytes(rlpBytes(status), Uint8Array.of(1))) throw new ProtocolError('anchor/receipt', 'it failed')
  for (const log of rlpList(logs, { least: 0 })) {
    const place = placeInLog(log, message)
    if (place) return place
  }
  throw new ProtocolError('anchor/receipt')
}

function placeInLog(log: Rlp, message: Uint8Array): SequencePlace | null {
  const [by, topics, data] = rlpList(log, 3)
  const [event, sender, number] = rlpList(topics, { least: 0 }).map((topic) => rlpBytes(topic, 32))
  const isIt = equalBytes(rlpBytes(by), contractAddress) && equalBytes(rlpBytes(data), message)
  if (!isIt || !event || !sender || !number || !equalBytes(event, anchored)) return null
  return { sender: sender.slice(12), number: rlpNumber(number.slice(number.findIndex((byte) => byte !== 0))) }
}

/** What a state has of the sequence of one sender: where a message stands in it, and what comes before and after it. */
export interface SequenceWitness {
  readonly sender: Uint8Array
  /** What stands for all messages before this one, 32 bytes. */
  readonly tip: Uint8Array
  /** All messages after it, in order. */
  readonly later: readonly Uint8Array[]
  /** The nodes that lead to the tip after all of them, and to their number. */
  readonly tipNodes: readonly Uint8Array[]
  readonly lengthNodes: readonly Uint8Array[]
}

/** Where a message was anchored, as the storage of the contract shows. Throws `anchor/sequence`, `anchor/trie` or `anchor/rlp`. */
export function placeInStorage(message: Uint8Array, storageRoot: Uint8Array, witness: SequenceWitness): SequencePlace {
  const { sender, tip, later } = witness
  const slot = keccak256(concat(new Uint8Array(12), sender, new Uint8Array(32)))
  const stored = decodeRlp(trieValue(storageRoot, keccak256(slot), witness.tipNodes))
  const length = rlpNumber(decodeRlp(trieValue(storageRoot, keccak256(next(slot)), witness.lengthNodes)))
  const computed = [message, ...later].reduce((before, each) => keccak256(concat(before, each)), tip)
  if (!equalBytes(padded(rlpBytes(stored)), computed)) throw new ProtocolError('anchor/sequence')
  const number = length - later.length
  const isFirst = tip.every((byte) => byte === 0)
  if (number < 1 || isFirst !== (number === 1)) throw new ProtocolError('anchor/sequence', `${number} of ${length}`)
  return { sender, number }
}

/** The slot after this one. */
function next(slot: Uint8Array): Uint8Array {
  const bytes = slot.slice()
  for (let i = 31; i >= 0; i--) {
    bytes[i] = (bytes[i]! + 1) & 255
    if (bytes[i] !== 0) break
  }
  return bytes
}

/** 32 bytes, of which storage leaves out zeros at the start. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 32 || bytes[0] === 0) throw new ProtocolError('anchor/rlp', 'a word expected')
  return concat(new Uint8Array(32 - bytes.length), bytes)
}
