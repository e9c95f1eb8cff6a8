import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import type { TreeState } from './consistency.ts'
import { emptyRoot, nodeHash } from './hash.ts'
import type { LeafPath } from './inclusion.ts'
import { isPowerOfTwo, isRight, leftWidth, parent } from './position.ts'

/**
 * An RFC 6962 tree that grows leaf by leaf. It keeps 64 bytes a leaf, no leaf's data, and hashes once or twice for each.
 *
 * Every earlier size of it can still be asked for. Spec: specs/merkle.md#tree.
 */
export class MerkleTree {
  readonly #primitives: Primitives
  /** Complete subtrees, level by level. */
  readonly #rows: HashRow[] = []

  constructor(primitives: Primitives) {
    this.#primitives = primitives
  }

  get size(): number {
    return this.#rows[0]?.length ?? 0
  }

  /** Append the hash of a leaf. */
  append(leaf: Uint8Array): void {
    let hash = leaf
    let index = this.size
    this.#row(0).push(hash)
    for (let level = 0; isRight(index); level++) {
      hash = nodeHash(this.#hashAt(level, index - 1), hash, this.#primitives)
      index = parent(index)
      this.#row(level + 1).push(hash)
    }
  }

  /** The tree as it was at a size. Throws `merkle/bounds` if it never had that. */
  at(size: number = this.size): TreeState {
    if (size < 0 || size > this.size) throw new ProtocolError('merkle/bounds', `${size} of ${this.size}`)
    return { size, root: size === 0 ? emptyRoot(this.#primitives) : this.#over(0, size) }
  }

  /** What shows that a leaf stands in the tree at a size. Spec: specs/merkle.md#inclusion. */
  inclusion(index: number, size: number = this.size): LeafPath {
    if (!(index >= 0 && index < size && size <= this.size))
      throw new ProtocolError('merkle/bounds', `${index} of ${size}`)
    const hashes: Uint8Array[] = []
    let [start, end] = [0, size]
    while (end - start > 1) {
      const middle = start + leftWidth(end - start)
      const isLeft = index < middle
      hashes.push(isLeft ? this.#over(middle, end) : this.#over(start, middle))
      if (isLeft) end = middle
      else start = middle
    }
    return { index, size, hashes: hashes.reverse() }
  }

  /** What shows that the tree at `to` grew from the one at `from`. Spec: specs/merkle.md#consistency. */
  consistency(from: number, to: number = this.size): Uint8Array[] {
    if (!(from >= 0 && from <= to && to <= this.size)) throw new ProtocolError('merkle/bounds', `${from} of ${to}`)
    if (from === 0 || from === to) return []
    const hashes: Uint8Array[] = []
    let [start, end] = [0, to]
    while (end !== from) {
      const middle = start + leftWidth(end - start)
      const isLeft = from <= middle
      hashes.push(isLeft ? this.#over(middle, end) : this.#over(start, middle))
      if (isLeft) end = middle
      else start = middle
    }
    return [this.#over(start, end), ...hashes.reverse()]
  }

  /** The hash over the leaves from `start` up to `end`; `start` is where a subtree of that width may begin. */
  #over(start: number, end: number): Uint8Array {
    const width = end - start
    if (isPowerOfTwo(width)) return this.#hashAt(Math.log2(width), start / width)
    const middle = start + leftWidth(width)
    return nodeHash(this.#over(start, middle), this.#over(middle, end), this.#primitives)
  }

  /** The hash over the `2 ** level` leaves from leaf `index * 2 ** level` on. */
  #hashAt(level: number, index: number): Uint8Array {
    return this.#rows[level]!.at(index)
  }

  #row(level: number): HashRow {
    this.#rows[level] ??= new HashRow()
    return this.#rows[level]
  }
}

/** Hashes side by side in one piece of memory: an object for each would take more than the hash itself. */
class HashRow {
  #bytes = new Uint8Array(32)
  length = 0

  push(hash: Uint8Array): void {
    const end = this.length * 32
    if (end === this.#bytes.length) {
      const wider = new Uint8Array(end * 2)
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    this.#bytes.set(hash, end)
    this.length++
  }

  at(index: number): Uint8Array {
    return this.#bytes.slice(index * 32, index * 32 + 32)
  }
}
