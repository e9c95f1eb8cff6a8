import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  checkpointText,
  decodeCheckpoint,
  encodeCheckpoint,
  verifyCheckpoint,
} from '../../protocol/checkpoint/checkpoint.ts'
import {
  decodeContradiction,
  encodeContradiction,
  verifyContradiction,
} from '../../protocol/checkpoint/contradiction.ts'
import { headLeaf } from '../../protocol/checkpoint/logged-head.ts'
import { cosign } from '../../protocol/checkpoint/witness.ts'
import { requireWitnesses } from '../../protocol/checkpoint/witness-policy.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

type Hexes<Names extends string> = { readonly [name in Names]: string }

const leaves = casesOf<Hexes<'log' | 'treeHash' | 'signature'> & { fork: number; length: number }, Hexes<'leaf'>>(
  'checkpoint',
  'leaves',
)
const notes = casesOf<Hexes<'note'>, object, Hexes<'text'>>('checkpoint', 'note')
const signatures = casesOf<Hexes<'note'>, unknown>('checkpoint', 'verifying')
const requests = casesOf<
  {
    last: string | null
    note: string
    nodes: readonly string[]
    witness: Hexes<'room' | 'device' | 'deviceSeed'>
    time: number
  },
  object,
  Partial<Hexes<'contradiction'>> | undefined
>('checkpoint', 'witnessing')
const contradictions = casesOf<Hexes<'contradiction'>, unknown>('checkpoint', 'contradiction')
const policies = casesOf<
  {
    note: string
    policy: { least: number; author: string; witnesses: readonly Hexes<'identity' | 'device'>[] }
  },
  object
>('checkpoint', 'policy')

describe.each(everyPrimitives)('a checkpoint, with %s', (_, primitives) => {
  const read = (note: string) => decodeCheckpoint(fromHex(note), primitives)

  for (const { id, title, input, expect: wanted } of leaves) {
    test(`${id}: ${title}`, () => {
      const [log, treeHash, signature] = [fromHex(input.log), fromHex(input.treeHash), fromHex(input.signature)]
      expect(toHex(headLeaf({ ...input, log, treeHash, signature }, primitives))).toBe(wanted.leaf)
    })
  }

  for (const { id, title, input, steps, expect: wanted, error } of notes) {
    test(`${id}: ${title}`, () => {
      if (error) {
        expect(codeOf(() => read(input.note))).toBe(error)
        return
      }
      const signed = read(input.note)
      verifyCheckpoint(signed, primitives)
      expect(inHex(signed)).toEqual(wanted)
      expect(checkpointText(signed.checkpoint)).toBe(steps.text)
      expect(toHex(encodeCheckpoint(signed, primitives))).toBe(input.note)
    })
  }

  for (const { id, title, input, error } of signatures) {
    test(`${id}: ${title}`, () => {
      expect(codeOf(() => verifyCheckpoint(read(input.note), primitives))).toBe(error)
    })
  }

  for (const { id, title, input, steps, expect: wanted, error } of requests) {
    test(`${id}: ${title}`, () => {
      const last = input.last === null ? null : read(input.last)
      const request = { signed: read(input.note), nodes: input.nodes.map(fromHex) }
      const [room, device, deviceSeed] = [input.witness.room, input.witness.device, input.witness.deviceSeed].map(
        fromHex,
      )
      const witness = { room: room!, device: device!, deviceSeed: deviceSeed! }
      const outcome = cosign(last, request, witness, input.time, primitives)
      if (outcome.type === 'cosigned') {
        expect(inHex(outcome.cosignature)).toEqual(wanted)
        verifyCheckpoint(outcome.last, primitives)
      } else {
        expect(outcome.code).toBe(error)
        const proof = outcome.contradiction && toHex(encodeContradiction(outcome.contradiction, primitives))
        expect(proof).toBe(steps?.contradiction)
      }
    })
  }

  for (const { id, title, input, error } of contradictions) {
    test(`${id}: ${title}`, () => {
      const run = () => {
        const contradiction = decodeContradiction(fromHex(input.contradiction), primitives)
        verifyContradiction(contradiction, primitives)
        expect(toHex(encodeContradiction(contradiction, primitives))).toBe(input.contradiction)
      }
      expect(codeOf(run)).toBe(error)
    })
  }

  for (const { id, title, input, expect: wanted, error } of policies) {
    test(`${id}: ${title}`, () => {
      const witnesses = input.policy.witnesses.map(({ identity, device }) => ({
        identity: fromHex(identity),
        device: fromHex(device),
      }))
      const policy = { least: input.policy.least, author: fromHex(input.policy.author), witnesses }
      const run = () => requireWitnesses(read(input.note), policy)
      if (error) expect(codeOf(run)).toBe(error)
      else expect(inHex(run())).toEqual(wanted)
    })
  }
})
