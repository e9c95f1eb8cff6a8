import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AnchorQueue } from '../../../node/anchors/anchor-queue.ts'
import type { AnchorWay } from '../../../node/anchors/anchor-way.ts'
import { openBitcoinWay } from '../../../node/anchors/bitcoin-way.ts'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { AnchorStore } from '../../../node/storage/anchor-store.ts'
import { verifyAnchor } from '../../../protocol/anchor/anchor-proof.ts'
import { checkpointCommitment } from '../../../protocol/anchor/batch.ts'
import { type SignedCheckpoint, signCheckpoint } from '../../../protocol/checkpoint/checkpoint.ts'
import { seedOf } from '../../support/conversation.ts'
import { hasLitecoin, type LitecoinChain, openLitecoin } from '../../support/litecoin.ts'
import { needs } from '../../support/needs.ts'

const log = pino({ enabled: false })
const trust = { known: [], leastWork: { bitcoin: 1n, litecoin: 1n } }

function checkpointOf(room: string, size: number): SignedCheckpoint {
  const seed = seedOf('device')
  const tree = { room: seedOf(room), device: primitives.publicKey(seed), generation: 0, size, root: seedOf(`${size}`) }
  return signCheckpoint(tree, seed, primitives)
}

describe('checkpoints on their way to a chain', () => {
  let chain: LitecoinChain
  let home: string
  let store: AnchorStore
  let checkpoints: SignedCheckpoint[]
  let ways: Map<string, AnchorWay>
  let queue: AnchorQueue

  const open = () => {
    store = new AnchorStore(home, primitives)
    const options = { store, primitives, log, now: Date.now, onChange: () => {} }
    queue = new AnchorQueue({ ...options, ways: () => ways, checkpoints: () => checkpoints })
  }
  const close = async () => {
    await queue.close()
    store.close()
  }
  const states = () => store.batches().map(({ state }) => state)

  beforeAll(async () => {
    if (hasLitecoin) chain = await openLitecoin()
  })
  afterAll(() => chain?.close())
  beforeEach(async (context) => {
    needs(context, 'litecoind, as Debian has it', hasLitecoin)
    home = await mkdtemp(join(tmpdir(), 'parley-anchors-'))
    checkpoints = [checkpointOf('one', 3), checkpointOf('two', 7)]
    ways = new Map([['litecoin', openBitcoinWay({ rpc: chain.rpc, chain: 'litecoin', depth: 3 })]])
    open()
  })
  afterEach(async () => {
    if (!hasLitecoin) return
    await close()
    await rm(home, { recursive: true, force: true })
  })

  test('wait while there is no chain, and go when one is set up', async () => {
    const given = ways
    ways = new Map()
    await queue.now()
    expect(store.batches()).toEqual([])
    ways = given
    await queue.now()
    expect(states()).toEqual(['pending'])
    expect(store.places(store.batches()[0]!.id)).toHaveLength(2)
  })

  test('go once, in one batch, are final at last, and each has a proof that holds; newer ones go in another', async () => {
    await queue.now()
    await queue.now()
    expect(states()).toEqual(['pending'])
    await chain.mine(1)
    await queue.advance()
    expect(store.batches()).toMatchObject([{ state: 'confirmed', depth: 1, reason: null }])
    await chain.mine(2)
    await queue.advance()
    expect(states()).toEqual(['final'])
    const [batch] = store.batches()
    for (const { signed, ...place } of store.places(batch!.id)) {
      const proof = { ...place, evidence: batch!.evidence! }
      const found = verifyAnchor(checkpointCommitment(signed, primitives), proof, trust, primitives)
      expect(found).toMatchObject([{ type: 'dated', chain: 'litecoin' }])
    }
    checkpoints = [checkpoints[0]!, checkpointOf('two', 8)]
    await queue.now()
    expect(states()).toEqual(['pending', 'final'])
    expect(store.places(store.batches()[0]!.id).map(({ signed }) => signed.checkpoint.size)).toEqual([8])
    await chain.mine(1)
  })

  test('go on after the node was stopped, and are handed in once', async () => {
    await queue.now()
    await close()
    open()
    await queue.now()
    expect(states()).toEqual(['pending'])
    expect(await chain.rpc.call('getrawmempool')).toHaveLength(1)
    await chain.mine(3)
    await queue.advance()
    expect(states()).toEqual(['final'])
  })

  test('say why nothing happens while their node is away, and go on by themselves', async () => {
    await chain.stop()
    await queue.now()
    expect(store.batches()).toMatchObject([{ state: 'queued', receipt: null }])
    expect(store.batches()[0]!.reason).toMatch(/does not answer/)
    await chain.start()
    await queue.advance()
    expect(store.batches()).toMatchObject([{ state: 'pending', reason: 'It waits to be put into a block.' }])
    await chain.mine(1)
  })
})
