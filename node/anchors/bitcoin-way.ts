import type { AnchorEvidence } from '../../protocol/anchor/anchor-proof.ts'
import type { BlockChain } from '../../protocol/anchor/blocks/block-header.ts'
import type { Operation } from '../../protocol/anchor/ots/operation.ts'
import type { Timestamp } from '../../protocol/anchor/ots/timestamp.ts'
import { asArray, asBytes, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { type AnchorWay, type Progress, type Step, WayProblem } from './anchor-way.ts'
import { type BitcoinRpc, RpcRefusal } from './bitcoin-rpc.ts'
import { doubleSha256, merklePath, withoutWitnesses } from './transaction.ts'

interface BitcoinWayOptions {
  readonly rpc: BitcoinRpc
  readonly chain: BlockChain
  /** So many blocks, its own included, make a block final. */
  readonly depth: number
}

/** A transaction of the own wallet. `confirmations`: 0 while it waits, below if another one has taken its place. */
interface WalletTransaction {
  readonly confirmations: number
  readonly blockhash?: string
}

interface Block {
  readonly height: number
  readonly tx: readonly string[]
}

const mostTransactionBytes = 100_000
/** Bitcoin Core's numbers for its refusals. */
const refusals = { unknown: -5, funds: [-4, -6], verify: -25, rejected: -26, already: -27, noWallet: -18 }

/**
 * Messages in transactions of the wallet of one's own node, as an output that nobody can spend (OP_RETURN).
 *
 * Spec: specs/anchor.md#producing. The evidence is a standard OpenTimestamps proof with the headers from its block on.
 */
export function openBitcoinWay({ rpc, chain, depth }: BitcoinWayOptions): AnchorWay {
  /** Throws `WayProblem` unless the node is of this chain and has all of it. */
  async function requireReady(): Promise<void> {
    const { subversion } = await rpc.call<{ subversion: string }>('getnetworkinfo')
    if (/litecoin/i.test(subversion) !== (chain === 'litecoin')) {
      throw new WayProblem(`This node is of another chain than ${chain}: it calls itself ${subversion.slice(0, 64)}.`)
    }
    const { blocks, headers } = await rpc.call<{ blocks: number; headers: number }>('getblockchaininfo')
    if (blocks < headers) throw new WayProblem(`The node has ${blocks} of ${headers} blocks so far.`)
  }

  async function prepare(message: Uint8Array): Promise<Uint8Array> {
    await requireReady()
    const data = Buffer.from(message).toString('hex')
    try {
      const raw = await rpc.call<string>('createrawtransaction', [], [{ data }])
      // Another message that is on its way must not be paid from the same coin.
      const { hex } = await rpc.call<{ hex: string }>('fundrawtransaction', raw, { lockUnspents: true })
      const signed = await rpc.call<{ hex: string; complete: boolean }>('signrawtransactionwithwallet', hex)
      if (!signed.complete) throw new WayProblem('The wallet of the node is locked, or cannot sign.')
      return receiptOf(Buffer.from(signed.hex, 'hex'))
    } catch (error) {
      throw told(error)
    }
  }

  async function advance(message: Uint8Array, receipt: Uint8Array): Promise<Step> {
    await requireReady()
    try {
      return { receipt, progress: await progressOf(message, transactionIn(receipt)) }
    } catch (error) {
      throw told(error)
    }
  }

  async function progressOf(message: Uint8Array, transaction: Buffer): Promise<Progress> {
    const id = doubleSha256(withoutWitnesses(transaction)).reverse().toString('hex')
    const known = await find(id)
    if (known?.blockhash && known.confirmations > 0) return inBlock(message, transaction, id, known.blockhash)
    if (known && known.confirmations < 0)
      return { state: 'lost', reason: 'Another transaction has spent what this one would have.' }
    return send(transaction)
  }

  async function find(id: string): Promise<WalletTransaction | null> {
    try {
      return await rpc.call<WalletTransaction>('gettransaction', id)
    } catch (error) {
      if (error instanceof RpcRefusal && error.code === refusals.unknown) return null
      throw error
    }
  }

  /** Hand it in, or once more: a node may have forgotten what waits. */
  async function send(transaction: Buffer): Promise<Progress> {
    try {
      await rpc.call('sendrawtransaction', transaction.toString('hex'))
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error
      if (
        error.code === refusals.verify ||
        (error.code === refusals.rejected && /missingorspent|conflict/.test(error.message))
      ) {
        return { state: 'lost', reason: `The node refuses the transaction: ${error.message.slice(0, 200)}.` }
      }
      if (error.code !== refusals.already && !/already/.test(error.message)) throw error
    }
    return { state: 'pending', reason: 'It waits to be put into a block.' }
  }

  async function inBlock(message: Uint8Array, transaction: Buffer, id: string, hash: string): Promise<Progress> {
    const block = await rpc.call<Block>('getblock', hash, 1)
    const headers = await headersFrom(block.height, hash)
    if (!headers) return { state: 'pending', reason: 'The chain is just taking back blocks.' }
    const index = block.tx.indexOf(id)
    const timestamp = timestampOf(withoutWitnesses(transaction), message, merklePath(block.tx, index), {
      chain,
      height: block.height,
    })
    const runs = [{ chain, height: block.height, bytes: Uint8Array.from(Buffer.concat(headers)) }]
    const evidence: AnchorEvidence = { type: 'ots', file: { digest: message, timestamp }, runs }
    return headers.length >= depth
      ? { state: 'final', evidence }
      : { state: 'confirmed', evidence, depth: headers.length }
  }

  /** Headers of this block and of those on it, as many as make it final; null if it is not in the chain any more. */
  async function headersFrom(height: number, hash: string): Promise<Buffer[] | null> {
    const top = Math.min(await rpc.call<number>('getblockcount'), height + depth - 1)
    const headers: Buffer[] = []
    for (let at = height; at <= top; at++) {
      const each = await rpc.call<string>('getblockhash', at)
      if (at === height && each !== hash) return null
      const header = Buffer.from(await rpc.call<string>('getblockheader', each, false), 'hex')
      const before = headers.at(-1)
      if (before && Buffer.compare(header.subarray(4, 36), doubleSha256(before)) !== 0) return null
      headers.push(header)
    }
    return headers
  }

  return { prepare, advance }
}

/** What leads from the message through the transaction to the Merkle root of its block. */
function timestampOf(
  transaction: Buffer,
  message: Uint8Array,
  path: ReturnType<typeof merklePath>,
  block: { readonly chain: BlockChain; readonly height: number },
): Timestamp {
  const at = transaction.indexOf(message)
  const twice: Operation[] = [{ type: 'sha256' }, { type: 'sha256' }]
  const operations: Operation[] = [
    { type: 'prepend', bytes: Uint8Array.from(transaction.subarray(0, at)) },
    { type: 'append', bytes: Uint8Array.from(transaction.subarray(at + message.length)) },
    ...twice,
    ...path.flatMap(({ other, left }): Operation[] => [
      { type: left ? 'prepend' : 'append', bytes: Uint8Array.from(other) },
      ...twice,
    ]),
  ]
  const end: Timestamp = [{ type: 'attestation', attestation: { type: 'block', ...block } }]
  return operations.reduceRight<Timestamp>((next, operation) => [{ type: 'operation', operation, next }], end)
}

function receiptOf(transaction: Buffer): Uint8Array {
  return encodeCbor([Uint8Array.from(transaction)])
}

function transactionIn(receipt: Uint8Array): Buffer {
  const [transaction] = asArray(decodeCbor(receipt, { bytes: mostTransactionBytes }), 1)
  return Buffer.from(asBytes(transaction, { most: mostTransactionBytes }))
}

/** What a node refuses, in words. */
function told(error: unknown): unknown {
  if (!(error instanceof RpcRefusal)) return error
  if (refusals.funds.includes(error.code))
    return new WayProblem('The wallet of the node has not enough coins for the fee.')
  if (error.code === refusals.noWallet) return new WayProblem('The node has no wallet loaded.')
  return new WayProblem(`The node says: ${error.message.slice(0, 200)}`)
}
