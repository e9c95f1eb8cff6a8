import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Address } from '../../node/config.ts'
import type { DhtRole } from '../roles/dht.ts'
import type { NodeRole } from '../roles/node.ts'
import type { RawRole } from '../roles/raw.ts'
import { type Handlers, type Role, startRole } from './role.ts'

/** One figure. `floor`: the same by the least that could do it, measured in the same run. `ratio`: value divided by floor. */
export interface Row {
  readonly name: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly floor: number | null
  readonly ratio: number | null
  readonly n: number
}

/** A question about cost, with its own way to answer it. */
export interface Benchmark {
  readonly name: string
  readonly summary: string
  run(bench: Bench): Promise<Row[]>
}

/** What a benchmark is given: processes, folders, and how much to do. */
export interface Bench {
  /** A smoke test: small numbers of everything. */
  readonly quick: boolean
  /** A loopback DHT of this benchmark's own. */
  readonly bootstrap: readonly Address[]
  /** A new empty folder, or a path for one. */
  folder(): Promise<string>
  node(): Role<NodeRole>
  raw(): Role<RawRole>
  role<H extends Handlers>(file: string): Role<H>
  say(text: string): void
}

/** Run one benchmark; nothing of it is left on disk, nor running. */
export async function runBenchmark(
  { name, run }: Benchmark,
  { quick, scratch, profile }: { readonly quick: boolean; readonly scratch: string; readonly profile: string | null },
): Promise<Row[]> {
  const place = join(scratch, name)
  const roles: Role<Handlers>[] = []
  let folders = 0
  const role = <H extends Handlers>(file: string) => {
    const started = startRole<H>(file, profile)
    roles.push(started as unknown as Role<Handlers>)
    return started
  }
  try {
    const dht = startRole<DhtRole>('dht.ts', null)
    roles.push(dht as unknown as Role<Handlers>)
    return await run({
      quick,
      bootstrap: await dht.ask('open'),
      async folder() {
        const folder = join(place, String(folders++))
        await mkdir(folder, { recursive: true })
        return folder
      },
      node: () => role<NodeRole>('node.ts'),
      raw: () => role<RawRole>('raw.ts'),
      role,
      say: (text) => process.stderr.write(`  ${text}\n`),
    })
  } finally {
    for (const each of roles.reverse()) await each.end()
    await rm(place, { recursive: true, force: true })
  }
}

/** A row for figures of which more is better, such as messages per second, or less, such as milliseconds: the unit tells. */
export function row(
  name: string,
  metric: string,
  unit: string,
  { value, floor = null, n }: { readonly value: number; readonly floor?: number | null; readonly n: number },
): Row {
  return { name, metric, value, unit, floor, ratio: floor === null ? null : value / floor, n }
}
