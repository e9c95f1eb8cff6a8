import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** The JSON lines that a running process prints, one a call. */
export function jsonLinesOf(child: ChildProcess): () => Promise<unknown> {
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the process has ended')
    return JSON.parse(value)
  }
}
