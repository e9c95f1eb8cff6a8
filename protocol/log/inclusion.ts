import { equalBytes } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { joinNodes, type LogRoots, leafNode, type TreeNode } from './hypercore.ts'

/** A node whose place follows from where it stands in a proof. `size`: bytes of the blocks below it, as somebody says. */
export type ProofNode = Omit<TreeNode, 'index'>

/** What leads from one block of a log to the roots at a length. */
export interface InclusionProof {
  readonly index: number
  readonly length: number
  /** The siblings on the way from the block up to its root, lowest first. */
  readonly path: readonly ProofNode[]
}

/** Beyond any real log; twice that, and so every place in the flat tree, can still be counted exactly. */
export const mostProvenLength = 2 ** 48

/** A full subtree among the roots of a log: `leaves` blocks from block `start` on. */
interface Peak {
  readonly start: number
  readonly leaves: number
}

/** The places of the roots over `length` blocks in the flat tree, from the left. Spec: specs/log.md#tree. */
export function rootIndices(length: number): number[] {
  return peaksOf(length).map(({ start, leaves }) => nodeIndex(start, leaves))
}

/** The places of the siblings from block `index` up to its root at this length, lowest first. Spec: specs/log.md#inclusion. */
export function siblingIndices(index: number, length: number): number[] {
  const { leaves } = peaksOf(length)[peakOver(index, length)]!
  const places: number[] = []
  for (let width = 1; width < leaves; width *= 2) {
    const own = Math.floor(index / width)
    places.push(nodeIndex((own % 2 === 0 ? own + 1 : own - 1) * width, width))
  }
  return places
}

/** Roots at the places where they stand over `length` blocks. Throws `log/inclusion` if there are more or fewer. */
export function placeRoots(length: number, roots: readonly ProofNode[]): LogRoots {
  const indices = rootIndices(length)
  if (roots.length !== indices.length)
    throw new ProtocolError('log/inclusion', 'more or fewer roots than the length has')
  return roots.map(({ size, hash }, i) => ({ index: indices[i]!, size, hash }))
}

/**
 * Check that a block stands at an index of the log that has these roots.
 *
 * Says nothing of the roots: compare their tree hash with a signed head. Sizes are hashed on every level, and so are not believed.
 * Spec: specs/log.md#inclusion. Throws `log/inclusion`.
 */
export function verifyInclusion(
  block: Uint8Array,
  proof: InclusionProof,
  roots: LogRoots,
  primitives: Primitives,
): void {
  const { index, length, path } = proof
  const root = roots[peakOver(index, length)]
  const places = siblingIndices(index, length)
  if (path.length !== places.length) throw new ProtocolError('log/inclusion', 'a path longer or shorter than the tree')
  let node = leafNode(block, index, primitives)
  for (const [level, { size, hash }] of path.entries()) {
    // A stranger's sizes may add up to what no number holds exactly.
    if (!Number.isSafeInteger(node.size + size)) throw new ProtocolError('log/inclusion', 'a size beyond all blocks')
    const sibling = { index: places[level]!, size, hash }
    node = sibling.index < node.index ? joinNodes(sibling, node, primitives) : joinNodes(node, sibling, primitives)
  }
  if (!root || node.index !== root.index || node.size !== root.size || !equalBytes(node.hash, root.hash)) {
    throw new ProtocolError('log/inclusion')
  }
}

function peaksOf(length: number): Peak[] {
  const peaks: Peak[] = []
  let start = 0
  for (let leaves = 2 ** 48; leaves >= 1; leaves /= 2) {
    if (length - start < leaves) continue
    peaks.push({ start, leaves })
    start += leaves
  }
  return peaks
}

/** Which root stands over a block. Throws `log/inclusion` if the log is not that long. */
function peakOver(index: number, length: number): number {
  if (length > mostProvenLength || index >= length) throw new ProtocolError('log/inclusion', `${index} of ${length}`)
  return peaksOf(length).findIndex(({ start, leaves }) => index < start + leaves)
}

/** The place in the flat tree of the node over `leaves` blocks from `start` on. */
const nodeIndex = (start: number, leaves: number): number => 2 * start + leaves - 1
