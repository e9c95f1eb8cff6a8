import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { openLogStore } from '../../../node/storage/log-store.ts'

const deviceSeed = randomBytes(32)
const device = primitives.publicKey(deviceSeed)
const owner = { room: randomBytes(32), identity: randomBytes(32), device, generation: 0 }
const blocks = [1, 2, 3].map(() => randomBytes(300))

/** All blocks of the log of a home, after `append` was written to it. */
async function openAndRead(home: string, append: readonly Uint8Array[] = []): Promise<Uint8Array[]> {
  const store = await openLogStore(home, primitives)
  try {
    const log = await store.openOwnLog(owner, deviceSeed)
    if (append.length > 0) await log.append(append)
    const read = await log.read(0, log.length)
    await log.close()
    return read
  } finally {
    await store.close()
  }
}

/** Flip a bit wherever these bytes stand in a file below the folder; answers in how many. */
async function rot(folder: string, bytes: Uint8Array): Promise<number> {
  let found = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path)
    const at = content.indexOf(bytes)
    if (at < 0) continue
    content[at]! ^= 1
    await writeFile(path, content)
    found++
  }
  return found
}

test('a bit of a block that has turned on the disk is found out, and never read as if nothing were wrong', async ({
  onTestFinished,
}) => {
  const home = await mkdtemp(join(tmpdir(), 'parley-rot-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  expect((await openAndRead(home, blocks)).map((block) => Buffer.from(block))).toEqual(blocks)
  expect(await rot(home, blocks[1]!)).toBe(1)
  await expect(openAndRead(home)).rejects.toThrow('checksum mismatch')
})
