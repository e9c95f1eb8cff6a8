import { equalBytes } from '../../bytes.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { ProtocolError } from '../../errors.ts'
import type { AnchorTrust } from '../trust.ts'
import {
  type BlockChain,
  type BlockHeader,
  blockHash,
  decodeBlockHeader,
  headerBytes,
  verifyWork,
  workOf,
} from './block-header.ts'

/** Headers of one chain, one after the other, as somebody gives them. */
export interface HeaderRun {
  readonly chain: BlockChain
  /** Of the first one, as they say: no header names its height. */
  readonly height: number
  /** 80 bytes each, without anything between. */
  readonly bytes: Uint8Array
}

/**
 * Why a block is believed to be in its chain, or not.
 *
 * `known`: a block that the reader knows is this one, or grew from it. `work`: so many hashes were spent on it and what follows here, which is
 * what a forger would have to spend; `follows`: they would have to do so after a block that the reader knows. `little`: less than they ask for.
 */
export type BlockStanding =
  | { readonly type: 'known' }
  | { readonly type: 'work' | 'little'; readonly work: bigint; readonly follows: boolean }

export interface PlacedHeader {
  readonly header: BlockHeader
  readonly hash: Uint8Array
  readonly height: number
}

export const mostHeaders = 2_048

/**
 * Check that the headers of a run follow each other, and that the work of each was done.
 *
 * Spec: specs/anchor.md#blocks. Throws `anchor/header` or `anchor/work`.
 */
export function verifyHeaderRun({ chain, height, bytes }: HeaderRun, primitives: Primitives): readonly PlacedHeader[] {
  const count = bytes.length / headerBytes
  if (!(Number.isInteger(count) && count > 0 && count <= mostHeaders))
    throw new ProtocolError('anchor/header', `${count} headers`)
  const placed: PlacedHeader[] = []
  for (let i = 0; i < count; i++) {
    const header = decodeBlockHeader(bytes.slice(i * headerBytes, (i + 1) * headerBytes))
    const before = placed.at(-1)
    if (before && !equalBytes(header.previous, before.hash))
      throw new ProtocolError('anchor/header', `${height + i} does not follow`)
    verifyWork(header, chain, primitives)
    placed.push({ header, hash: blockHash(header, primitives), height: height + i })
  }
  return placed
}

/** How far the reader believes that a header of a verified run is in its chain. Spec: specs/anchor.md#blocks. */
export function standingOf(
  placed: PlacedHeader,
  run: readonly PlacedHeader[],
  chain: BlockChain,
  { known, leastWork }: AnchorTrust,
): BlockStanding {
  const isKnown = ({ hash, height }: PlacedHeader) =>
    known.some((block) => block.chain === chain && block.height === height && equalBytes(block.hash, hash))
  const after = run.filter(({ height }) => height >= placed.height)
  // A hash vouches for all that it grew from, and for nothing that grows from it.
  if (after.some(isKnown)) return { type: 'known' }
  const work = after.reduce((sum, { header }) => sum + workOf(header), 0n)
  return { type: work >= leastWork[chain] ? 'work' : 'little', work, follows: run.some(isKnown) }
}
