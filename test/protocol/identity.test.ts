import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { createIdentity, foldIdentity } from '../../protocol/identity/identity.ts'
import { areRecoveryWords, recoverySeed, recoveryWords } from '../../protocol/identity/recovery.ts'
import { type PlacedStatement, resolveStatements } from '../../protocol/identity/resolve-statements.ts'
import { safetyNumber } from '../../protocol/identity/safety-number.ts'
import type { Statement } from '../../protocol/identity/statement.ts'

const runs = 2_000
const keyOf = (n: number) => primitives.sha256(Uint8Array.of(n))
const commitment = (n: number) => primitives.sha256(keyOf(n))
const devices = [0, 1, 2, 3, 4]
/** The recovery keys in turn; a thief who has one of them may name another to come. */
const recovery = [10, 11, 12]
const beginning = { recovery: keyOf(10), next: commitment(11) }
const log = keyOf(99)

interface Drawn {
  readonly kind: 'add' | 'revoke' | 'rotate'
  readonly by: number
  readonly device: number
  readonly length: number
  /** Which of the statements before it follows. */
  readonly follows: readonly number[]
}

const anyDrawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('add', 'add', 'add', 'revoke', 'revoke', 'rotate'),
  by: fc.constantFrom(...devices, ...devices, ...recovery, 10),
  device: fc.constantFrom(...devices),
  length: fc.nat(9),
  follows: fc.array(fc.nat(20), { maxLength: 3 }),
})
const anyDrawing = fc.array(anyDrawn, { minLength: 2, maxLength: 14 })

/** A graph of what was drawn: the first device is there from the start. */
function graphOf(drawing: readonly Drawn[], seed = 0): PlacedStatement[] {
  const first: Drawn = { kind: 'add', by: 10, device: 0, length: 0, follows: [] }
  const graph: PlacedStatement[] = []
  for (const [i, { kind, by, device, length, follows }] of [first, ...drawing].entries()) {
    const id = toHex(primitives.sha256(Uint8Array.of(i, seed)))
    const heads = i === 0 ? [] : [...new Set(follows.map((each) => graph[each % i]!.id))]
    const at = { id, log: id, index: 0, heads }
    const said = { follows: [], by: keyOf(by) }
    const caps = [{ log, length, treeHash: keyOf(length) }]
    const statement: Statement =
      kind === 'add'
        ? { type: 'device-added', ...said, device: keyOf(device) }
        : kind === 'revoke'
          ? { type: 'device-revoked', ...said, device: keyOf(device), caps }
          : { type: 'recovery-rotated', ...said, next: commitment(by + 1) }
    graph.push({ ...at, statement })
  }
  return graph
}

function resolve(graph: readonly PlacedStatement[]) {
  const { devices: active, revoked } = resolveStatements(beginning, graph, primitives)
  return {
    active: active.map(toHex).sort(),
    revoked: revoked.map(({ device, caps }) => [toHex(device), caps.map((cap) => cap.length)] as const).sort(),
  }
}

/** One statement more. */
function plus(graph: readonly PlacedStatement[], statement: Statement, heads: readonly string[]): PlacedStatement[] {
  const id = toHex(primitives.sha256(Uint8Array.of(200, graph.length)))
  return [...graph, { id, log: id, index: 0, heads, statement }]
}

const tips = (graph: readonly PlacedStatement[]) => graph.map(({ id }) => id)
const noRotation = (drawing: readonly Drawn[]) => drawing.filter(({ kind }) => kind !== 'rotate')

