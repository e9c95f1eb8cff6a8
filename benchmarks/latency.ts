import { type Bench, type Benchmark, row } from './support/benchmark.ts'
import { quantile } from './support/statistics.ts'

const name = 'latency'
const everyMs = 20

/** How long a message is under way between two people who are both there. */
export const latency: Benchmark = {
  name,
  summary: 'from the send command to the view of the other node, at 50 messages a second',
  async run(bench) {
    const rounds = bench.quick ? 2 : 5
    const count = bench.quick ? 50 : 100
    const ours = await openPair(bench)
    const floor = await openRawPair(bench)
    const figures = { ours: noDelays(), floor: noDelays() }
    for (let i = 0; i < rounds; i++) {
      add(figures.ours, await ours.talk(count, `ours${i}`))
      add(figures.floor, await floor.talk(count, `floor${i}`))
    }
    await Promise.all([ours.end(), floor.end()])
    return rowsOf(figures)
  },
}

interface Delays {
  readonly seen: number[]
  readonly safe: number[]
}

const noDelays = (): Delays => ({ seen: [], safe: [] })

function add(all: Delays, { seen, safe }: Delays): void {
  all.seen.push(...seen)
  all.safe.push(...safe)
}

function rowsOf({ ours, floor }: { readonly ours: Delays; readonly floor: Delays }) {
  const n = ours.seen.length
  const figures = [
    ['shown by the other node', ours.seen, floor.seen],
    ['answered to the sender: flushed', ours.safe, floor.safe],
  ] as const
  return figures.flatMap(([what, own, least]) =>
    [0.5, 0.99].map((share) =>
      row(name, `${what}, p${share * 100}`, 'ms', { value: quantile(own, share), floor: quantile(least, share), n }),
    ),
  )
}

/** Delays of the messages that were sent then, received then and safe then. */
function delays({ sent, safe }: { sent: number[]; safe: number[] }, received: readonly number[]): Delays {
  return { seen: received.map((at, i) => at - sent[i]!), safe: safe.map((at, i) => at - sent[i]!) }
}

async function openPair({ node, folder, bootstrap }: Bench) {
  const ada = node()
  const ben = node()
  await ada.ask('open', { home: await folder(), bootstrap })
  await ben.ask('open', { home: await folder(), bootstrap })
  const { room, link } = await ada.ask('createRoom')
  await ada.ask('fill', { room, count: 1 })
  await ben.ask('catchUp', { link, last: 0 })
  return {
    async talk(count: number, label: string) {
      const receiving = ben.ask('receivePaced', { room, count, label })
      const sent = await ada.ask('sendPaced', { room, count, everyMs, label })
      return delays(sent, await receiving)
    },
    end: async () => void (await Promise.all([ada.end(), ben.end()])),
  }
}

async function openRawPair({ raw, folder, bootstrap }: Bench) {
  const writer = raw()
  const reader = raw()
  const author = await writer.ask('fill', { folder: await folder(), count: 1 })
  await writer.ask('serve', { bootstrap })
  await reader.ask('prepare', { folder: await folder(), author, bootstrap })
  await reader.ask('catchUp', { length: 1 })
  await reader.ask('follow')
  return {
    async talk(count: number, label: string) {
      const receiving = reader.ask('receivePaced', { count, label })
      const sent = await writer.ask('sendPaced', { count, everyMs, label })
      return delays(sent, await receiving)
    },
    end: async () => void (await Promise.all([writer.end(), reader.end()])),
  }
}
