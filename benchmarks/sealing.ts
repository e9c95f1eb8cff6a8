import type { SealerRole } from './roles/sealer.ts'
import { type Bench, type Benchmark, type Row, row } from './support/benchmark.ts'
import type { Role } from './support/role.ts'
import { median } from './support/statistics.ts'

const name = 'sealing'

/** What encryption costs by itself: nothing is stored, sent or folded. */
export const sealing: Benchmark = {
  name,
  summary: 'seal and open messages of 200 bytes, under either suite, and begin epochs',
  async run(bench) {
    const sealer = bench.role<SealerRole>('sealer.ts')
    const rows = await messages(bench, sealer)
    for (const devices of bench.quick ? [3, 30] : [3, 30, 100, 250])
      rows.push(...(await epochs(bench, sealer, devices)))
    await sealer.end()
    return rows
  },
}

async function messages({ quick, say }: Bench, sealer: Role<SealerRole>): Promise<Row[]> {
  const count = quick ? 1_000 : 20_000
  const rows: Row[] = []
  for (const suite of [0, 1] as const) {
    const runs = []
    // The first one warms the code.
    for (let i = 0; i < 4; i++) runs.push(await sealer.ask('messages', { suite, count }))
    const warm = runs.slice(1)
    const rate = (key: keyof (typeof warm)[number]) => (count / median(warm.map((run) => run[key]))) * 1_000
    say(`suite ${suite}: ${rate('sealMs').toFixed(0)} sealed, ${rate('openMs').toFixed(0)} opened in a second`)
    rows.push(
      row(name, `sealed, suite ${suite}`, 'messages/s', {
        value: rate('sealMs'),
        floor: rate('floorSealMs'),
        n: count,
      }),
      row(name, `opened, suite ${suite}`, 'messages/s', {
        value: rate('openMs'),
        floor: rate('floorOpenMs'),
        n: count,
      }),
    )
  }
  return rows
}

async function epochs({ quick, say }: Bench, sealer: Role<SealerRole>, devices: number): Promise<Row[]> {
  const runs = []
  for (let i = 0; i < (quick ? 2 : 9); i++) runs.push(await sealer.ask('epoch', { devices }))
  const warm = runs.slice(1)
  const of = (key: keyof (typeof warm)[number]) => median(warm.map((run) => run[key]))
  say(`${devices} devices: ${of('startMs').toFixed(1)} ms, ${of('bytes')} bytes`)
  return [
    row(name, 'epoch begun, by its devices', 'ms', { value: of('startMs'), floor: of('floorMs'), n: devices }),
    row(name, 'own box opened, by its devices', 'ms', { value: of('openMs'), n: devices }),
    row(name, 'entry that begins an epoch, by its devices', 'bytes', { value: of('bytes'), n: devices }),
  ]
}
