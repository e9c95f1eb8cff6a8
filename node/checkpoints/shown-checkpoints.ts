import { compareBytes, toHex } from '../../protocol/bytes.ts'
import { encodeCheckpoint, type SignedCheckpoint } from '../../protocol/checkpoint/checkpoint.ts'
import type { LoggedHead } from '../../protocol/checkpoint/logged-head.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { MerkleTree } from '../../protocol/merkle/tree.ts'
import type { ShownCheckpoint, ShownHead } from '../../protocol/verification/shown-checkpoint.ts'

/** A tree with its leaves, its newest checkpoint, and the one that most have witnessed. */
interface ShownTree {
  readonly tree: MerkleTree
  readonly leaves: readonly LoggedHead[]
  readonly newest: SignedCheckpoint
  readonly mostWitnessed: SignedCheckpoint
}

/** What a file has, for checkpoints to be put into it. */
export interface ShownFile {
  /** Whether it can be seen of a head that it is one of a log in the file. */
  has(head: LoggedHead): boolean
  /** Whether a log of this device is in the file: the word of any other would show nothing but that there is such a device. */
  names(device: Uint8Array): boolean
}

/**
 * The newest checkpoint, and the other if more whom the file names have witnessed it, each with the newest head of every log that the file has.
 *
 * Spec: specs/bundle.md#producing.
 */
export function shownCheckpoints(
  { tree, leaves, ...checkpoints }: ShownTree,
  file: ShownFile,
  primitives: Primitives,
): ShownCheckpoint[] {
  const [newest, mostWitnessed] = [checkpoints.newest, checkpoints.mostWitnessed].map((signed) => wordsIn(file, signed))
  const isBetter = mostWitnessed!.cosignatures.length > newest!.cosignatures.length
  // It is older, for there is none newer: so they are in order.
  return (isBetter ? [mostWitnessed!, newest!] : [newest!]).flatMap((signed) => {
    const { size } = signed.checkpoint
    const heads = newestHeads(leaves.slice(0, size), file)
    if (heads.length === 0) return []
    const shown = heads.map((head): ShownHead => ({ ...head, hashes: tree.inclusion(head.index, size).hashes }))
    return [{ note: encodeCheckpoint(signed, primitives), heads: shown }]
  })
}

function wordsIn(file: ShownFile, signed: SignedCheckpoint): SignedCheckpoint {
  return { ...signed, cosignatures: signed.cosignatures.filter(({ device }) => file.names(device)) }
}

function newestHeads(leaves: readonly LoggedHead[], file: ShownFile): readonly Omit<ShownHead, 'hashes'>[] {
  const newest = new Map<string, Omit<ShownHead, 'hashes'>>()
  for (const [index, head] of leaves.entries()) if (file.has(head)) newest.set(toHex(head.log), { ...head, index })
  return [...newest.values()].sort((a, b) => compareBytes(a.log, b.log))
}
