// One run of the fuzzer: the argument says what, as JSON. Ends with 1 after the first failure.
import { ftruncateSync, openSync, writeSync } from 'node:fs'
import fc from 'fast-check'
import { openNodeTargets } from './node-targets.ts'
import { protocolTargets } from './protocol-targets.ts'
import { hear, lawOf, type Target } from './target.ts'

interface Wanted {
  readonly seconds: string
  readonly seed: string
  readonly target?: string
  readonly path?: string
  /** Holds the bytes that are being read, for whoever has to end this process. */
  readonly input: string
}

const wanted = JSON.parse(process.argv[2]!) as Wanted
const input = openSync(wanted.input, 'w')
const mostGrowth = 64 * 2 ** 20

const node = await openNodeTargets()
const all = [...protocolTargets, ...node.targets]
const targets = all.filter(({ name }) => wanted.target === undefined || name === wanted.target)
if (targets.length === 0) console.error(`no such target; there are: ${all.map(({ name }) => name).join(', ')}`)
const failed = targets.length === 0 || !(await fuzz())
await node.close()
process.exit(failed ? 1 : 0)

/** All targets in turn, with other bytes each time, until the time is over. */
async function fuzz(): Promise<boolean> {
  const ms = Number(wanted.seconds) * 1_000
  const slice = Math.min(ms / targets.length, 5_000)
  const end = Date.now() + ms
  for (let seed = Number(wanted.seed); ; seed++) {
    for (const target of targets) {
      const left = end - Date.now()
      if (left <= 0) return true
      if (!(await fuzzOne(target, seed, Math.min(left, slice)))) return false
      if (wanted.path !== undefined) return true
    }
  }
}

async function fuzzOne(target: Target, seed: number, ms: number): Promise<boolean> {
  let runs = 0
  let slowest = 0
  let begun = 0
  for (const good of target.goods) await hear(target, good)
  const before = heapUsed()
  const law = lawOf(target, (bytes) => {
    const now = performance.now()
    if (begun > 0) slowest = Math.max(slowest, now - begun)
    begun = now
    runs++
    ftruncateSync(input)
    writeSync(input, bytes, 0, bytes.length, 0)
  })
  const options = { seed, numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: ms, markInterruptAsFailure: false }
  const outcome = await fc.check(law, wanted.path === undefined ? options : { seed, path: wanted.path })
  const growth = heapUsed() - before
  const memory = `heap ${megabytes(growth)}, all memory ${megabytes(process.memoryUsage().rss)}`
  console.log(
    `${target.name}: ${runs} inputs with seed ${seed}, the slowest ${slowest.toFixed(0)} ms after the one before, ${memory}`,
  )
  if (outcome.failed) {
    const [bytes] = outcome.counterexample ?? []
    console.error(`${target.name} fails: ${(outcome.errorInstance as Error | null)?.stack}`)
    console.error(`smallest input, in hex: ${Buffer.from(bytes ?? []).toString('hex')}`)
    console.error(
      `again: npm run fuzz -- --target '${target.name}' --seed ${seed} --path ${outcome.counterexamplePath}`,
    )
    return false
  }
  if (growth > mostGrowth) console.error(`${target.name} keeps ${megabytes(growth)} of what it has read`)
  return growth <= mostGrowth
}

function heapUsed(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
