import { describe, expect, test } from 'vitest'
import { decodeAnchorProof, encodeAnchorProof, verifyAnchor } from '../../protocol/anchor/anchor-proof.ts'
import { contractAddress } from '../../protocol/anchor/evm/contract.ts'
import { decodeEvmHeader } from '../../protocol/anchor/evm/evm-header.ts'
import { decodeRlp } from '../../protocol/anchor/evm/rlp.ts'
import { trieValue } from '../../protocol/anchor/evm/trie.ts'
import type { EvmChain } from '../../protocol/anchor/trust.ts'
import { concat, fromHex, fromText, toHex } from '../../protocol/bytes.ts'
import { keccak256 } from '../../protocol/crypto/chain-hashes.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

type Hexes<Names extends string> = { readonly [name in Names]: string }

const contracts = casesOf<Hexes<'bytecode' | 'factory'>, Hexes<'address'>, Hexes<'event'>>('evm', 'contract')
const values = casesOf<Hexes<'bytes'>, { value: unknown }>('evm', 'rlp')
const tries = casesOf<Hexes<'root' | 'key'> & { nodes: readonly string[] }, Hexes<'value'>>('evm', 'trie')
const headers = casesOf<Hexes<'header'>, object>('evm', 'header')
const proofs = ['verifying', 'format'].flatMap((section) =>
  casesOf<
    Hexes<'commitment' | 'proof'> & { known: readonly (Hexes<'hash'> & { chain: EvmChain; height: number })[] },
    { findings: readonly object[] }
  >('evm', section),
)

describe('a chain of Ethereum’s form', () => {
  for (const { id, title, input, steps, expect: wanted } of contracts) {
    test(`${id}: ${title}`, () => {
      const codeHash = keccak256(fromHex(input.bytecode))
      const made = keccak256(concat(Uint8Array.of(0xff), fromHex(input.factory), new Uint8Array(32), codeHash))
      expect(toHex(made.slice(12))).toBe(wanted.address)
      expect(toHex(contractAddress)).toBe(wanted.address)
      expect(toHex(keccak256(fromText('Anchored(address,uint64,bytes32)')))).toBe(steps.event)
    })
  }

  for (const { id, title, input, expect: wanted, error } of values) {
    test(`${id}: ${title}`, () => {
      expect(codeOf(() => expect(inHex(decodeRlp(fromHex(input.bytes)))).toEqual(wanted.value))).toBe(error)
    })
  }

  for (const { id, title, input, expect: wanted, error } of tries) {
    test(`${id}: ${title}`, () => {
      const run = () => {
        const value = trieValue(fromHex(input.root), fromHex(input.key), input.nodes.map(fromHex))
        expect(toHex(value)).toBe(wanted.value)
      }
      expect(codeOf(run)).toBe(error)
    })
  }

  for (const { id, title, input, expect: wanted, error } of headers) {
    test(`${id}: ${title}`, () => {
      expect(codeOf(() => expect(inHex(decodeEvmHeader(fromHex(input.header)))).toEqual(wanted))).toBe(error)
    })
  }
})

describe.each(everyPrimitives)('an anchor on a chain of Ethereum’s form, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted, error } of proofs) {
    test(`${id}: ${title}`, () => {
      const known = input.known.map((block) => ({ ...block, hash: fromHex(block.hash) }))
      const trust = { known, leastWork: { bitcoin: 0n, litecoin: 0n } }
      const run = () => {
        const proof = decodeAnchorProof(fromHex(input.proof))
        expect(inHex(verifyAnchor(fromHex(input.commitment), proof, trust, primitives))).toEqual(wanted.findings)
        expect(toHex(encodeAnchorProof(proof))).toBe(input.proof)
      }
      expect(codeOf(run)).toBe(error)
    })
  }
})
