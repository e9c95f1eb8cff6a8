import type { BlockStanding } from './blocks/header-run.ts'
import type { SequencePlace } from './evm/contract.ts'
import type { Chain } from './trust.ts'

/** What an anchor shows of when something existed. None of these says that nothing else was anchored. */
export type AnchorFinding =
  | DatedFinding
  /**
   * Said to be in a block; `no-header`: which is not here; `little-work`: with less work on it than the reader asks for; `unknown-block`: of a chain
   * whose headers prove no work, and which the reader does not know.
   */
  | {
      readonly type: 'undated'
      readonly chain: Chain
      readonly height: number
      readonly reason: 'no-header' | 'little-work' | 'unknown-block'
    }
  /** Some calendar has promised to put it into a block. Shows nothing. */
  | { readonly type: 'pending'; readonly uri: string }
  /** A kind of attestation that is not read here. Shows nothing. */
  | { readonly type: 'unknown' }

/** It existed when this block was made. */
export interface DatedFinding {
  readonly type: 'dated'
  readonly chain: Chain
  readonly height: number
  /** Hash of the block. */
  readonly block: Uint8Array
  /** Unix seconds, by the block's maker. */
  readonly time: number
  readonly standing: BlockStanding
  /** Where in the sequence of its sender: on this chain nothing else has this place. */
  readonly place?: SequencePlace
}
