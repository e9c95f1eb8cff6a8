import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Row } from './benchmark.ts'
import { type Machine, thisMachine } from './machine.ts'
import { tableOf } from './table.ts'

interface Results {
  readonly date: string
  readonly machine: Machine
  readonly rows: readonly Row[]
}

const folder = new URL('../results/', import.meta.url)
const latest = new URL('latest.json', folder)
const readme = new URL('../README.md', import.meta.url)
const marks = ['<!-- results -->', '<!-- /results -->'] as const

/** Keep the figures of this run, in place of older ones of the same benchmarks, and draw the table of the README anew. */
export async function writeResults(rows: readonly Row[]): Promise<void> {
  const run = new Set(rows.map(({ name }) => name))
  const kept = (await readRows()).filter(({ name }) => !run.has(name))
  const results: Results = { date: new Date().toISOString(), machine: thisMachine(), rows: [...kept, ...rows] }
  await mkdir(folder, { recursive: true })
  await writeFile(latest, `${JSON.stringify(results, null, 2)}\n`)
  await writeTable(results)
}

async function readRows(): Promise<readonly Row[]> {
  try {
    return (JSON.parse(await readFile(latest, 'utf8')) as Results).rows
  } catch {
    return []
  }
}

async function writeTable({ date, machine, rows }: Results): Promise<void> {
  const text = await readFile(readme, 'utf8')
  const [start, end] = marks.map((mark) => text.indexOf(mark))
  if (start === undefined || end === undefined || start < 0 || end < start) {
    throw new Error(`benchmarks/README.md has lost its marks ${marks.join(' and ')}`)
  }
  const { cpu, cores, memory, node, os, load } = machine
  const where = `${date.slice(0, 10)} · ${cpu}, ${cores} cores, ${memory} · ${os} · Node ${node} · load ${load.join(', ')}`
  const table = `${marks[0]}\n${where}\n\n${tableOf(rows)}\n`
  await writeFile(readme, text.slice(0, start) + table + text.slice(end))
}
