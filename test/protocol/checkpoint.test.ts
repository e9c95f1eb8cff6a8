import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type SignedCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  withCosignature,
} from '../../protocol/checkpoint/checkpoint.ts'
import {
  contradictionOf,
  decodeContradiction,
  encodeContradiction,
  verifyContradiction,
} from '../../protocol/checkpoint/contradiction.ts'
import { headLeaf, type LoggedHead, verifyLogged } from '../../protocol/checkpoint/logged-head.ts'
import { type CosignOutcome, cosign, type Witness } from '../../protocol/checkpoint/witness.ts'
import { leafHash } from '../../protocol/merkle/hash.ts'
import { MerkleTree } from '../../protocol/merkle/tree.ts'
import { seedOf, smallConversation } from '../support/conversation.ts'
import { codeOf } from '../support/vectors.ts'

const { conversation, people, bo } = smallConversation()
const { room } = conversation
const { ada } = people
const witness: Witness = { room, device: people.bo.device, deviceSeed: people.bo.deviceSeed }
const now = 1_700_000_000

const leafOf = (letter: string) =>
  leafHash(
    Uint8Array.from(letter, (each) => each.charCodeAt(0)),
    primitives,
  )

/** A tree in which each letter is a leaf. */
function treeOf(letters: string): MerkleTree {
  const tree = new MerkleTree(primitives)
  for (const letter of letters) tree.append(leafOf(letter))
  return tree
}

const signedBy = (tree: MerkleTree, size = tree.size): SignedCheckpoint =>
  signCheckpoint({ room, device: ada.device, generation: 0, ...tree.at(size) }, ada.deviceSeed, primitives)

const ask = (last: SignedCheckpoint | null, tree: MerkleTree, size = tree.size): CosignOutcome => {
  const nodes = last && last.checkpoint.size <= size ? tree.consistency(last.checkpoint.size, size) : []
  return cosign(last, { signed: signedBy(tree, size), nodes }, witness, now, primitives)
}

describe('a device that logs heads', () => {
  test('can show each of them to whoever has its checkpoint, and no other', () => {
    const tree = new MerkleTree(primitives)
    const heads = bo.blocks.map((_, i): LoggedHead => {
      const { log, length, treeHash } = bo.head(i + 1)
      return { log, fork: 0, length, treeHash, signature: new Uint8Array(64).fill(i) }
    })
    for (const head of heads) tree.append(headLeaf(head, primitives))
    const { checkpoint } = signedBy(tree)
    for (const [i, head] of heads.entries()) {
      const path = tree.inclusion(i)
      verifyLogged(head, path, checkpoint, primitives)
      for (const changed of [
        { ...head, length: head.length + 1 },
        { ...head, fork: 1 },
        { ...head, signature: new Uint8Array(64).fill(99) },
        { ...head, log: room },
      ]) {
        expect(codeOf(() => verifyLogged(changed, path, checkpoint, primitives))).toBe('merkle/root')
      }
      expect(codeOf(() => verifyLogged(head, path, { ...checkpoint, size: 2 ** 20 }, primitives))).toBe('merkle/length')
    }
  })
})

