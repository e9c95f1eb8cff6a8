import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { KeyStore } from '../../../node/storage/key-store.ts'
import { startChain, walkTo } from '../../../protocol/epoch/chain.ts'
import { type EpochKeys, encodeEpochKeys, ephemeralLifeMs, wipeEphemeral } from '../../../protocol/epoch/epoch-keys.ts'
import { withPrekey } from '../../../protocol/epoch/prekey.ts'

const key = randomBytes(32)
const room = new Uint8Array(32).fill(7)
const now = 1_700_000_000_000
let home: string
let store: KeyStore

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-keys-'))
  store = new KeyStore(home, key)
})
afterEach(async () => {
  store.close()
  await rm(home, { recursive: true, force: true })
})

function epoch(number: number, learned = now): EpochKeys {
  const chain = (keeps: boolean) => startChain({ step: 0, key: Uint8Array.from(randomBytes(32)) }, keeps)
  const header = Uint8Array.from(randomBytes(32))
  const log = new Uint8Array(32).fill(3)
  return { log, number, shareable: true, learned, header, history: chain(true), ephemeral: chain(false) }
}

const walked = (keys: EpochKeys, step: number): EpochKeys => {
  const { ephemeral } = keys
  return ephemeral ? { ...keys, ephemeral: { ...ephemeral, next: walkTo(ephemeral.next, step, primitives) } } : keys
}

function reopen(withKey = key): void {
  store.close()
  store = new KeyStore(home, withKey)
}

/** What stands in all files of the home. */
async function bytesOfHome(): Promise<Buffer> {
  const files = await readdir(home)
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(home, file)))))
}

/** Look at the file, or change it, beside the store. */
function beside<T>(work: (db: Database.Database) => T): T {
  const db = new Database(join(home, 'keys.db'))
  try {
    return work(db)
  } finally {
    db.close()
  }
}

/** What a secret lies in the file as. */
const sealedAs = (sql: string, at: number): Buffer =>
  beside((db) => Buffer.from((db.prepare(sql).get(at) as { sealed: ArrayBuffer }).sealed))
const sealedRow = (number: number) => sealedAs('SELECT sealed FROM epoch WHERE number = ?', number)
const sealedPrekey = (generation: number) => sealedAs('SELECT sealed FROM prekey WHERE generation = ?', generation)

describe('a key store', () => {
  test('gives back what it was given, after a restart too, and nothing of it stands there in clear', async () => {
    const epochs = [epoch(1), epoch(2)]
    store.keep(room, epochs)
    reopen()
    expect(store.epochs(room)).toEqual(epochs)
    expect(store.epoch(room, epochs[0]!.log, 2)).toEqual(epochs[1])
    expect(store.epoch(room, epochs[0]!.log, 3)).toBe(null)
    const bytes = await bytesOfHome()
    expect(epochs.some(({ header }) => bytes.includes(Buffer.from(header)))).toBe(false)
    expect((await stat(join(home, 'keys.db'))).mode & 0o077).toBe(0)
  })

  test('holds in no file what a row was before it was overwritten', async () => {
    for (let number = 1; number <= 40; number++) store.keep(room, [epoch(number)])
    const before = epoch(41)
    store.keep(room, [before])
    const sealed = sealedRow(41)
    expect((await bytesOfHome()).includes(sealed)).toBe(true)
    store.keep(room, [wipeEphemeral(before, now + ephemeralLifeMs)])
    expect((await bytesOfHome()).includes(sealed)).toBe(false)
    expect((await bytesOfHome()).includes(sealed.subarray(0, 16))).toBe(false)
    expect(store.epoch(room, before.log, 41)?.ephemeral).toBe(null)
  })

  test('finds the ephemeral chains that are too old, and those from the future', () => {
    store.keep(room, [epoch(1, now - ephemeralLifeMs), epoch(2, now - ephemeralLifeMs + 1), epoch(3, now + 1)])
    const old = store.withOldEphemeral(room, now)
    expect(old.map(({ number }) => number)).toEqual([1, 3])
    store.keep(
      room,
      old.map((each) => wipeEphemeral(each, now)),
    )
    expect(store.withOldEphemeral(room, now)).toEqual([])
  })

  test('opens under the vault of another home as little as at another place', () => {
    store.keep(room, [epoch(1)])
    reopen(randomBytes(32))
    expect(() => store.epochs(room)).toThrow(expect.objectContaining({ code: 'home/damaged' }))
    reopen()
    beside((db) => db.exec('UPDATE epoch SET number = 2'))
    expect(() => store.epoch(room, epoch(1).log, 2)).toThrow(expect.objectContaining({ code: 'home/damaged' }))
  })

  test('holds the prekeys that it is given, and those that are gone are in no file', async () => {
    const pair = (generation: number) => ({
      generation,
      privateKey: Uint8Array.from(randomBytes(32)),
      announced: now + generation,
    })
    const first = withPrekey([], pair(65_536))
    store.keepPrekeys(room, first)
    const sealed = sealedPrekey(65_536)
    const both = withPrekey(first, pair(65_537))
    store.keepPrekeys(room, both)
    reopen()
    expect(store.prekeys(room)).toEqual(both)
    store.keepPrekeys(room, both.slice(1))
    expect(store.prekeys(room)).toEqual(both.slice(1))
    expect((await bytesOfHome()).includes(sealed)).toBe(false)
  })

  test('has an own epoch in one piece until it could not be kept, or the node was stopped in the middle', () => {
    const own = epoch(1)
    const isIntact = () => store.isIntact(room, own.log, 1)
    store.keepOwn(room, own)
    reopen()
    expect(isIntact()).toBe(true)
    store.breakOwn(room)
    expect(isIntact()).toBe(false)
    store.keepOwn(room, walked(own, 3))
    // Another one on the same file is what is there after the first was stopped in the middle.
    const second = new KeyStore(home, key)
    expect(second.isIntact(room, own.log, 1)).toBe(false)
    second.close()
    reopen()
    expect(isIntact()).toBe(false)
    expect(encodeEpochKeys(store.epoch(room, own.log, 1)!)).toEqual(encodeEpochKeys(walked(own, 3)))
  })

  test('knows which grants were opened', () => {
    const log = new Uint8Array(32).fill(5)
    store.keepGranted(room, { log, index: 4 }, [epoch(1)])
    reopen()
    expect(store.wasGranted(room, log, 4)).toBe(true)
    expect(store.wasGranted(room, log, 5)).toBe(false)
    expect(store.epochs(room).length).toBe(1)
  })

  test('that is damaged is said to be, and never begun anew', async () => {
    store.keep(room, [epoch(1)])
    store.close()
    const path = join(home, 'keys.db')
    const whole = await readFile(path)
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, 0, 64)
    await writeFile(path, damaged)
    expect(() => new KeyStore(home, key)).toThrow(expect.objectContaining({ code: 'home/damaged' }))
    await writeFile(path, whole)
    store = new KeyStore(home, key)
    expect(store.epochs(room).length).toBe(1)
  })
})
