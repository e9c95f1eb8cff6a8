import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import { descendantsTime } from './support/descendants.ts'
import { type MediaPages, openFanOutPages, openMeshPages } from './support/media-pages.ts'

const name = 'call-media'
const settleMs = 4_000

/** What it costs each participant of a call to send and to receive, by fan-out and by mesh. */
export const callMedia: Benchmark = {
  name,
  summary: 'processor time of each participant of a call by fan-out and by mesh, as it grows',
  async run(bench) {
    const rows: Row[] = []
    for (const people of bench.quick ? [2, 3] : [2, 4, 6]) {
      const fanOut = await measure(await openFanOutPages(people), people, bench)
      const mesh = await measure(await openMeshPages(people), people, bench)
      rows.push(...rowsOf(people, fanOut, mesh))
      bench.say(`${people} people: ${told(fanOut)}; by mesh ${told(mesh)}`)
    }
    return rows
  },
}

/** Of each participant: shares of one core, and things in a second. */
interface Cost {
  readonly page: number
  readonly node: number
  readonly encoded: number
  readonly shown: number
  readonly datagrams: number
}

async function measure(pages: MediaPages, people: number, { quick }: Bench): Promise<Cost> {
  try {
    await pages.untilShown()
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const [began, node, page] = [performance.now(), process.cpuUsage(), await descendantsTime()]
    const [counted, datagrams] = [await pages.count(), pages.datagrams()]
    await new Promise((resolve) => setTimeout(resolve, quick ? 3_000 : 10_000))
    const ms = performance.now() - began
    const { user, system } = process.cpuUsage(node)
    const after = await pages.count()
    const each = (total: number) => (total * 1_000) / ms / people
    return {
      page: ((await descendantsTime()) - page) / ms / people,
      node: (user + system) / 1_000 / ms / people,
      encoded: each(after.encoded - counted.encoded),
      shown: each(after.shown - counted.shown),
      datagrams: each(pages.datagrams() - datagrams),
    }
  } finally {
    await pages.close()
  }
}

function rowsOf(people: number, fanOut: Cost, mesh: Cost): Row[] {
  const of = (metric: string, unit: string, value: number, floor: number | null = null) =>
    row(name, `${metric}, ${people} people`, unit, { value, ...(floor !== null && { floor }), n: people })
  return [
    of('page; floor: mesh', '% of a core', fanOut.page * 100, mesh.page * 100),
    of('page and node; floor: page by mesh', '% of a core', (fanOut.page + fanOut.node) * 100, mesh.page * 100),
    of('pictures encoded; floor: mesh', 'a second', fanOut.encoded, mesh.encoded),
    of('pictures shown; floor: mesh', 'a second', fanOut.shown, mesh.shown),
    of('node: datagrams sent', 'a second', fanOut.datagrams),
  ]
}

function told({ page, node, encoded, shown }: Cost): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  return `page ${percent(page)}, node ${percent(node)}, ${encoded.toFixed(0)} encoded and ${shown.toFixed(0)} shown a second`
}
