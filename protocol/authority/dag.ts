/** An operation, as far as its place in the graph goes. */
export interface DagNode {
  /** The hash of the operation, hex. Its heads are hashes too, so no operation can name one that comes after it. */
  readonly id: string
  /** The log it stands in, and where: an operation follows all those before it in its log. */
  readonly log: string
  readonly index: number
  /** The ids of the operations that its author knew last. */
  readonly heads: readonly string[]
}

/** A set of nodes, by their numbers in a graph. */
export class NodeSet {
  readonly #words: Uint32Array

  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5)
  }

  has(number: number): boolean {
    return ((this.#words[number >>> 5]! >>> (number & 31)) & 1) === 1
  }

  add(number: number): void {
    this.#words[number >>> 5]! |= 1 << (number & 31)
  }

  addAll(other: NodeSet): void {
    for (const [i, word] of other.#words.entries()) this.#words[i]! |= word
  }

  get size(): number {
    let size = 0
    for (let word of this.#words) for (; word !== 0; word &= word - 1) size++
    return size
  }
}

/**
 * Operations with all that each follows: what its heads name, what stands before it in its log, and what those follow.
 *
 * Nodes are numbered by depth, and those of one depth by id, so numbers depend on nothing but the operations. A head that is not among
 * them leads nowhere. Spec: specs/authority.md#graph.
 */
export class Dag<Node extends DagNode> {
  readonly nodes: readonly Node[]
  /** Heads that are not here. */
  readonly missing: readonly string[]
  readonly #pasts: readonly NodeSet[]
  readonly #tips: ReadonlySet<string>

  constructor(operations: Iterable<Node>) {
    const all = new Map([...operations].map((node) => [node.id, node]))
    const parents = parentsOf(all)
    const depths = depthsOf(all, parents)
    this.nodes = [...all.values()].sort((a, b) => depths.get(a.id)! - depths.get(b.id)! || (a.id < b.id ? -1 : 1))
    const numbers = new Map(this.nodes.map(({ id }, number) => [id, number]))
    const pasts: NodeSet[] = []
    for (const { id } of this.nodes) {
      const past = new NodeSet(this.nodes.length)
      for (const parent of parents.get(id)!) {
        const number = numbers.get(parent)!
        past.add(number)
        past.addAll(pasts[number]!)
      }
      pasts.push(past)
    }
    this.#pasts = pasts
    this.missing = [...new Set([...all.values()].flatMap(({ heads }) => heads.filter((head) => !all.has(head))))].sort()
    const followed = new Set([...parents.values()].flat())
    this.#tips = new Set([...all.keys()].filter((id) => !followed.has(id)))
  }

  /** Everything that a node follows. */
  past(node: number): NodeSet {
    return this.#pasts[node]!
  }

  /** Whether `node` follows `earlier`. */
  follows(node: number, earlier: number): boolean {
    return this.past(node).has(earlier)
  }

  areConcurrent(a: number, b: number): boolean {
    return a !== b && !this.follows(a, b) && !this.follows(b, a)
  }

  /** Ids of the nodes that nothing follows, ascending. */
  tips(): string[] {
    return [...this.#tips].sort()
  }
}

/** What each node follows at once. */
function parentsOf(all: ReadonlyMap<string, DagNode>): Map<string, string[]> {
  const lines = new Map<string, DagNode[]>()
  for (const node of all.values()) lines.set(node.log, [...(lines.get(node.log) ?? []), node])
  const parents = new Map<string, string[]>()
  for (const line of lines.values()) {
    line.sort((a, b) => a.index - b.index)
    for (const [i, { id, heads }] of line.entries()) {
      const before = line[i - 1]
      parents.set(id, [...heads.filter((head) => all.has(head)), ...(before ? [before.id] : [])])
    }
  }
  return parents
}

/** 1 + the greatest depth of what each follows. */
function depthsOf(all: ReadonlyMap<string, DagNode>, parents: ReadonlyMap<string, readonly string[]>) {
  const depths = new Map<string, number>()
  const open = [...all.keys()]
  // A line may be longer than the stack is deep.
  while (open.length > 0) {
    const id = open.at(-1)!
    const waiting = depths.has(id) ? [] : parents.get(id)!.filter((parent) => !depths.has(parent))
    if (waiting.length > 0) open.push(...waiting)
    else {
      open.pop()
      if (!depths.has(id)) depths.set(id, 1 + Math.max(0, ...parents.get(id)!.map((parent) => depths.get(parent)!)))
    }
  }
  return depths
}
