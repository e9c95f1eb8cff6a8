import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { verifyBundle } from '../../protocol/verification/index.ts'
import { meet, untilAllShow, untilShows } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

describe('someone who was away', () => {
  test('gets what was written meanwhile, and what they wrote alone arrives', async () => {
    const ada = await net.open('Ada')
    let ben = await net.open('Ben')
    const room = await meet(ada, ben)
    await ben.close()
    await ada.send(room, 'Are you there?')
    await ada.close()
    ben = await net.open('Ben')
    await ben.send(room, 'Nobody here')
    await untilShows(ben, room, ['Nobody here'])
    const again = await net.open('Ada')
    // Neither knew of the other's: the order is by time.
    await untilAllShow([again, ben], room, ['Are you there?', 'Nobody here'])
    await again.send(room, 'Now I am')
    await untilAllShow([again, ben], room, ['Are you there?', 'Nobody here', 'Now I am'])
    expect(again.timeline(room).every(({ flaw }) => flaw === null)).toBe(true)
  })

  test('and was killed in the middle of a talk has lost nothing that was acknowledged', async () => {
    const ada = await net.open('Ada')
    let ben = await net.start('Ben')
    const { room, link } = await ada.run('create-room', { name: 'Book club' })
    await ben.run('join-room', { link })
    const acknowledged = new Map<string, string>()
    let asked = 0
    for (let round = 0; round < 4; round++) {
      const said = Array.from({ length: 20 }, async () => {
        const text = `Ben ${asked++}`
        const { id } = await ben.run('send-message', { room, text })
        acknowledged.set(id, text)
      })
      const heard = Array.from({ length: 20 }, (_, i) => ada.send(room, `Ada ${round} ${i}`))
      const before = acknowledged.size
      const ends = Promise.allSettled(said)
      await until(() => acknowledged.size > before, 'an acknowledgement')
      await ben.kill()
      await ends
      await Promise.all(heard)
      ben = await net.start('Ben')
    }
    await ben.run('send-message', { room, text: 'Still here' })
    await until(() => ada.texts(room).includes('Still here'), 'the last message')
    await until(() => ada.room(room).unreadable === 0, 'keys for all of it')

    const shown = ada.timeline(room)
    const byId = new Map(shown.flatMap((item) => (item.type === 'message' ? [[item.id, item.text]] : [])))
    for (const [id, text] of acknowledged) expect(byId.get(id)).toBe(text)
    const fromBen = [...byId.values()].filter((text) => text.startsWith('Ben'))
    expect(new Set(fromBen).size).toBe(fromBen.length)
    expect([...byId.values()].filter((text) => text.startsWith('Ada')).length).toBe(80)
    expect(ada.room(room).troubles).toEqual([])
    expect(shown.every(({ flaw }) => flaw === null)).toBe(true)

    const theirs = await until(async () => {
      const bundle = await ben.exportRoom(room)
      return verifyBundle(bundle, { primitives }).messages.length === byId.size ? bundle : null
    }, 'the whole conversation at Ben')
    const ours = await ada.backend.exportRoom(room, 'all')
    expect(verifyBundle(theirs, { primitives }).report).toMatchObject({ ok: true, messages: byId.size })
    // The same two logs, block by block: there was no second beginning and no fork.
    const logs = (bundle: Uint8Array) => decodeBundle(bundle, primitives).logs.map(({ blocks }) => blocks)
    expect(logs(theirs)).toEqual(logs(ours))
    await ben.stop()
  })
})
