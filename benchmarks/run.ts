import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { append } from './append.ts'
import { callMedia } from './call-media.ts'
import { callSetup } from './call-setup.ts'
import { catchUp } from './catch-up.ts'
import { coldOpen } from './cold-open.ts'
import { crowd } from './crowd.ts'
import { latency } from './latency.ts'
import { sealing } from './sealing.ts'
import { type Benchmark, type Row, runBenchmark } from './support/benchmark.ts'
import { writeResults } from './support/results.ts'
import { tableOf } from './support/table.ts'
import { verify } from './verify.ts'

const benchmarks: readonly Benchmark[] = [
  append,
  catchUp,
  latency,
  verify,
  sealing,
  crowd,
  coldOpen,
  callSetup,
  callMedia,
]
const summaries = benchmarks.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')

interface Options {
  readonly quick?: boolean
  readonly profile?: string | null
}

await new Command('bench')
  .description('Measure what Parley costs, next to the least that could do the same.')
  .usage('[options] [NAME…]')
  .argument('[names...]', `which benchmarks; all unless named:\n\n${summaries}\n`)
  .option('--quick', 'a smoke test with small numbers; its figures are not kept')
  .option('--profile <folder>', 'write a CPU profile of every process into this folder')
  .action(async (names: string[], options: Options) => {
    const unknown = names.filter((name) => !benchmarks.some((each) => each.name === name))
    if (unknown.length > 0) {
      process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are:\n${summaries}\n`)
      process.exit(2)
    }
    const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))
    const rows = await runAll(chosen, options)
    process.stdout.write(`${tableOf(rows)}\n`)
    if (!options.quick) await writeResults(rows)
  })
  .parseAsync()

async function runAll(chosen: readonly Benchmark[], { quick = false, profile = null }: Options): Promise<Row[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const rows: Row[] = []
  try {
    for (const benchmark of chosen) {
      process.stderr.write(`${benchmark.name}: ${benchmark.summary}\n`)
      try {
        rows.push(...(await runBenchmark(benchmark, { quick, scratch, profile })))
      } catch (error) {
        // The others can still be measured.
        console.error(error)
        process.exitCode = 1
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return rows
}
