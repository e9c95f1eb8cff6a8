import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks of Linux in a second, on every architecture that it runs Node on. */
const ticks = 100

/** Processor time of all processes that this one has started, and those that they have, in ms; of those that still run. Linux only. */
export async function descendantsTime(): Promise<number> {
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readProcess))
  const children = new Map<number, Process[]>()
  for (const each of all) if (each) children.set(each.parent, [...(children.get(each.parent) ?? []), each])
  const sum = (parent: number): number =>
    (children.get(parent) ?? []).reduce((total, { pid, ms }) => total + ms + sum(pid), 0)
  return sum(process.pid)
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly ms: number
}

/** proc(5): what stands behind the name, which may hold anything. */
async function readProcess(pid: string): Promise<Process | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid: Number(pid), parent: Number(fields[1]), ms: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks }
}
