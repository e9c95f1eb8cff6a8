import { join } from 'node:path'
import type { VerifierRole } from './roles/verifier.ts'
import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { median } from './support/statistics.ts'

const name = 'verify'

/** What a reader's machine has to do who believes nobody. */
export const verify: Benchmark = {
  name,
  summary: 'verify a bundle of messages of 200 bytes with nothing but itself',
  async run(bench) {
    const sizes = bench.quick ? [1_000] : [2_000, 20_000, 100_000]
    const rows: Row[] = []
    for (const n of sizes) {
      const file = await bundleOf(bench, n)
      rows.push(...(await verifyWith(bench, file, n, 'sodium', 3)))
      // In plain JavaScript, as a browser does it.
      rows.push(...(await verifyWith(bench, file, n, 'noble', 1)))
    }
    return rows
  },
}

async function bundleOf({ node, folder, bootstrap }: Bench, n: number): Promise<string> {
  const home = await folder()
  const author = node()
  await author.ask('open', { home, bootstrap })
  const { room } = await author.ask('createRoom')
  await author.ask('fill', { room, count: n })
  const file = join(await folder(), 'room.parley')
  await author.ask('exportTo', { room, file })
  await author.end()
  return file
}

const where = { sodium: 'in the node (libsodium)', noble: 'in plain JavaScript (noble, in Node)' } as const

interface Time {
  readonly ms: number
  readonly cpuMs: number
}

/** Each time in a fresh process: that is how `parley verify` runs. */
async function verifyWith(
  { role, say }: Bench,
  file: string,
  n: number,
  kind: keyof typeof where,
  repeats: number,
): Promise<Row[]> {
  const ours: Time[] = []
  const floors: Time[] = []
  for (let i = 0; i < repeats; i++) {
    const hasher = role<VerifierRole>('verifier.ts')
    floors.push(await hasher.ask('hash', { file, kind }))
    await hasher.end()
    const verifier = role<VerifierRole>('verifier.ts')
    const { ok, messages, ...time } = await verifier.ask('verify', { file, kind })
    await verifier.end()
    if (!ok || messages !== n) throw new Error(`${messages} of ${n} messages verified, ${ok ? 'none' : 'some'} refused`)
    ours.push(time)
    say(`${n}, ${kind}: ${time.ms.toFixed(0)} ms, floor ${floors.at(-1)!.ms.toFixed(0)} ms`)
  }
  const rate = (times: readonly Time[], by: keyof Time) => (n / median(times.map((time) => time[by]))) * 1_000
  const rates = (by: keyof Time) => ({ value: rate(ours, by), floor: rate(floors, by), n })
  return [
    row(name, where[kind], 'messages/s', rates('ms')),
    row(name, `${where[kind]}, by processor time`, 'messages/s', rates('cpuMs')),
  ]
}
