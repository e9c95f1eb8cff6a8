import { describe, expect, test } from 'vitest'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../protocol/anchor/anchor-proof.ts'
import { anchorMessage, batchLeaf, checkpointCommitment } from '../../protocol/anchor/batch.ts'
import { type BlockChain, workOf } from '../../protocol/anchor/blocks/block-header.ts'
import { verifyHeaderRun } from '../../protocol/anchor/blocks/header-run.ts'
import { type AttestedMessage, attestedMessages, decodeOts, encodeOts } from '../../protocol/anchor/ots/timestamp.ts'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { rootFrom } from '../../protocol/merkle/inclusion.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

type Hexes<Names extends string> = { readonly [name in Names]: string }

const batches = casesOf<
  Hexes<'signature' | 'salt'> & {
    checkpoint: Hexes<'room' | 'device' | 'root'> & { generation: number; size: number }
    index: number
    size: number
    hashes: readonly string[]
  },
  Hexes<'message'>,
  Hexes<'commitment' | 'leaf' | 'root'>
>('anchor', 'batch')
const files = casesOf<Hexes<'file'>, { attested: readonly object[] }>('anchor', 'opentimestamps')
const runs = casesOf<Hexes<'headers'> & { chain: BlockChain; height: number }, { headers: readonly object[] }>(
  'anchor',
  'blocks',
)
const proofs = ['verifying', 'proof'].flatMap((section) =>
  casesOf<
    Hexes<'commitment' | 'proof'> & {
      known: readonly (Hexes<'hash'> & { chain: BlockChain; height: number })[]
      leastWork: Record<BlockChain, string>
    },
    { findings: readonly object[] }
  >('anchor', section),
)

/** What is said of a message, as the vectors write it. */
function saidOf({ message, attestation }: AttestedMessage): object {
  switch (attestation.type) {
    case 'block':
      return { message: toHex(message), kind: attestation.chain, said: attestation.height }
    case 'pending':
      return { message: toHex(message), kind: 'pending', said: attestation.uri }
    case 'unknown':
      return { message: toHex(message), kind: 'unknown', said: toHex(attestation.tag) }
  }
}

/** The value as JSON can say it: bytes in hex, great numbers in digits. */
const plain = (value: unknown): unknown =>
  inHex(JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : inHex(each)))))

describe.each(everyPrimitives)('an anchor, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of batches) {
    test(`${id}: ${title}`, () => {
      const { room, device, root, ...numbers } = input.checkpoint
      const checkpoint = { ...numbers, room: fromHex(room), device: fromHex(device), root: fromHex(root) }
      const signed = { checkpoint, signature: fromHex(input.signature), cosignatures: [] }
      const commitment = checkpointCommitment(signed, primitives)
      expect(toHex(commitment)).toBe(steps.commitment)
      const leaf = batchLeaf(commitment, fromHex(input.salt), primitives)
      expect(toHex(leaf)).toBe(steps.leaf)
      const path = { index: input.index, size: input.size, hashes: input.hashes.map(fromHex) }
      const batch = { size: input.size, root: rootFrom(leaf, path, primitives) }
      expect(toHex(batch.root)).toBe(steps.root)
      expect(toHex(anchorMessage(batch, primitives))).toBe(wanted.message)
    })
  }

  for (const { id, title, input, expect: wanted, error } of files) {
    test(`${id}: ${title}`, () => {
      const run = () => {
        const file = decodeOts(fromHex(input.file))
        const attested = attestedMessages(file.digest, file.timestamp, primitives)
        expect(attested.map(saidOf)).toEqual(wanted.attested)
        expect(toHex(encodeOts(file))).toBe(input.file)
      }
      expect(codeOf(run)).toBe(error)
    })
  }

  for (const { id, title, input, expect: wanted, error } of runs) {
    test(`${id}: ${title}`, () => {
      const run = () => {
        const placed = verifyHeaderRun({ ...input, bytes: fromHex(input.headers) }, primitives)
        const told = placed.map(({ header, hash }) => {
          const { merkleRoot, time } = header
          return { hash: toHex(hash), merkleRoot: toHex(merkleRoot), time, work: `${workOf(header)}` }
        })
        expect(told).toEqual(wanted.headers)
      }
      expect(codeOf(run)).toBe(error)
    })
  }

  for (const { id, title, input, expect: wanted, error } of proofs) {
    test(`${id}: ${title}`, () => {
      const { bitcoin, litecoin } = input.leastWork
      const known = input.known.map((block) => ({ ...block, hash: fromHex(block.hash) }))
      const trust = { known, leastWork: { bitcoin: BigInt(bitcoin), litecoin: BigInt(litecoin) } }
      const run = () => {
        const proof = decodeAnchorProof(fromHex(input.proof))
        expect(plain(verifyAnchor(fromHex(input.commitment), proof, trust, primitives))).toEqual(wanted.findings)
        expect(toHex(encodeAnchorProof(proof))).toBe(input.proof)
      }
      expect(codeOf(run)).toBe(error)
    })
  }
})
