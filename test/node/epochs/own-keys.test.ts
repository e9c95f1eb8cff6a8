import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Keyring } from '../../../node/epochs/keyring.ts'
import { OwnEpoch } from '../../../node/epochs/own-epoch.ts'
import { OwnPrekeys } from '../../../node/epochs/own-prekeys.ts'
import { RoomEpochs } from '../../../node/epochs/room-epochs.ts'
import { hpke } from '../../../node/hpke.ts'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { KeyStore } from '../../../node/storage/key-store.ts'
import { advanceEpoch, type EpochCursor, emptyEpochs } from '../../../protocol/epoch/epoch-cursor.ts'
import { prekeyGraceMs, prekeyLifeMs } from '../../../protocol/epoch/prekey.ts'
import { roomSecrets } from '../../../protocol/room/room-secrets.ts'

const room = new Uint8Array(32).fill(7)
const log = new Uint8Array(32).fill(3)
const device = new Uint8Array(32).fill(1)
const key = Buffer.alloc(32, 9)

let home: string
let store: KeyStore
let now: number

beforeEach(async () => {
  now = 1_700_000_000_000
  home = await mkdtemp(join(tmpdir(), 'parley-own-keys-'))
  store = new KeyStore(home, key)
})
afterEach(async () => {
  store.close()
  await rm(home, { recursive: true, force: true })
})

describe('the prekeys of a device', () => {
  const open = () => new OwnPrekeys(room, store, () => now)
  const generations = () => store.prekeys(room).map(({ generation }) => generation)

  /** Announce the next one, in a log that takes it. */
  async function announce(prekeys: OwnPrekeys, cursor: EpochCursor): Promise<EpochCursor> {
    return advanceEpoch(cursor, await prekeys.next(cursor))
  }

  test('are renewed after seven days, and count on in their log', async () => {
    const prekeys = open()
    let cursor = emptyEpochs(2)
    expect(prekeys.isDue(cursor)).toBe(true)
    cursor = await announce(prekeys, cursor)
    expect(prekeys.isDue(cursor)).toBe(false)
    now += prekeyLifeMs
    expect(prekeys.isDue(cursor)).toBe(true)
    cursor = await announce(prekeys, cursor)
    expect(generations()).toEqual([2 * 65_536, 2 * 65_536 + 1])
    expect(open().held).toEqual(prekeys.held)
  })

  test('are made anew where the log did not take one, or is another', async () => {
    const prekeys = open()
    const cursor = emptyEpochs(0)
    const lost = await prekeys.next(cursor)
    expect(prekeys.isDue(cursor)).toBe(true)
    const said = await prekeys.next(cursor)
    expect(said.key).not.toEqual(lost.key)
    expect(generations()).toEqual([0])
    expect(open().isDue(emptyEpochs(5))).toBe(true)
  })

  test('are destroyed once everybody seals to a later one, or thirty days after', async () => {
    const prekeys = open()
    let cursor = await announce(prekeys, emptyEpochs(0))
    cursor = await announce(prekeys, cursor)
    prekeys.destroyOld([1, 0])
    expect(generations()).toEqual([0, 1])
    prekeys.destroyOld([1, 1])
    expect(generations()).toEqual([1])
    await announce(prekeys, cursor)
    prekeys.destroyOld([1, null])
    expect(generations()).toEqual([1, 2])
    now += prekeyGraceMs
    prekeys.destroyOld([1, null])
    expect(generations()).toEqual([2])
  })
})

describe('the epoch of a device', () => {
  const recipients = async () => [{ device, prekey: await new OwnPrekeys(room, store, () => now).next(emptyEpochs(0)) }]
  const place = { log, owner: { room, identity: device, device, generation: 0 }, index: 1, seen: new Map() }

  function open(epochs = new RoomEpochs(device)): { own: OwnEpoch; epochs: RoomEpochs } {
    const keyring = new Keyring(room, roomSecrets(new Uint8Array(32), primitives), store)
    const options = { keyring, store, epochs, shareable: true, hpke, primitives, now: () => now }
    return { own: new OwnEpoch(options), epochs }
  }

  async function begin(): Promise<{
    cursor: EpochCursor
    epochs: RoomEpochs
    all: Awaited<ReturnType<typeof recipients>>
  }> {
    const all = await recipients()
    const { own, epochs } = open()
    const due = own.due(log, emptyEpochs(0), all)
    expect(due).toEqual({ type: 'start', reason: 'begun' })
    const started = await own.prepare(due!, log, emptyEpochs(0), all)
    epochs.note(started, place)
    return { cursor: advanceEpoch(emptyEpochs(0), started), epochs, all }
  }

  test('is gone on with after a stop in peace, and not after one in the middle', async () => {
    const { cursor, epochs, all } = await begin()
    store.close()
    store = new KeyStore(home, key)
    expect(open(epochs).own.due(log, cursor, all)).toBe(null)
    const another = new KeyStore(home, key)
    expect(open(epochs).own.due(log, cursor, all)).toEqual({ type: 'start', reason: 'unclean' })
    another.close()
  })

  test('is not gone on with after what it sealed could not be appended', async () => {
    const { cursor, epochs, all } = await begin()
    const { own } = open(epochs)
    expect(own.due(log, cursor, all)).toBe(null)
    own.broken()
    expect(own.due(log, cursor, all)).toEqual({ type: 'start', reason: 'unclean' })
  })
})