describe('what the statements of an identity resolve to', () => {
  test('does not depend on the order in which they came', () => {
    const shuffled = anyDrawing.chain((drawing) => {
      const graph = graphOf(drawing)
      return fc.tuple(
        fc.constant(graph),
        fc.shuffledSubarray(graph, { minLength: graph.length, maxLength: graph.length }),
      )
    })
    fc.assert(
      fc.property(shuffled, ([graph, other]) => {
        expect(resolve(other)).toEqual(resolve(graph))
      }),
      { numRuns: runs },
    )
  })

  test('does not depend on which statement has the lesser hash', () => {
    fc.assert(
      fc.property(anyDrawing, (drawing) => {
        expect(resolve(graphOf(drawing, 1))).toEqual(resolve(graphOf(drawing)))
      }),
      { numRuns: runs },
    )
  })

  test('names nobody active who is revoked, and nobody whom nobody added', () => {
    fc.assert(
      fc.property(anyDrawing, (drawing) => {
        const { active, revoked } = resolve(graphOf(drawing))
        const added = new Set([0, ...drawing.filter(({ kind }) => kind === 'add').map(({ device }) => device)])
        const gone = new Set(revoked.map(([device]) => device))
        for (const device of active) {
          expect(gone.has(device)).toBe(false)
          expect([...added].map((n) => toHex(keyOf(n)))).toContain(device)
        }
      }),
      { numRuns: runs },
    )
  })

  test('is not changed by strangers, whatever they say', () => {
    const stranger = keyOf(77)
    fc.assert(
      fc.property(anyDrawing, fc.nat(20), (drawing, at) => {
        const graph = graphOf(drawing)
        const heads = [graph[at % graph.length]!.id]
        for (const statement of [
          { type: 'device-added', follows: [], by: stranger, device: keyOf(78) },
          { type: 'device-revoked', follows: [], by: stranger, device: keyOf(0), caps: [] },
          { type: 'recovery-rotated', follows: [], by: stranger, next: commitment(79) },
        ] as const) {
          expect(resolve(plus(graph, statement, heads))).toEqual(resolve(graph))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('leaves nothing to whom the words revoke, from wherever that is said: neither them nor whom they alone brought', () => {
    fc.assert(
      fc.property(anyDrawing.map(noRotation), fc.constantFrom(...devices), fc.boolean(), (drawing, thief, late) => {
        const graph = graphOf(drawing)
        const revocation: Statement = {
          type: 'device-revoked',
          follows: [],
          by: keyOf(10),
          device: keyOf(thief),
          caps: [],
        }
        const { active } = resolve(plus(graph, revocation, late ? tips(graph) : []))
        expect(active).not.toContain(toHex(keyOf(thief)))
        if (late) return
        const byOthers = drawing.filter(({ kind, by }) => kind === 'add' && by !== thief).map(({ device }) => device)
        for (const device of active) expect([0, ...byOthers].map((n) => toHex(keyOf(n)))).toContain(device)
      }),
      { numRuns: runs },
    )
  })

  test('listens no more to a device once it is revoked', () => {
    fc.assert(
      fc.property(anyDrawing, (drawing) => {
        const graph = graphOf(drawing)
        const before = resolve(graph)
        for (const [device] of before.revoked) {
          const by = fromHex(device)
          const heads = tips(graph)
          const added = plus(graph, { type: 'device-added', follows: [], by, device: keyOf(55) }, heads)
          const revoked = plus(graph, { type: 'device-revoked', follows: [], by, device: keyOf(0), caps: [] }, heads)
          expect(resolve(added)).toEqual(before)
          expect(resolve(revoked)).toEqual(before)
        }
      }),
      { numRuns: runs },
    )
  })
})

describe('the words of an identity', () => {
  const words = recoveryWords(keyOf(1))
  const [first, next] = [recoverySeed(words, 0, primitives), recoverySeed(words, 1, primitives)]
  const create = (device: number) =>
    createIdentity({ recovery: first, nextRecovery: next, device: keyOf(device) }, primitives)

  test('make the same identity again, on whatever device', () => {
    const [one, other] = [create(1), create(2)].map((statements) => foldIdentity(statements, primitives))
    expect(toHex(one!.id)).toBe(toHex(other!.id))
    expect(one!.devices).not.toEqual(other!.devices)
    const both = foldIdentity([...create(1), create(2)[1]!], primitives)
    expect(both.devices).toHaveLength(2)
    expect(safetyNumber(one!.id, keyOf(9), primitives)).toBe(safetyNumber(both.id, keyOf(9), primitives))
  })

  test('are found in what people type', () => {
    const typed = ` ${words.toUpperCase().replaceAll(' ', ' \n ')}\t`
    expect(areRecoveryWords(typed)).toBe(true)
    expect(toHex(recoverySeed(typed, 0, primitives))).toBe(toHex(first))
    for (const wrong of ['', words.split(' ').slice(1).join(' '), `${words} ${words}`, words.replace(/\w+$/, 'parley')])
      expect(areRecoveryWords(wrong)).toBe(false)
  })
})

describe('a safety number', () => {
  test('has 60 digits, is the same from both sides, and another one for another person', () => {
    const anyId = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(anyId, anyId, anyId, (a, b, c) => {
        fc.pre(toHex(b) !== toHex(c))
        const digits = safetyNumber(a, b, primitives)
        expect(digits).toMatch(/^\d{60}$/)
        expect(safetyNumber(b, a, primitives)).toBe(digits)
        expect(safetyNumber(a, c, primitives)).not.toBe(digits)
      }),
      { numRuns: 20 },
    )
  })
})