describe('a witness', () => {
  test('signs whatever grew from what it has signed, however it grew', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { minLength: 1, maxLength: 6 }), (grown) => {
        let last: SignedCheckpoint | null = null
        let letters = ''
        for (const more of grown) {
          letters += more
          const outcome: CosignOutcome = ask(last, treeOf(letters))
          if (outcome.type !== 'cosigned') throw new Error(outcome.code)
          verifyCheckpoint(outcome.last, primitives)
          last = outcome.last
        }
      }),
      { numRuns: 30 },
    )
  })

  test('refuses every history in which something was changed before that, and holds the proof', () => {
    const history = fc.record({
      kept: fc.stringMatching(/^[a-z]{1,20}$/),
      at: fc.nat(),
      more: fc.stringMatching(/^[a-z]{0,9}$/),
    })
    fc.assert(
      fc.property(history, ({ kept, at, more }) => {
        const place = at % kept.length
        const rewritten = treeOf(`${kept.slice(0, place)}#${kept.slice(place + 1)}${more}`)
        const outcome = ask(signedBy(treeOf(kept)), rewritten)
        if (outcome.type !== 'refused' || !outcome.contradiction) throw new Error('no contradiction')
        expect(outcome.code).toBe('witness/contradiction')
        verifyContradiction(outcome.contradiction, primitives)
        const bytes = encodeContradiction(outcome.contradiction, primitives)
        verifyContradiction(decodeContradiction(bytes, primitives), primitives)
      }),
      { numRuns: 60 },
    )
  })

  test('remembers nothing but the checkpoint it signed last, which survives being written down', () => {
    const first = ask(null, treeOf('abc'))
    if (first.type !== 'cosigned') throw new Error(first.code)
    const kept = decodeCheckpoint(encodeCheckpoint(first.last, primitives), primitives)
    expect(ask(kept, treeOf('abcdef')).type).toBe('cosigned')
    expect(ask(kept, treeOf('ab'))).toEqual({ type: 'refused', code: 'witness/older' })
    expect(ask(kept, treeOf('abX'))).toMatchObject({ code: 'witness/contradiction' })
  })

  test('signs nothing of its own, and nothing of another room', () => {
    const own = signCheckpoint(
      { room, device: witness.device, generation: 0, ...treeOf('a').at() },
      witness.deviceSeed,
      primitives,
    )
    const elsewhere = signCheckpoint(
      { room: seedOf('another room'), device: ada.device, generation: 0, ...treeOf('a').at() },
      ada.deviceSeed,
      primitives,
    )
    for (const signed of [own, elsewhere]) {
      expect(cosign(null, { signed, nodes: [] }, witness, now, primitives)).toEqual({
        type: 'refused',
        code: 'witness/own',
      })
    }
  })
})

describe('a contradiction', () => {
  test('is not to be had of an honest device, whatever nodes are shown', () => {
    const anyNodes = fc.array(fc.constantFrom(...'abcdefghijkl').map(leafOf), { maxLength: 8 })
    const honest = treeOf('abcdefghijkl')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), anyNodes, (a, b, junk) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        for (const nodes of [junk, honest.consistency(from, to), [...honest.consistency(from, to), ...junk]]) {
          const claimed = contradictionOf(signedBy(honest, a), signedBy(honest, b), nodes)
          expect(codeOf(() => verifyContradiction(claimed, primitives))).toBeDefined()
        }
      }),
      { numRuns: 200 },
    )
  })

  test('is refused with any one bit changed', () => {
    const proof = contradictionOf(signedBy(treeOf('abc')), signedBy(treeOf('abXde')), treeOf('abXde').consistency(3))
    const bytes = encodeContradiction(proof, primitives)
    verifyContradiction(decodeContradiction(bytes, primitives), primitives)
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const changed = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const run = () => verifyContradiction(decodeContradiction(changed, primitives), primitives)
      expect(codeOf(run), `bit ${bit}`).toBeDefined()
    }
  })
})

describe('a checkpoint', () => {
  test('with any one bit changed is not read, or does not hold', () => {
    const outcome = ask(null, treeOf('abc'))
    if (outcome.type !== 'cosigned') throw new Error(outcome.code)
    const bytes = encodeCheckpoint(outcome.last, primitives)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(
        codeOf(() => verifyCheckpoint(decodeCheckpoint(changed, primitives), primitives)),
        `bit ${bit}`,
      ).toBeDefined()
    }
  })

  test('has the word of each witness once, the last one, wherever it came from', () => {
    const signed = signedBy(treeOf('abc'))
    const word = (device: Uint8Array, time: number) => ({ device, time, signature: new Uint8Array(64).fill(time) })
    const words = [word(people.bo.device, 1), word(ada.device, 2), word(people.bo.device, 3)]
    const both = words.reduce(withCosignature, signed)
    const other = [words[1]!, words[0]!, words[2]!].reduce(withCosignature, signed)
    expect(toHex(encodeCheckpoint(both, primitives))).toBe(toHex(encodeCheckpoint(other, primitives)))
    expect(both.cosignatures.find(({ device }) => equalBytes(device, people.bo.device))?.time).toBe(3)
  })
})
