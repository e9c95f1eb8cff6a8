import type { BlockChain } from './blocks/block-header.ts'

/** A public chain, as CAIP-2 calls it where that is short. */
export type Chain = BlockChain | EvmChain

/** A chain of Ethereum's form, by its id: 1 is Ethereum. */
export type EvmChain = `eip155:${number}`

/** A block that the reader knows to be in its chain, from a source of their own. */
export interface KnownBlock {
  readonly chain: Chain
  readonly height: number
  readonly hash: Uint8Array
}

/**
 * What a reader believes of public chains. It is the reader's own: never take it from who shows a proof.
 *
 * `leastWork`: how many hashes must have been spent on a block and what follows it, where it is not known.
 */
export interface AnchorTrust {
  readonly known: readonly KnownBlock[]
  readonly leastWork: Readonly<Record<BlockChain, bigint>>
}
