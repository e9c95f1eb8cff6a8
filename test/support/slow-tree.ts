import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { concat, uint64Little } from '../../protocol/bytes.ts'
import type { ProofNode } from '../../protocol/log/inclusion.ts'

/** Hypercore's tree as specs/log.md defines it, by splitting the blocks: slow, and without a flat tree. */
function subtree(blocks: readonly Uint8Array[]): ProofNode {
  if (blocks.length === 1) {
    const [block] = blocks as [Uint8Array]
    const hash = primitives.blake2b256(concat(Uint8Array.of(0), uint64Little(block.length), block))
    return { size: block.length, hash }
  }
  const [left, right] = [blocks.slice(0, blocks.length / 2), blocks.slice(blocks.length / 2)].map(subtree)
  const size = left!.size + right!.size
  return { size, hash: primitives.blake2b256(concat(Uint8Array.of(1), uint64Little(size), left!.hash, right!.hash)) }
}

/** The full subtrees over these blocks, from the left: each the greatest power of two that still fits. */
function peaks(blocks: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  if (blocks.length === 0) return []
  const width = 2 ** Math.floor(Math.log2(blocks.length))
  return [blocks.slice(0, width), ...peaks(blocks.slice(width))]
}

export function slowRoots(blocks: readonly Uint8Array[]): ProofNode[] {
  return peaks(blocks).map(subtree)
}

/** The siblings on the way from a block up to its root, lowest first. */
export function slowPath(index: number, blocks: readonly Uint8Array[]): ProofNode[] {
  let start = 0
  for (const peak of peaks(blocks)) {
    if (index < start + peak.length) return pathIn(index - start, peak)
    start += peak.length
  }
  throw new RangeError(`${index} of ${blocks.length}`)
}

function pathIn(index: number, blocks: readonly Uint8Array[]): ProofNode[] {
  if (blocks.length === 1) return []
  const half = blocks.length / 2
  const [left, right] = [blocks.slice(0, half), blocks.slice(half)]
  return index < half ? [...pathIn(index, left), subtree(right)] : [...pathIn(index - half, right), subtree(left)]
}
