import { join } from 'node:path'
import type { CrowdRole } from './roles/crowd.ts'
import type { VerifierRole } from './roles/verifier.ts'
import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { median } from './support/statistics.ts'

const name = 'crowd'

interface Times {
  readonly rebuild: number
  readonly verify: number
  readonly bytes: number
}

/** What many members cost beside the number of messages. */
export const crowd: Benchmark = {
  name,
  summary: 'fold and verify a room of many members; floor: as many messages by two',
  async run(bench) {
    const entries = bench.quick ? 2_000 : 100_000
    const floor = await timesOf(bench, 2, entries)
    const rows: Row[] = []
    for (const members of bench.quick ? [50] : [50, 250]) {
      const ours = await timesOf(bench, members, entries)
      const rate = (ms: number) => (entries / ms) * 1_000
      rows.push(
        row(name, `views rebuilt, ${members} members`, 'entries/s', {
          value: rate(ours.rebuild),
          floor: rate(floor.rebuild),
          n: entries,
        }),
        row(name, `verified (libsodium), ${members} members`, 'entries/s', {
          value: rate(ours.verify),
          floor: rate(floor.verify),
          n: entries,
        }),
        row(name, `in the bundle, ${members} members`, 'bytes/entry', {
          value: ours.bytes / entries,
          floor: floor.bytes / entries,
          n: entries,
        }),
      )
    }
    return rows
  },
}

async function timesOf(bench: Bench, members: number, entries: number): Promise<Times> {
  const maker = bench.role<CrowdRole>('crowd.ts')
  const { link, messages } = await maker.ask('make', { members, entries })
  const file = join(await bench.folder(), 'crowd.parley')
  const bytes = await maker.ask('bundleTo', { file })
  const home = await bench.folder()
  const guest = bench.node()
  await guest.ask('open', { home, bootstrap: bench.bootstrap })
  await guest.ask('join', { link })
  await guest.end()
  await maker.ask('storeIn', { home })
  await maker.end()
  const [rebuild, verify]: [number[], number[]] = [[], []]
  for (let i = 0; i < (bench.quick ? 1 : 3); i++) {
    const reader = bench.node()
    const opened = await reader.ask('openLast', { home, bootstrap: bench.bootstrap, limit: 100, rebuild: true })
    await reader.end()
    if (opened.last !== messages - 1) throw new Error(`message ${opened.last} of ${messages} was shown last`)
    rebuild.push(opened.ms)
    const verifier = bench.role<VerifierRole>('verifier.ts')
    const { ok, ms } = await verifier.ask('verify', { file, kind: 'sodium' })
    await verifier.end()
    if (!ok) throw new Error(`a room of ${members} members does not verify`)
    verify.push(ms)
    bench.say(`${members} members: views rebuilt in ${opened.ms.toFixed(0)} ms, verified in ${ms.toFixed(0)} ms`)
  }
  return { rebuild: median(rebuild), verify: median(verify), bytes }
}
