import { randomBytes } from 'node:crypto'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import HyperDHT, { type KeyPair } from 'hyperdht'
import { messageBlock } from './message-text.ts'

/** Hypercore with nothing of ours around it. */
export interface RawLog {
  readonly store: Corestore
  readonly core: Hypercore
  readonly author: Uint8Array
}

/** Open the log of `author`, or a new one of one's own. */
export async function openRawLog(folder: string, author?: Uint8Array): Promise<RawLog> {
  const store = new Corestore(folder)
  await store.ready()
  const own: KeyPair | null = author ? null : HyperDHT.keyPair(randomBytes(32))
  const publicKey = author ?? own!.publicKey
  const core = store.get({ manifest: { version: 2, signers: [{ publicKey }], userData: Buffer.alloc(32) } })
  await core.ready()
  if (own) core.setKeyPair(own)
  return { store, core, author: publicKey }
}

/** Append messages `from` up to `to` in batches. */
export async function appendRaw({ core }: RawLog, from: number, to: number, batch: number): Promise<void> {
  for (let at = from; at < to; at += batch) {
    const count = Math.min(batch, to - at)
    await core.append(Array.from({ length: count }, (_, i) => messageBlock(at + i)))
  }
}
