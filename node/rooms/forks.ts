import { join } from 'node:path'
import type { Logger } from 'pino'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { SignedHead } from '../../protocol/log/hypercore.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

/** Two histories of one log, both signed by its device. */
export interface Fork {
  /** How much of the log had been folded when this came out: there the fold ends for good. */
  readonly length: number
  /** The heads that contradict each other, as evidence: the newest one held here, and the other's. */
  readonly heads: readonly SignedHead[]
}

/** The forks that have come out, by log key in hex. */
export interface Forks {
  of(log: string): Fork | null
  /** Durable once resolved. The first fork of a log stands. */
  add(log: string, fork: Fork): Promise<void>
}

interface ForksFile {
  readonly version: 1
  readonly forks: Readonly<Record<string, { length: number; heads: readonly (readonly [number, string, string])[] }>>
}

/** What cannot be read of it comes out again on the next connection with somebody who has the other history. */
export async function openForks(home: string, log: Logger): Promise<Forks> {
  const path = join(home, 'forks.json')
  let forks = new Map<string, Fork>()
  try {
    const text = await readIfThere(path)
    if (text !== null) forks = parse(text)
  } catch (error) {
    log.warn({ err: error }, 'the forks that came out before cannot be read')
  }
  let writing: Promise<void> = Promise.resolve()
  return {
    of: (key) => forks.get(key) ?? null,
    add(key, fork) {
      if (!forks.has(key)) forks.set(key, fork)
      const write = writing.catch(() => {}).then(() => writeDurably(path, `${JSON.stringify(fileOf(forks))}\n`))
      writing = write
      return write
    },
  }
}

function fileOf(forks: ReadonlyMap<string, Fork>): ForksFile {
  const entries = [...forks].map(([key, { length, heads }]) => {
    const told = heads.map((head) => [head.length, toHex(head.treeHash), toHex(head.signature)] as const)
    return [key, { length, heads: told }] as const
  })
  return { version: 1, forks: Object.fromEntries(entries) }
}

/** Throws unless all of it makes sense. */
function parse(text: string): Map<string, Fork> {
  const { version, forks } = JSON.parse(text) as ForksFile
  if (version !== 1) throw new Error(`version ${version}`)
  return new Map(
    Object.entries(forks).map(([key, { length, heads }]) => {
      if (!Number.isSafeInteger(length)) throw new Error('no length')
      const read = heads.map(([of, hash, signature]) => ({
        length: of,
        treeHash: fromHex(hash),
        signature: fromHex(signature),
      }))
      return [key, { length, heads: read }]
    }),
  )
}
