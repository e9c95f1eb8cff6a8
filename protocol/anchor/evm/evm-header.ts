import { keccak256 } from '../../crypto/chain-hashes.ts'
import { ProtocolError } from '../../errors.ts'
import { decodeRlp, rlpBytes, rlpList, rlpNumber } from './rlp.ts'

/** What is read of the header of a block of Ethereum's form. */
export interface EvmHeader {
  readonly hash: Uint8Array
  readonly stateRoot: Uint8Array
  readonly receiptsRoot: Uint8Array
  readonly number: number
  /** Unix seconds. */
  readonly time: number
}

export const mostHeaderBytes = 4_096
// Of the first blocks; later ones have more behind them.
const leastFields = 15

/**
 * Read a header of any fork. Its hash says nothing of its truth: whoever makes one can name any state.
 *
 * Spec: specs/evm.md#header. Throws `anchor/header` or `anchor/rlp`.
 */
export function decodeEvmHeader(bytes: Uint8Array): EvmHeader {
  if (bytes.length > mostHeaderBytes) throw new ProtocolError('anchor/header', `${bytes.length} bytes`)
  const fields = rlpList(decodeRlp(bytes), { least: leastFields })
  return {
    hash: keccak256(bytes),
    stateRoot: rlpBytes(fields[3], 32),
    receiptsRoot: rlpBytes(fields[5], 32),
    number: rlpNumber(fields[8]),
    time: rlpNumber(fields[11]),
  }
}
