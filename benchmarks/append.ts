import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { median } from './support/statistics.ts'

const name = 'append'
/** What a room's writer puts into one batch at most. */
const batch = 256

/** Writing: many messages asked for at once, and one after the other. */
export const append: Benchmark = {
  name,
  summary: 'write messages of 200 bytes: stored, folded and flushed',
  async run(bench) {
    const sizes = bench.quick ? [1_000] : [2_000, 20_000, 100_000]
    const each = bench.quick ? 20 : 100
    const rows: Row[] = []
    for (const n of sizes) rows.push(await many(bench, n, n === 20_000 ? 3 : 1))
    rows.push(await oneByOne(bench, each))
    return rows
  },
}

async function openedNode(bench: Bench) {
  const node = bench.node()
  await node.ask('open', { home: await bench.folder(), bootstrap: bench.bootstrap })
  return node
}

/** Ours and the floor take turns in one process, each time with a fresh log. */
async function many(bench: Bench, n: number, repeats: number): Promise<Row> {
  const node = await openedNode(bench)
  const ours: number[] = []
  const floors: number[] = []
  for (let i = 0; i < repeats; i++) {
    floors.push(await node.ask('appendRaw', { folder: await bench.folder(), count: n, batch, flush: false }))
    const { room } = await node.ask('createRoom')
    ours.push(await node.ask('appendMany', { room, from: 0, count: n }))
    bench.say(`${n} at once: ${ours.at(-1)!.toFixed(0)} ms, floor ${floors.at(-1)!.toFixed(0)} ms`)
  }
  await node.end()
  const perSecond = (ms: number) => (n / ms) * 1_000
  return row(name, 'all at once', 'messages/s', { value: perSecond(median(ours)), floor: perSecond(median(floors)), n })
}

async function oneByOne(bench: Bench, n: number): Promise<Row> {
  const node = await openedNode(bench)
  const floor = await node.ask('appendRaw', { folder: await bench.folder(), count: n, batch: 1, flush: true })
  const { room } = await node.ask('createRoom')
  const ms = await node.ask('appendEach', { room, from: 0, count: n })
  await node.end()
  return row(name, 'one by one, each flushed', 'messages/s', { value: (n / ms) * 1_000, floor: (n / floor) * 1_000, n })
}
