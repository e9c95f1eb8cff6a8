import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import { type Checkpoint, decodeCheckpoint, type SignedCheckpoint, verifyCheckpoint } from '../checkpoint/checkpoint.ts'
import { verifyLogged } from '../checkpoint/logged-head.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { headSignable } from '../log/hypercore.ts'
import type { Findings } from './findings.ts'
import type { ShownCheckpoint, ShownHead } from './shown-checkpoint.ts'

/** What a file has of a log, for heads to be compared with. */
export interface ComparedLog {
  readonly id: string
  readonly device: Uint8Array
  /** Null where it does not follow from the file. */
  treeHashAt(length: number): Uint8Array | null
}

/** What a file has, for its checkpoints to be compared with. */
export interface ComparedFile {
  readonly room: Uint8Array
  readonly logs: readonly ComparedLog[]
}

/** A log was there up to this length when a checkpoint was signed. */
export interface CoveredLog {
  readonly log: string
  readonly length: number
  readonly by: SignedCheckpoint
}

/** A head that was logged, and that nothing in the file can be compared with. */
export interface UnseenHead {
  readonly log: string
  readonly length: number
}

export interface Coverage {
  readonly covered: readonly CoveredLog[]
  readonly unseen: readonly UnseenHead[]
}

/**
 * Which logs of a file its checkpoints cover, up to where; what does not hold goes to the check `checkpoints`, and covers nothing.
 *
 * Whose words count is for `Witnesses`. Spec: specs/bundle.md#checkpoints.
 */
export function coverageOf(
  checkpoints: readonly ShownCheckpoint[],
  file: ComparedFile,
  findings: Findings,
  primitives: Primitives,
): Coverage {
  findings.begin('checkpoints')
  const logs = new Map(file.logs.map((log) => [log.id, log]))
  const coverage = { covered: [] as CoveredLog[], unseen: [] as UnseenHead[] }
  let previous: Checkpoint | null = null
  for (const { note, heads } of checkpoints) {
    const signed = read(note, findings, primitives)
    if (!signed) continue
    const { checkpoint } = signed
    const where = placeOf(checkpoint)
    if (previous && compareTrees(previous, checkpoint) >= 0) findings.fail('checkpoints', 'bundle/order', where)
    previous = checkpoint
    const holds = findings.attempt('checkpoints', where, () => {
      if (!equalBytes(checkpoint.room, file.room)) throw new ProtocolError('checkpoint/origin')
      verifyCheckpoint(signed, primitives)
    })
    if (holds) cover(signed, heads, logs, coverage, findings, primitives)
  }
  return coverage
}

/** Say of which logs more was logged than is here. */
export function sayUnseen(unseen: readonly UnseenHead[], findings: Findings): void {
  const greatest = new Map<string, number>()
  for (const { log, length } of unseen) greatest.set(log, Math.max(length, greatest.get(log) ?? 0))
  for (const [log, length] of [...greatest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    findings.wait('completeness', `log ${log} is in a checkpoint up to length ${length}, and less of it is here`, log)
  }
}

function read(note: Uint8Array, findings: Findings, primitives: Primitives): SignedCheckpoint | null {
  let signed: SignedCheckpoint | null = null
  findings.attempt('checkpoints', undefined, () => {
    signed = decodeCheckpoint(note, primitives)
  })
  return signed
}

function cover(
  signed: SignedCheckpoint,
  heads: readonly ShownHead[],
  logs: ReadonlyMap<string, ComparedLog>,
  { covered, unseen }: { readonly covered: CoveredLog[]; readonly unseen: UnseenHead[] },
  findings: Findings,
  primitives: Primitives,
): void {
  for (const [i, head] of heads.entries()) {
    const id = toHex(head.log)
    if (i > 0 && compareBytes(heads[i - 1]!.log, head.log) >= 0) findings.fail('checkpoints', 'bundle/order', id)
    const log = logs.get(id)
    const here = log?.treeHashAt(head.length) ?? null
    const holds = findings.attempt('checkpoints', id, () => {
      verifyLogged(head, { ...head, size: signed.checkpoint.size }, signed.checkpoint, primitives)
      if (log) requireSigned(head, log, primitives)
      if (here && !equalBytes(here, head.treeHash)) throw new ProtocolError('checkpoint/head')
    })
    if (!holds || !log) continue
    const { length } = head
    if (here) covered.push({ log: id, length, by: signed })
    else unseen.push({ log: id, length })
  }
}

/** A leaf says of a head's signature that it was logged, and not that it holds. */
function requireSigned(head: ShownHead, { device }: ComparedLog, primitives: Primitives): void {
  if (!primitives.verify(head.signature, headSignable(head.log, head, primitives, head.fork), device)) {
    throw new ProtocolError('log/signature')
  }
}

function compareTrees(a: Checkpoint, b: Checkpoint): number {
  return compareBytes(a.device, b.device) || a.generation - b.generation || a.size - b.size
}

/** As a report names a tree. */
function placeOf({ device, generation }: Checkpoint): string {
  return `${toHex(device)}/${generation}`
}
