import { Dag, type DagNode } from '../authority/dag.ts'
import { type Claim, whatStands } from '../authority/strong-removal.ts'
import { equalBytes, fromHex, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Beginning, LogCap, Statement } from './statement.ts'

/** A later statement with its place among the others; those that follow the beginning alone have no heads. */
export interface PlacedStatement extends DagNode {
  readonly statement: Statement
}

/** Which devices speak for an identity; and which did, with the caps of their logs. */
export interface Resolution {
  readonly devices: readonly Uint8Array[]
  readonly revoked: readonly { readonly device: Uint8Array; readonly caps: readonly LogCap[] }[]
}

/** What follows from some statements that count. Keys and hashes are hex. */
interface Known {
  readonly added: ReadonlySet<string>
  readonly revoked: ReadonlyMap<string, readonly LogCap[]>
  readonly recovery: Recovery
}

/** The recovery keys in force, each with the hashes of those that may take over, and how many came before. */
interface Recovery {
  readonly turn: number
  readonly keys: ReadonlyMap<string, readonly string[]>
}

/** What comes out of all statements about an identity, whatever order they came in. Spec: specs/identity.md#what-counts. */
export function resolveStatements(
  beginning: Beginning,
  statements: readonly PlacedStatement[],
  primitives: Primitives,
): Resolution {
  const { added, revoked } = new StatementResolver(beginning, statements, primitives).all()
  return {
    devices: [...added].filter((device) => !revoked.has(device)).map(fromHex),
    revoked: [...revoked].map(([device, caps]) => ({ device: fromHex(device), caps })),
  }
}

/** Judges each statement by what its author could know; what nobody could know of overrules afterwards. */
class StatementResolver {
  readonly #dag: Dag<PlacedStatement>
  readonly #start: Recovery
  readonly #keyHash: (key: Uint8Array) => string
  /** By number: what the author of each statement could know. */
  readonly #known: Known[] = []
  /** Statements that were permitted where they were made. */
  readonly #claims = new Map<number, Claim>()

  constructor(beginning: Beginning, statements: readonly PlacedStatement[], primitives: Primitives) {
    this.#dag = new Dag(statements)
    this.#start = { turn: 0, keys: new Map([[toHex(beginning.recovery), [toHex(beginning.next)]]]) }
    this.#keyHash = (key) => toHex(primitives.sha256(key))
    for (const number of this.#dag.nodes.keys()) this.#judge(number)
  }

  all(): Known {
    return this.#knownFrom(() => true)
  }

  #at(number: number): Statement {
    return this.#dag.nodes[number]!.statement
  }

  #judge(number: number): void {
    const isBefore = (other: number) => this.#dag.follows(number, other)
    const known = this.#knownFrom(isBefore)
    this.#known.push(known)
    const statement = this.#at(number)
    if (!this.#isPermitted(statement, known)) return
    const others = [...this.#claims.keys()]
    const adds = (other: number) => {
      const earlier = this.#at(other)
      return earlier.type === 'device-added' && equalBytes(earlier.device, statement.by)
    }
    this.#claims.set(number, {
      isRemoval: statement.type === 'device-revoked',
      supports: this.#isByDevice(number) ? others.filter((other) => isBefore(other) && adds(other)) : [],
      attackers: [],
    })
    for (const other of others.filter((each) => this.#dag.areConcurrent(number, each))) {
      this.#attack(number, other)
      this.#attack(other, number)
    }
  }

  #isPermitted({ type, by }: Statement, { added, revoked, recovery }: Known): boolean {
    if (type === 'recovery-rotated') return [...recovery.keys.values()].flat().includes(this.#keyHash(by))
    const key = toHex(by)
    return recovery.keys.has(key) || (added.has(key) && !revoked.has(key))
  }

  #isByDevice(number: number): boolean {
    const { type, by } = this.#at(number)
    return type !== 'recovery-rotated' && !this.#known[number]!.recovery.keys.has(toHex(by))
  }

  #attack(number: number, other: number): void {
    const claim = this.#claims.get(other)!
    if (this.#overrules(number, other)) this.#claims.set(other, { ...claim, attackers: [...claim.attackers, number] })
  }

  /** Whether what one statement takes away is what the other, made at the same time, stands on. */
  #overrules(number: number, other: number): boolean {
    const [removal, statement] = [this.#at(number), this.#at(other)]
    if (statement.type === 'recovery-rotated') return false
    if (removal.type === 'recovery-rotated') {
      // A key that was replaced may have been stolen: what it signs later must not pass as earlier.
      return !this.#isByDevice(other) && this.#known[other]!.recovery.turn <= this.#known[number]!.recovery.turn
    }
    if (removal.type !== 'device-revoked' || !this.#isByDevice(other)) return false
    // Nobody can tell which of two devices that revoke each other is the stolen one.
    const isMutual = statement.type === 'device-revoked' && equalBytes(statement.device, removal.by)
    return equalBytes(removal.device, statement.by) && !isMutual
  }

  /** What those of these statements make known that stand among each other. */
  #knownFrom(isAmong: (number: number) => boolean): Known {
    const among = [...this.#claims].filter(([number]) => isAmong(number))
    const claims = among.map(([number, claim]): [number, Claim] => [
      number,
      { ...claim, attackers: claim.attackers.filter(isAmong) },
    ])
    const added = new Set<string>()
    const revoked = new Map<string, readonly LogCap[]>()
    let recovery = this.#start
    for (const number of [...whatStands(new Map(claims))].sort((a, b) => a - b)) {
      const statement = this.#at(number)
      if (statement.type === 'device-added') added.add(toHex(statement.device))
      else if (statement.type === 'recovery-rotated') recovery = this.#rotated(recovery, number)
      else {
        const device = toHex(statement.device)
        revoked.set(device, lowestCaps(revoked.get(device) ?? [], statement.caps))
      }
    }
    return { added, revoked, recovery }
  }

  /** Two rotations at the same time name the same key, and may name different ones to come: then either may. */
  #rotated(before: Recovery, number: number): Recovery {
    const { by, ...statement } = this.#at(number)
    if (statement.type !== 'recovery-rotated') return before
    const turn = this.#known[number]!.recovery.turn + 1
    const next = toHex(statement.next)
    if (turn < before.turn) return before
    if (turn > before.turn) return { turn, keys: new Map([[toHex(by), [next]]]) }
    return { turn, keys: new Map(before.keys).set(toHex(by), [...(before.keys.get(toHex(by)) ?? []), next]) }
  }
}

/** Of a log that both name, what the lower cap leaves. */
function lowestCaps(a: readonly LogCap[], b: readonly LogCap[]): readonly LogCap[] {
  const caps = new Map<string, LogCap>()
  for (const cap of [...a, ...b]) {
    const key = toHex(cap.log)
    const known = caps.get(key)
    if (!known || isLower(cap, known)) caps.set(key, cap)
  }
  return [...caps].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, cap]) => cap)
}

/** At one length, whichever hash is the lesser: both are claims about a log that was forked. */
function isLower(a: LogCap, b: LogCap): boolean {
  return a.length < b.length || (a.length === b.length && toHex(a.treeHash) < toHex(b.treeHash))
}
