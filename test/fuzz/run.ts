// Strangers' bytes at every reader, for as long as one likes: npm run fuzz -- --seconds 600 --seed 7 --target cbor
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
    path: { type: 'string' },
  },
})

const hangsAfterMs = 60_000
const mostHeapMb = 512

process.exitCode = await run()

/** Rounds run in a process of their own: one that hangs or eats all its memory is ended here, and its last input kept. */
async function run(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-fuzz-'))
  const input = join(folder, 'input')
  const round = fileURLToPath(new URL('round.ts', import.meta.url))
  const options = [`--max-old-space-size=${mostHeapMb}`, '--expose-gc', '--import', 'tsx']
  const child = spawn(process.execPath, [...options, round, JSON.stringify({ ...values, input })], { stdio: 'inherit' })
  const watching = setInterval(() => {
    const lastRead = statSync(input, { throwIfNoEntry: false })
    if (!lastRead || Date.now() - lastRead.mtimeMs < hangsAfterMs) return
    console.error('a reader hangs')
    child.kill('SIGKILL')
  }, 5_000)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearInterval(watching)
  if (code === 0 || code === 1) rmSync(folder, { recursive: true, force: true })
  else console.error(`ended while it read the bytes in ${input}; seed ${values.seed}`)
  return code ?? 1
}
