import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { type LogStore, openLogStore } from '../../../node/storage/log-store.ts'
import type { StoredLog } from '../../../node/storage/stored-log.ts'
import { type LogOwner, LogTree, logKey, verifyHead } from '../../../protocol/log/hypercore.ts'

const deviceSeed = randomBytes(32)
const owner: LogOwner = {
  room: randomBytes(32),
  identity: randomBytes(32),
  device: primitives.publicKey(deviceSeed),
  generation: 0,
}
let home: string
let store: LogStore
let log: StoredLog

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-logs-'))
  store = await openLogStore(home, primitives)
  log = await store.openOwnLog(owner, deviceSeed)
})
afterEach(async () => {
  await store.close()
  await rm(home, { recursive: true, force: true })
})

describe('a log on disk', () => {
  test('has the key, the tree hash and the signature that are computed without Hypercore', async () => {
    expect(log.key).toEqual(logKey(owner, primitives))
    expect(await log.head()).toBeNull()
    const tree = new LogTree(primitives)
    for (let length = 1; length <= 40; length++) {
      const block = randomBytes(length)
      tree.append(block)
      await log.append([block])
      const head = (await log.head())!
      expect({ length: head.length, treeHash: head.treeHash }).toEqual({ length, treeHash: tree.treeHash() })
      verifyHead(log.key, owner.device, head, primitives)
    }
  })

  test('has a head that its device signed at every moment, also while it grows', async () => {
    await log.append([randomBytes(50)])
    let isWriting = true
    const writing = (async () => {
      for (let i = 0; i < 199; i++) await log.append([randomBytes(50)])
      isWriting = false
    })()
    let heads = 0
    while (isWriting || heads < 20) {
      verifyHead(log.key, owner.device, (await log.head())!, primitives)
      heads++
    }
    await writing
    expect((await log.head())!.length).toBe(200)
  })

  test('is written only by who has the key, and comes back as it was', async () => {
    const blocks = [randomBytes(10), randomBytes(0), randomBytes(100_000)]
    await log.append(blocks)
    await store.close()
    store = await openLogStore(home, primitives)
    const others = await store.openLog(owner)
    await expect(others.append([randomBytes(1)])).rejects.toThrow('readonly')
    expect(await others.read(0, 3)).toEqual(blocks)
    await expect(others.read(2, 4)).rejects.toThrow('block 3 is not here')
    const first: Uint8Array[] = []
    for await (const { key, block } of store.firstBlocks()) first.push(key, block)
    expect(first).toEqual([log.key, blocks[0]])
  })
})
