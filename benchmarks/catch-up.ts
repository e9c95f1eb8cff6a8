import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { medianBy } from './support/statistics.ts'

const name = 'catch-up'

/** A newcomer's node fetches a room's whole history from one other node. */
export const catchUp: Benchmark = {
  name,
  summary: 'a fresh node joins, and stores and folds every message of 200 bytes',
  async run(bench) {
    const sizes = bench.quick ? [1_000] : [2_000, 20_000, 100_000]
    const rows: Row[] = []
    for (const n of sizes) rows.push(...(await catchUpWith(bench, n, n === 20_000 ? 3 : 1)))
    return rows
  },
}

type Ours = Awaited<ReturnType<Awaited<ReturnType<typeof openSource>>['catchUp']>>
type Floor = Awaited<ReturnType<Awaited<ReturnType<typeof openRawSource>>['catchUp']>>

/** Both sources stay up; newcomers take turns, each in a fresh process, the first of every other pair being ours. */
async function catchUpWith(bench: Bench, n: number, repeats: number): Promise<Row[]> {
  const source = await openSource(bench, n)
  const rawSource = await openRawSource(bench, n)
  const ours: Ours[] = []
  const floors: Floor[] = []
  for (let i = 0; i < repeats; i++) {
    const turns = [async () => ours.push(await source.catchUp()), async () => floors.push(await rawSource.catchUp())]
    for (const turn of i % 2 === 0 ? turns : turns.reverse()) await turn()
    bench.say(`${n}: ${ours.at(-1)!.ms.toFixed(0)} ms, floor ${floors.at(-1)!.ms.toFixed(0)} ms`)
  }
  await Promise.all([source.end(), rawSource.end()])

  const our = medianBy(ours, ({ ms }) => ms)
  const floor = medianBy(floors, ({ ms }) => ms)
  const read = medianBy(floors, ({ readMs }) => readMs)
  const perSecond = (ms: number) => (n / ms) * 1_000
  return [
    row(name, 'stored and folded; floor: stored', 'messages/s', {
      value: perSecond(our.ms),
      floor: perSecond(floor.ms),
      n,
    }),
    row(name, 'stored and folded; floor: stored and read', 'messages/s', {
      value: perSecond(our.ms),
      floor: perSecond(read.readMs),
      n,
    }),
    row(name, 'on the wire, both ways', 'bytes/message', { value: our.wireBytes / n, floor: floor.wireBytes / n, n }),
    row(name, 'processor time of the newcomer', 'µs/message', {
      value: (our.cpuMs * 1_000) / n,
      floor: (floor.cpuMs * 1_000) / n,
      n,
    }),
    row(name, 'memory of the newcomer at most', 'MiB', { value: our.rssMiB, floor: floor.rssMiB, n }),
  ]
}

async function openSource({ node, folder, bootstrap }: Bench, n: number) {
  const source = node()
  await source.ask('open', { home: await folder(), bootstrap })
  const { room, link } = await source.ask('createRoom')
  await source.ask('fill', { room, count: n })
  return {
    end: source.end,
    async catchUp() {
      const newcomer = node()
      await newcomer.ask('open', { home: await folder(), bootstrap })
      const result = await newcomer.ask('catchUp', { link, last: n - 1 })
      await newcomer.end()
      return result
    },
  }
}

async function openRawSource({ raw, folder, bootstrap }: Bench, n: number) {
  const source = raw()
  const author = await source.ask('fill', { folder: await folder(), count: n })
  await source.ask('serve', { bootstrap })
  return {
    end: source.end,
    async catchUp() {
      const newcomer = raw()
      await newcomer.ask('prepare', { folder: await folder(), author, bootstrap })
      const result = await newcomer.ask('catchUp', { length: n })
      await newcomer.end()
      return result
    },
  }
}
