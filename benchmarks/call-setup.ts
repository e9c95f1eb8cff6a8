import { openTown } from '../test/support/people.ts'
import { type Bench, type Benchmark, row } from './support/benchmark.ts'
import { openDirectCalls } from './support/direct-calls.ts'
import { openPageCalls } from './support/page-calls.ts'
import { quantile } from './support/statistics.ts'

const name = 'call-setup'
const asksNobody = { permissions: ['camera', 'microphone'] }

/** From the click on “call” until both see the other. */
export const callSetup: Benchmark = {
  name,
  summary: 'from the click to the first frame of the other on both sides; the callee accepts at once',
  async run(bench) {
    const town = await openTown()
    try {
      const people = [await town.addPerson(asksNobody), await town.addPerson(asksNobody)] as const
      const ours = await openPageCalls(people)
      const direct = await openDirectCalls(people)
      return rowsOf(await takeTurns(bench, ours, direct))
    } finally {
      await town.close()
    }
  },
}

interface Times {
  /** The whole way, with the camera opened on it. */
  readonly ours: number[]
  readonly floor: number[]
  /** The floor, had both cameras been open before. */
  readonly warmFloor: number[]
  /** From the click until it rings. */
  readonly ring: number[]
}

async function takeTurns(
  { quick, say }: Bench,
  ours: Awaited<ReturnType<typeof openPageCalls>>,
  direct: Awaited<ReturnType<typeof openDirectCalls>>,
): Promise<Times> {
  const times: Times = { ours: [], floor: [], warmFloor: [], ring: [] }
  const calls = quick ? 2 : 15
  for (let i = 0; i <= calls; i++) {
    const floor = await direct.call({ camerasOpen: false })
    const warmFloor = await direct.call({ camerasOpen: true })
    const { ms, ringMs } = await ours.call()
    // The first calls of a browser pay for what later ones find loaded.
    if (i === 0) continue
    times.floor.push(floor)
    times.warmFloor.push(warmFloor)
    times.ours.push(ms)
    times.ring.push(ringMs)
    say(
      `${ms.toFixed(0)} ms, rang after ${ringMs.toFixed(0)} ms; floor ${floor.toFixed(0)} ms, ${warmFloor.toFixed(0)} ms`,
    )
  }
  return times
}

function rowsOf({ ours, floor, warmFloor, ring }: Times) {
  const n = ours.length
  return [0.5, 0.95].flatMap((share) => {
    const at = (values: readonly number[]) => quantile(values, share)
    const p = `p${share * 100}`
    return [
      row(name, `both see the other, ${p}`, 'ms', { value: at(ours), floor: at(floor), n }),
      row(name, `both see the other, ${p}; floor: cameras open before`, 'ms', {
        value: at(ours),
        floor: at(warmFloor),
        n,
      }),
      row(name, `it rings, ${p}`, 'ms', { value: at(ring), n }),
    ]
  })
}
