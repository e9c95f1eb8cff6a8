import { toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type LogRoots, LogTree, logKey, treeHash, verifyHead } from '../log/hypercore.ts'
import { isClosed, type Opened } from '../log/opened.ts'
import { emptyLog, type FoldedLog } from '../room/fold-log.ts'
import type { BundledLog } from './bundle.ts'
import type { ComparedLog } from './covered-logs.ts'
import type { Findings } from './findings.ts'

/** A log of a bundle, hashed from its first block to its head, and on its way through the fold. */
export interface WalkedLog {
  readonly bundled: BundledLog
  readonly id: string
  readonly length: number
  /** The peaks after each entry: `snapshots[n]` stands for the first n blocks. */
  readonly snapshots: readonly LogRoots[]
  /** Of the entries folded so far; null for those that are locked. */
  readonly depths: (number | null)[]
  folded: FoldedLog
  next: Opened | null
  /** Whether everything was here, and open, that its entries so far cite. */
  isPlaced: boolean
}

/** Hash a log from its first block to its head, and check the head's signature. */
export function walkLog(bundled: BundledLog, room: Uint8Array, findings: Findings, primitives: Primitives): WalkedLog {
  const key = logKey({ ...bundled, room }, primitives)
  const tree = new LogTree(primitives)
  const snapshots: LogRoots[] = [tree.roots]
  for (const block of bundled.blocks) {
    tree.append(block)
    snapshots.push(tree.roots)
  }
  const id = toHex(key)
  findings.begin('signatures')
  if (tree.length === 0) findings.fail('membership', 'room/not-admitted', id, 'an empty log')
  const head = { length: tree.length, treeHash: tree.treeHash(), signature: bundled.signature }
  findings.attempt('signatures', id, () => verifyHead(key, bundled.device, head, primitives))
  const folded = emptyLog(key, bundled.generation)
  return { bundled, id, length: tree.length, snapshots, depths: [], folded, next: null, isPlaced: true }
}

/** For heads that somebody else has logged. */
export function comparedLog({ id, bundled, snapshots }: WalkedLog, primitives: Primitives): ComparedLog {
  return {
    id,
    device: bundled.device,
    treeHashAt: (length) => (snapshots[length] ? treeHash(snapshots[length], primitives) : null),
  }
}

/** Whether the file has no key of a log: its blocks are as they were signed, and that is all there is to know. */
export function isSealed({ bundled, length }: WalkedLog): boolean {
  return length > 0 && bundled.keys.length === 0
}

export const entriesIn = (logs: readonly WalkedLog[]): number => logs.reduce((sum, { length }) => sum + length, 0)

/** Whether an entry is locked, or cites one of which the depth is not known, sealed or locked: where it stands is then partly a claim. */
export function restsOnUnread(opened: Opened, logs: ReadonlyMap<string, WalkedLog>): boolean {
  if (isClosed(opened)) return opened.flaw === null
  return opened.header.heads.some(({ log: key, length }) => {
    const log = logs.get(toHex(key))
    return log !== undefined && (isSealed(log) || log.depths[length - 1] === null)
  })
}
