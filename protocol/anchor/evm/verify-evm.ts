import { equalBytes } from '../../bytes.ts'
import type { AnchorFinding } from '../finding.ts'
import type { AnchorTrust, EvmChain } from '../trust.ts'
import { contractStorage, placeInReceipt, placeInStorage, type SequenceWitness } from './contract.ts'
import { decodeEvmHeader } from './evm-header.ts'

/** A message in a contract of a chain of Ethereum's form. */
export interface EvmEvidence {
  readonly type: 'evm'
  /** Of the chain: 1 is Ethereum. */
  readonly chainId: number
  /** The block's header, as it is hashed. */
  readonly header: Uint8Array
  readonly proof: EvmProof
}

/** Either the transaction that anchored the message is in this block, or the state after this block shows that some block before did. */
export type EvmProof =
  | { readonly type: 'receipt'; readonly index: number; readonly nodes: readonly Uint8Array[] }
  /** `accountNodes` lead to the contract in the state. */
  | ({ readonly type: 'storage'; readonly accountNodes: readonly Uint8Array[] } & SequenceWitness)

/**
 * What the evidence shows of a message of 32 bytes. Needs no network, but a block that the reader knows: these headers prove no work.
 *
 * Spec: specs/evm.md#verifying. Throws `anchor/…`.
 */
export function verifyEvm(message: Uint8Array, evidence: EvmEvidence, { known }: AnchorTrust): AnchorFinding[] {
  const chain: EvmChain = `eip155:${evidence.chainId}`
  const { hash, stateRoot, receiptsRoot, number: height, time } = decodeEvmHeader(evidence.header)
  const { proof } = evidence
  const place =
    proof.type === 'receipt'
      ? placeInReceipt(message, receiptsRoot, proof.index, proof.nodes)
      : placeInStorage(message, contractStorage(stateRoot, proof.accountNodes), proof)
  const isKnown = known.some(
    (block) => block.chain === chain && block.height === height && equalBytes(block.hash, hash),
  )
  if (!isKnown) return [{ type: 'undated', chain, height, reason: 'unknown-block' }]
  return [{ type: 'dated', chain, height, block: hash, time, standing: { type: 'known' }, place }]
}
