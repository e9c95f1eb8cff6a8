import { toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { type LogRoots, logKey, treeHash, verifyHead } from '../log/hypercore.ts'
import { placeRoots, verifyInclusion } from '../log/inclusion.ts'
import { emptyLog, type FoldedLog } from '../room/fold-log.ts'
import type { ComparedLog } from './covered-logs.ts'
import type { ExcerptedLog } from './excerpt.ts'
import { entryId, type Findings } from './findings.ts'

/** A log of which some entries are here. */
export interface ShownLog {
  readonly excerpted: ExcerptedLog
  readonly id: string
  /** Null where they are more or fewer than the length has: then nothing leads to them. */
  readonly roots: LogRoots | null
  folded: FoldedLog
}

/** Check the head of a log, and that each of its entries stands below it. */
export function showLog(log: ExcerptedLog, room: Uint8Array, findings: Findings, primitives: Primitives): ShownLog {
  const { device, length, signature, entries } = log
  const key = logKey({ ...log, room }, primitives)
  const id = toHex(key)
  let roots: LogRoots | null = null
  findings.attempt('inclusion', id, () => {
    roots = placeRoots(length, log.roots)
  })
  findings.attempt('signatures', id, () => {
    if (!roots) throw new ProtocolError('log/signature')
    verifyHead(key, device, { length, treeHash: treeHash(roots, primitives), signature }, primitives)
  })
  for (const [i, { index, block, path }] of entries.entries()) {
    const where = entryId({ log: key, index })
    if (i > 0 && index <= entries[i - 1]!.index) findings.fail('export', 'bundle/order', where)
    findings.attempt('inclusion', where, () => {
      if (!roots) throw new ProtocolError('log/inclusion')
      verifyInclusion(block, { index, length, path }, roots, primitives)
    })
  }
  if (entries[0]?.index !== 0)
    findings.fail('membership', 'room/not-admitted', id, 'the entry that lets it in is not here')
  return { excerpted: log, id, roots, folded: emptyLog(key, log.generation) }
}

/** For heads that somebody else has logged: of the log at another length than that of its head nothing follows. */
export function comparedLog({ id, excerpted, roots }: ShownLog, primitives: Primitives): ComparedLog {
  return {
    id,
    device: excerpted.device,
    treeHashAt: (length) => (roots && length === excerpted.length ? treeHash(roots, primitives) : null),
  }
}
