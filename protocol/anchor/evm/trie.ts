import { equalBytes } from '../../bytes.ts'
import { keccak256 } from '../../crypto/chain-hashes.ts'
import { ProtocolError } from '../../errors.ts'
import { decodeRlp, type Rlp } from './rlp.ts'

/**
 * The value that a Merkle-Patricia trie with this root has for a key, as the nodes on the way show: each in its turn, and none too many.
 *
 * Spec: specs/evm.md#trie (Ethereum's yellow paper, appendix D). Throws `anchor/trie` or `anchor/rlp`, also where there is no value.
 */
export function trieValue(root: Uint8Array, key: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array {
  const way = nibblesOf(key)
  let at = 0
  let used = 0
  let reference: Rlp = root
  for (;;) {
    const node = nodeOf(reference, nodes[used])
    if (reference instanceof Uint8Array) used++
    const step = stepFrom(node, way, at)
    at += step.length
    if (step.type === 'value') {
      if (at !== way.length || used !== nodes.length) throw wrong('a way that ends elsewhere')
      return step.value
    }
    reference = step.next
  }
}

/** A node is named by its hash, or stands in place of that if it is shorter. */
function nodeOf(reference: Rlp, given: Uint8Array | undefined): readonly Rlp[] {
  if (!(reference instanceof Uint8Array)) return reference
  if (reference.length !== 32 || !given) throw wrong('a way without a next node')
  if (!equalBytes(keccak256(given), reference)) throw wrong('a node that is not the one named')
  const node = decodeRlp(given)
  if (node instanceof Uint8Array) throw wrong('a node that is no list')
  return node
}

/** `length`: how many nibbles of the way are behind it then. */
type Step =
  | { readonly type: 'next'; readonly next: Rlp; readonly length: number }
  | { readonly type: 'value'; readonly value: Uint8Array; readonly length: number }

function stepFrom(node: readonly Rlp[], way: readonly number[], at: number): Step {
  if (node.length === 17) {
    const nibble = way[at]
    return nibble === undefined
      ? { type: 'value', value: valueIn(node[16]), length: 0 }
      : { type: 'next', next: node[nibble]!, length: 1 }
  }
  const [encoded, content] = node
  if (node.length !== 2 || !(encoded instanceof Uint8Array) || !content) throw wrong('a node of no known form')
  const [flags, ...rest] = nibblesOf(encoded)
  const isOdd = flags === 1 || flags === 3
  if (flags === undefined || flags > 3 || !(isOdd || rest[0] === 0)) throw wrong('a path of no known form')
  const path = isOdd ? rest : rest.slice(1)
  if (!path.every((nibble, i) => nibble === way[at + i])) throw wrong('a way that leads elsewhere')
  if (flags >= 2) return { type: 'value', value: valueIn(content), length: path.length }
  return { type: 'next', next: content, length: path.length }
}

function valueIn(content: Rlp | undefined): Uint8Array {
  if (!(content instanceof Uint8Array) || content.length === 0) throw wrong('no value')
  return content
}

const nibblesOf = (bytes: Uint8Array): number[] => [...bytes].flatMap((byte) => [byte >> 4, byte & 15])

const wrong = (detail: string): ProtocolError => new ProtocolError('anchor/trie', detail)
