import { describe, expect, test } from 'vitest'
import { decodeAnchorProof, verifyAnchor } from '../../protocol/anchor/anchor-proof.ts'
import { concat, fromHex, fromText, toHex } from '../../protocol/bytes.ts'
import { decodeNote, noteKeyId } from '../../protocol/checkpoint/note.ts'
import { expand, extract } from '../../protocol/crypto/kdf.ts'
import { areRecoveryWords, recoveryWords } from '../../protocol/identity/recovery.ts'
import { leafHash } from '../../protocol/merkle/hash.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import { ofAnvil, ofLitecoind } from '../support/real-anchors.ts'
import { casesOf, everyPrimitives, inHex } from '../support/vectors.ts'

type Hexes<Name extends string> = { readonly [name in Name]: string }
type Verdict = { readonly valid: boolean }

const derived = casesOf<Hexes<'secret' | 'salt' | 'info'>, Hexes<'extracted' | 'expanded'>>(
  'imported/rfc5869',
  'primitives',
)
const hashed = casesOf<Hexes<'data'>, Hexes<'blake2b256'>>('imported/rfc7693', 'primitives')
const signed = casesOf<Hexes<'seed' | 'message'>, Hexes<'key' | 'signature'>>('imported/rfc8032', 'signatures')
const sealed = casesOf<Hexes<'key' | 'associated' | 'plaintext'>, Hexes<'withZeroNonce'>>('imported/rfc8439', 'sealing')
const edges = casesOf<Hexes<'signature' | 'message' | 'key'>, Verdict>('imported/speccheck', 'signatures')
const small = casesOf<Hexes<'key'>, Verdict>('imported/zip215', 'keys')
const trees = casesOf<{ readonly leaves: readonly string[] }, Hexes<'root'>>('imported/rfc6962', 'tree')
const notes = casesOf<Hexes<'note' | 'name' | 'key'>, Hexes<'text' | 'keyId' | 'signature'>>(
  'imported/signed-note',
  'note',
)
const words = casesOf<Hexes<'entropy'>, Hexes<'words'>>('imported/bip39', 'recovery')

describe.each(everyPrimitives)('what others have published, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted } of derived) {
    test(`RFC 5869, ${id}: ${title}`, () => {
      const [secret, salt, info] = [input.secret, input.salt, input.info].map(fromHex) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ]
      const extracted = salt.length === 0 ? extract(secret, primitives) : primitives.hmacSha256(salt, secret)
      expect(toHex(extracted)).toBe(wanted.extracted)
      const blocks = [expand(extracted, info, primitives)]
      while (blocks.length * 64 < wanted.expanded.length) {
        const next = concat(blocks.at(-1)!, info, Uint8Array.of(blocks.length + 1))
        blocks.push(primitives.hmacSha256(extracted, next))
      }
      expect(toHex(concat(...blocks)).slice(0, wanted.expanded.length)).toBe(wanted.expanded)
    })
  }

  for (const { id, title, input, expect: wanted } of hashed) {
    test(`RFC 7693, ${id}: ${title}`, () => {
      expect(toHex(primitives.blake2b256(fromHex(input.data)))).toBe(wanted.blake2b256)
    })
  }

  for (const { id, title, input, expect: wanted } of signed) {
    test(`RFC 8032, ${id}: ${title}`, () => {
      const [seed, message] = [fromHex(input.seed), fromHex(input.message)]
      expect(toHex(primitives.publicKey(seed))).toBe(wanted.key)
      expect(toHex(primitives.sign(message, seed))).toBe(wanted.signature)
      expect(primitives.verify(fromHex(wanted.signature), message, fromHex(wanted.key))).toBe(true)
    })
  }

  for (const { id, title, input, expect: wanted } of sealed) {
    test(`RFC 8439 with a nonce of zeros, ${id}: ${title}`, () => {
      const [key, associated] = [fromHex(input.key), fromHex(input.associated)]
      expect(toHex(primitives.seal(key, fromHex(input.plaintext), associated))).toBe(wanted.withZeroNonce)
      expect(toHex(primitives.open(key, fromHex(wanted.withZeroNonce), associated)!)).toBe(input.plaintext)
    })
  }

  for (const { id, title, input, expect: wanted } of edges) {
    test(`Taming the many EdDSAs, ${id}: ${title}`, () => {
      const [signature, message, key] = [input.signature, input.message, input.key].map(fromHex)
      expect(primitives.verify(signature!, message!, key!)).toBe(wanted.valid)
    })
  }

  for (const { id, title, input, expect: wanted } of trees) {
    test(`RFC 6962, ${id}: ${title}`, () => {
      const tree = new MerkleTree(primitives)
      for (const data of input.leaves) tree.append(leafHash(fromHex(data), primitives))
      expect(toHex(tree.at().root)).toBe(wanted.root)
    })
  }

  for (const { id, title, input, expect: wanted } of notes) {
    test(`C2SP signed-note, ${id}: ${title}`, () => {
      const { text, signatures } = decodeNote(fromHex(input.note))
      const [{ name, bytes }] = signatures as [(typeof signatures)[number]]
      const key = fromHex(input.key)
      expect([name, text]).toEqual([input.name, wanted.text])
      expect(toHex(noteKeyId(name, 'signature', key, primitives))).toBe(wanted.keyId)
      expect(toHex(bytes)).toBe(wanted.keyId + wanted.signature)
      expect(primitives.verify(bytes.slice(4), fromText(text), key)).toBe(true)
    })
  }

  for (const { id, title, commitment, proof, trust, findings } of [ofLitecoind, ...ofAnvil]) {
    test(`a real chain, ${id}: ${title}`, () => {
      expect(inHex(verifyAnchor(commitment, decodeAnchorProof(proof), trust, primitives))).toEqual(findings)
    })
  }

  test('ZIP 215: no point of small order is a key, or makes a signature that holds, in any of its encodings', () => {
    const keys = small.map(({ input }) => fromHex(input.key))
    expect(keys.filter((key) => primitives.isValidKey(key))).toEqual([])
    const pairs = keys.flatMap((r) => keys.map((key) => [concat(r, new Uint8Array(32)), key] as const))
    expect(pairs.length).toBe(196)
    expect(pairs.filter(([signature, key]) => primitives.verify(signature, fromText('Zcash'), key))).toEqual([])
  })
})

describe('what others have published', () => {
  for (const { id, title, input, expect: wanted } of words) {
    test(`BIP-39, ${id}: ${title}`, () => {
      expect(recoveryWords(fromHex(input.entropy))).toBe(wanted.words)
      expect(areRecoveryWords(wanted.words)).toBe(input.entropy.length === 64)
    })
  }
})
