import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasLitecoin, type LitecoinChain, openLitecoin } from '../support/litecoin.ts'
import { needs } from '../support/needs.ts'
import { meet, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

describe('what was said', () => {
  let net: Testnet
  let chain: LitecoinChain

  beforeAll(async () => {
    if (hasLitecoin) chain = await openLitecoin()
  })
  afterAll(() => chain?.close())
  beforeEach(async (context) => {
    needs(context, 'litecoind, as Debian has it', hasLitecoin)
    net = await openTestnet()
  })
  afterEach(() => net?.close())

  test('is witnessed without any chain, and comes to one by itself when it is set up, also over a restart', async () => {
    const ben = await net.open('Ben')
    let ada = await net.open('Ada')
    const room = await meet(ada, ben)
    await ada.send(room, 'Hello')
    await untilAllShow([ada, ben], room, ['Hello'])
    await ada.run('anchor-now', {})
    await until(() => ada.room(room).checkpoint?.witnesses.length === 1, 'that Ben has witnessed it')
    expect(ada.room(room).checkpoint).toMatchObject({ of: 1, anchors: [] })
    expect(ada.anchors()).toEqual({ chains: [], anchors: [] })

    await ada.run('set-chain', { name: 'ltc', kind: 'litecoin', url: chain.url.href, depth: 3 })
    const [shown] = ada.anchors().chains
    expect(shown).toEqual({
      name: 'ltc',
      kind: 'litecoin',
      depth: 3,
      address: `http://${chain.url.host}/wallet/parley`,
    })
    expect(ada.room(room).checkpoint?.anchors).toMatchObject([{ chain: 'ltc', state: 'pending', depth: 0 }])

    await ada.close()
    await chain.mine(1)
    ada = await net.open('Ada')
    await ada.run('advance-anchors', {})
    expect(ada.room(room).checkpoint?.anchors).toMatchObject([{ chain: 'ltc', state: 'confirmed', depth: 1 }])
    await chain.mine(2)
    await ada.run('advance-anchors', {})
    expect(ada.room(room).checkpoint?.anchors).toMatchObject([{ chain: 'ltc', state: 'final', reason: null }])

    await ada.send(room, 'And more')
    await ada.run('make-checkpoint', { room })
    // Of what was said since, nothing is on a chain.
    expect(ada.room(room).checkpoint?.anchors).toEqual([])
    await ada.run('anchor-now', {})
    expect(ada.anchors().anchors.map(({ state }) => state)).toEqual(['pending', 'final'])
    await chain.mine(1)
  })

  test('is on no chain whose node is away, which says so', async () => {
    const ada = await net.open('Ada')
    const { room } = await ada.run('create-room', { name: 'Diary' })
    await ada.send(room, 'Dear diary')
    await ada.run('make-checkpoint', { room })
    await ada.run('set-chain', { name: 'btc', kind: 'bitcoin', url: 'http://a:b@127.0.0.1:9/' })
    expect(ada.room(room).checkpoint).toMatchObject({ of: 0, anchors: [{ chain: 'btc', state: 'queued' }] })
    expect(ada.room(room).checkpoint?.anchors[0]?.reason).toMatch(/127\.0\.0\.1:9 does not answer/)
    await ada.run('remove-chain', { name: 'btc' })
    await ada.run('advance-anchors', {})
    expect(ada.room(room).checkpoint?.anchors[0]?.reason).toMatch(/not set up any more/)
    await expect(ada.run('set-chain', { name: 'x', kind: 'bitcoin', url: 'file:///etc/passwd' })).rejects.toThrow()
    await expect(ada.run('remove-chain', { name: 'btc' })).rejects.toThrow()
  })
})
