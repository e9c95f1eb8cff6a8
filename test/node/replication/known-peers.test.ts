import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KnownPeers } from '../../../node/replication/known-peers.ts'

const log = pino({ level: 'silent' })
const key = 'a'.repeat(64)
let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-known-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

describe('what a node remembers of the network', () => {
  test('outlives it', async () => {
    const known = await KnownPeers.open(home, log)
    known.rememberNetwork(4321, [{ host: '192.0.2.1', port: 1 }])
    known.remember({ key, host: '192.0.2.2', port: 2, room: 'book club' })
    known.remember({ key, host: '192.0.2.3', port: 3, room: 'choir' })
    await known.close()

    const again = await KnownPeers.open(home, log)
    expect(again.port).toBe(4321)
    expect(again.nodes).toEqual([{ host: '192.0.2.1', port: 1 }])
    // One node, where it was last, in both rooms.
    expect(again.inRoom('book club')).toEqual(again.inRoom('choir'))
    expect(again.peers).toMatchObject([{ key, host: '192.0.2.3', port: 3, rooms: ['book club', 'choir'] }])
    await again.close()
  })

  test('is not forgotten because the network is away', async () => {
    const known = await KnownPeers.open(home, log)
    known.rememberNetwork(4321, [{ host: '192.0.2.1', port: 1 }])
    known.rememberNetwork(4321, [])
    await known.close()
    expect((await KnownPeers.open(home, log)).nodes).toEqual([{ host: '192.0.2.1', port: 1 }])
  })

  test('has an end: whom one met longest ago is forgotten first', async () => {
    const known = await KnownPeers.open(home, log)
    for (let i = 0; i < 300; i++) {
      known.remember({ key: i.toString(16).padStart(64, '0'), host: '192.0.2.1', port: 1, room: 'book club' })
    }
    await known.close()
    const { peers } = JSON.parse(await readFile(join(home, 'network.json'), 'utf8'))
    expect(peers.length).toBe(256)
    expect(peers[0].key).toBe((299).toString(16).padStart(64, '0'))
  })
})
