import type { BlockChain } from './blocks/block-header.ts'
import type { BlockStanding } from './blocks/header-run.ts'

/** What an anchor shows of when something existed. None of these says that nothing else was anchored. */
export type AnchorFinding =
  | DatedFinding
  /** Said to be in a block; `no-header`: which is not here; `little-work`: with less work on it than the reader asks for. */
  | {
      readonly type: 'undated'
      readonly chain: BlockChain
      readonly height: number
      readonly reason: 'no-header' | 'little-work'
    }
  /** Some calendar has promised to put it into a block. Shows nothing. */
  | { readonly type: 'pending'; readonly uri: string }
  /** A kind of attestation that is not read here. Shows nothing. */
  | { readonly type: 'unknown' }

/** It existed when this block was made. */
export interface DatedFinding {
  readonly type: 'dated'
  readonly chain: BlockChain
  readonly height: number
  /** Hash of the block. */
  readonly block: Uint8Array
  /** Unix seconds, by the block's maker. */
  readonly time: number
  readonly standing: BlockStanding
}
