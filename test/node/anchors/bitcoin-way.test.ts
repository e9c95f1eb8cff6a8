import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Step, WayProblem } from '../../../node/anchors/anchor-way.ts'
import { makeBatch } from '../../../node/anchors/batch.ts'
import { openBitcoinRpc } from '../../../node/anchors/bitcoin-rpc.ts'
import { openBitcoinWay } from '../../../node/anchors/bitcoin-way.ts'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../../protocol/anchor/anchor-proof.ts'
import { hasLitecoin, type LitecoinChain, openLitecoin } from '../../support/litecoin.ts'
import { needs } from '../../support/needs.ts'

const trust = { known: [], leastWork: { bitcoin: 1n, litecoin: 1n } }
const depth = 6

describe('a message by way of one’s own node of Bitcoin’s kind', () => {
  let chain: LitecoinChain
  const open = () => openBitcoinWay({ rpc: chain.rpc, chain: 'litecoin', depth })

  beforeAll(async () => {
    if (hasLitecoin) chain = await openLitecoin()
  })
  afterAll(() => chain?.close())
  beforeEach((context) => needs(context, 'litecoind, as Debian has it', hasLitecoin))

  const commitments = Array.from({ length: 5 }, () => new Uint8Array(randomBytes(32)))

  /** What the step shows of the fourth of five commitments. */
  function shown(batch: ReturnType<typeof makeBatch>, { progress }: Step) {
    if (progress.state !== 'confirmed' && progress.state !== 'final') throw new Error(progress.state)
    const proof = { ...batch.places[3]!, evidence: progress.evidence }
    const read = decodeAnchorProof(encodeAnchorProof(proof))
    return verifyAnchor(commitments[3]!, read, trust, primitives)
  }

  test('waits, comes into a block, and is final; a proof made of it holds offline at each step', async () => {
    const batch = makeBatch(commitments)
    const way = open()
    const receipt = await way.prepare(batch.message)
    // Nobody has seen anything of it yet.
    expect(await chain.rpc.call('getrawmempool')).toEqual([])
    const sent = await way.advance(batch.message, receipt)
    expect(sent.progress).toMatchObject({ state: 'pending' })
    expect(await chain.rpc.call('getrawmempool')).toHaveLength(1)
    // Once more is not twice.
    expect((await open().advance(batch.message, sent.receipt)).progress.state).toBe('pending')
    expect(await chain.rpc.call('getrawmempool')).toHaveLength(1)
    await chain.mine(1)
    const confirmed = await way.advance(batch.message, sent.receipt)
    expect(confirmed.progress).toMatchObject({ state: 'confirmed', depth: 1 })
    const height = await chain.rpc.call<number>('getblockcount')
    expect(shown(batch, confirmed)).toMatchObject([{ type: 'dated', chain: 'litecoin', height }])
    await chain.mine(depth - 1)
    const final = await way.advance(batch.message, confirmed.receipt)
    expect(final.progress.state).toBe('final')
    expect(shown(batch, final)).toMatchObject([
      { type: 'dated', chain: 'litecoin', height, standing: { type: 'work' } },
    ])
  })

  test('waits again when the chain takes its block back, and comes into another one', async () => {
    const batch = makeBatch(commitments)
    const way = open()
    const { receipt } = await way.advance(batch.message, await way.prepare(batch.message))
    const [block] = await chain.mine(1)
    const before = await way.advance(batch.message, receipt)
    expect(before.progress.state).toBe('confirmed')
    await chain.rpc.call('invalidateblock', block)
    expect((await way.advance(batch.message, receipt)).progress.state).toBe('pending')
    await chain.mine(2)
    const after = await way.advance(batch.message, receipt)
    expect(after.progress).toMatchObject({ state: 'confirmed', depth: 2 })
    const blockOf = (step: Step) => (shown(batch, step)[0] as { block: Uint8Array }).block
    expect(blockOf(after)).not.toEqual(blockOf(before))
  })

  test('is lost when another transaction has spent its coins, and says so', async () => {
    const batch = makeBatch(commitments)
    const way = open()
    const receipt = await way.prepare(batch.message)
    await chain.rpc.call('lockunspent', true)
    const all = await chain.rpc.call<number>('getbalance')
    await chain.rpc.call('sendtoaddress', await chain.rpc.call('getnewaddress'), all, '', '', true)
    expect((await way.advance(batch.message, receipt)).progress).toMatchObject({ state: 'lost' })
    await chain.mine(1)
    expect((await way.advance(batch.message, receipt)).progress).toMatchObject({ state: 'lost' })
    const anew = await way.prepare(batch.message)
    expect((await way.advance(batch.message, anew)).progress.state).toBe('pending')
    await chain.mine(1)
  })

  test('is not taken by a node of another chain, one with another password, or one that is gone: each says why', async () => {
    const message = new Uint8Array(randomBytes(32))
    const other = openBitcoinWay({ rpc: chain.rpc, chain: 'bitcoin', depth })
    await expect(other.prepare(message)).rejects.toThrow(/another chain than bitcoin/)
    const url = new URL(chain.url)
    url.password = 'wrong'
    const wrong = openBitcoinWay({ rpc: openBitcoinRpc(url), chain: 'litecoin', depth })
    await expect(wrong.prepare(message)).rejects.toThrow(/does not take this user and password/)
    const receipt = await open().prepare(message)
    await chain.stop()
    await expect(open().advance(message, receipt)).rejects.toThrow(WayProblem)
    await chain.start()
    expect((await open().advance(message, receipt)).progress.state).toBe('pending')
  })
})
