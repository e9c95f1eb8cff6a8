import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { medianBy } from './support/statistics.ts'

const name = 'cold-open'
const limit = 100

/** Starting a node that has a long history, and seeing the end of it. */
export const coldOpen: Benchmark = {
  name,
  summary: 'open a node in a fresh process and have the last 100 messages of its room',
  async run(bench) {
    const sizes = bench.quick ? [1_000] : [2_000, 20_000, 100_000]
    const rows: Row[] = []
    for (const n of sizes) rows.push(...(await openWith(bench, n, bench.quick ? 1 : 5)))
    return rows
  },
}

async function openWith(bench: Bench, n: number, repeats: number): Promise<Row[]> {
  const home = await homeWith(bench, n)
  const raw = await rawLogOf(bench, n)
  const ours: Awaited<ReturnType<typeof openHome>>[] = []
  const floors: { ms: number }[] = []
  for (let i = 0; i < repeats; i++) {
    floors.push(await openRaw(bench, raw))
    ours.push(await openHome(bench, home, false))
    bench.say(`${n}: ${ours.at(-1)!.ms.toFixed(0)} ms, floor ${floors.at(-1)!.ms.toFixed(0)} ms`)
  }
  const rebuilt = await openHome(bench, home, true)
  bench.say(`${n}, views rebuilt: ${rebuilt.ms.toFixed(0)} ms`)
  const floor = medianBy(floors, ({ ms }) => ms).ms
  return [
    row(name, 'last 100 shown', 'ms', { value: medianBy(ours, ({ ms }) => ms).ms, floor, n }),
    row(name, 'last 100 shown, all views rebuilt from the logs', 'ms', { value: rebuilt.ms, floor, n }),
    row(name, 'views rebuilt', 'messages/s', { value: (n / rebuilt.ms) * 1_000, n }),
  ]
}

async function homeWith({ node, folder, bootstrap }: Bench, n: number): Promise<string> {
  const home = await folder()
  const author = node()
  await author.ask('open', { home, bootstrap })
  const { room } = await author.ask('createRoom')
  await author.ask('fill', { room, count: n })
  await author.end()
  return home
}

async function rawLogOf({ raw, folder }: Bench, n: number) {
  const place = await folder()
  const writer = raw()
  const author = await writer.ask('fill', { folder: place, count: n })
  await writer.end()
  return { folder: place, author }
}

async function openHome({ node, bootstrap }: Bench, home: string, rebuild: boolean) {
  const reader = node()
  const result = await reader.ask('openLast', { home, bootstrap, limit, rebuild })
  await reader.end()
  return result
}

async function openRaw({ raw }: Bench, log: Awaited<ReturnType<typeof rawLogOf>>) {
  const reader = raw()
  const result = await reader.ask('openLast', { ...log, limit })
  await reader.end()
  return result
}
