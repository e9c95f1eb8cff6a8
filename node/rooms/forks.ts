import { join } from 'node:path'
import type { Logger } from 'pino'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { decodeForkProof, encodeForkProof, type ForkProof, forkLength } from '../../protocol/log/fork.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

/** A log whose device has signed two histories. */
export interface Fork {
  /** How much of the log is folded, at most: what the histories may agree on, or what had been folded when this came out, if that was more. */
  readonly length: number
  readonly proof: ForkProof
}

/** The forks that have come out, by log key in hex. */
export interface Forks {
  of(log: string): Fork | null
  /** Durable once resolved. Of two proofs for one log the one with the lesser fork length stays, or else the first. */
  add(log: string, fork: Fork): Promise<void>
}

interface ForksFile {
  readonly version: 1
  readonly forks: Readonly<Record<string, readonly [length: number, proof: string]>>
}

/** What cannot be read of it comes out again on the next connection with somebody who has a proof or the other history. */
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
      const known = forks.get(key)
      if (!known || forkLength(fork.proof) < forkLength(known.proof)) forks.set(key, fork)
      const write = writing.catch(() => {}).then(() => writeDurably(path, `${JSON.stringify(fileOf(forks))}\n`))
      writing = write
      return write
    },
  }
}

function fileOf(forks: ReadonlyMap<string, Fork>): ForksFile {
  const entries = [...forks].map(([key, { length, proof }]) => [key, [length, toHex(encodeForkProof(proof))]] as const)
  return { version: 1, forks: Object.fromEntries(entries) }
}

/** Throws unless all of it makes sense. */
function parse(text: string): Map<string, Fork> {
  const { version, forks } = JSON.parse(text) as ForksFile
  if (version !== 1) throw new Error(`version ${version}`)
  return new Map(
    Object.entries(forks).map(([key, [length, proof]]) => {
      if (!Number.isSafeInteger(length)) throw new Error('no length')
      return [key, { length, proof: decodeForkProof(fromHex(proof)) }]
    }),
  )
}
