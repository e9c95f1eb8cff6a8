import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { foldIdentity } from '../../protocol/identity/identity.ts'
import { KnownIdentities } from '../../protocol/identity/known-identities.ts'
import {
  type IdentityStatement,
  identityId,
  type Statement,
  signBeginning,
  signStatement,
  statementHash,
} from '../../protocol/identity/statement.ts'

const seedOf = (n: number) => primitives.sha256(Uint8Array.of(n))
const keyOf = (n: number) => primitives.publicKey(seedOf(n))
const recovery = 9
const devices = [0, 1, 2, 3] as const
const logs = [50, 51].map(seedOf)

const created = signBeginning({ recovery: keyOf(recovery), next: seedOf(99) }, seedOf(recovery), primitives)
const id = identityId(created, primitives)

interface Drawn {
  readonly kind: 'add' | 'revoke'
  readonly by: number
  readonly device: number
  readonly lengths: readonly number[]
  readonly follows: readonly number[]
}

const anyDrawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('add', 'revoke'),
  by: fc.constantFrom(...devices, recovery),
  device: fc.constantFrom(...devices),
  lengths: fc.array(fc.nat(5), { maxLength: 2 }),
  follows: fc.array(fc.nat(20), { minLength: 1, maxLength: 2 }),
})

/** All statements that were drawn, each with the indices of those that it follows; the first one is the beginning. */
function graphOf(drawing: readonly Drawn[]): { statement: IdentityStatement; follows: readonly number[] }[] {
  const first: Drawn = { kind: 'add', by: recovery, device: 0, lengths: [], follows: [0] }
  const graph = [{ statement: created, follows: [] as readonly number[] }]
  const seen = new Set<string>()
  for (const { kind, by, device, lengths, follows } of [first, ...drawing]) {
    const before = [...new Set(follows.map((each) => each % graph.length))]
    const said = {
      follows: before.map((each) => statementHash(graph[each]!.statement, primitives)),
      by: keyOf(by),
      device: keyOf(device),
    }
    const caps = lengths.map((length, i) => ({ log: logs[i]!, length, treeHash: seedOf(length) }))
    const all: Statement =
      kind === 'add' ? { type: 'device-added', ...said } : { type: 'device-revoked', ...said, caps }
    const seeds = kind === 'add' ? { by: seedOf(by), device: seedOf(device) } : { by: seedOf(by) }
    const statement = signStatement(id, all, seeds, primitives)
    if (!seen.has(toHex(statement.payload))) graph.push({ statement, follows: before })
    seen.add(toHex(statement.payload))
  }
  return graph
}

/** Some of the statements, and all that they follow, as they stand in one place. */
function placeOf(graph: ReturnType<typeof graphOf>, chosen: readonly number[]): IdentityStatement[] {
  const wanted = new Set([0, ...chosen.map((each) => each % graph.length)])
  for (let i = graph.length - 1; i > 0; i--) if (wanted.has(i)) for (const each of graph[i]!.follows) wanted.add(each)
  return graph.filter((_, i) => wanted.has(i)).map(({ statement }) => statement)
}

const anyPlaces = fc.tuple(
  fc.array(anyDrawn, { maxLength: 8 }).map(graphOf),
  fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
)

const told = (known: KnownIdentities) => ({
  identity: known.of(toHex(id)),
  caps: devices.map((device) => logs.map((log) => known.capOf({ identity: id, device: keyOf(device) }, log))),
})

function knownBy(places: readonly (readonly IdentityStatement[])[]): KnownIdentities {
  const known = new KnownIdentities(primitives)
  for (const place of places) known.add(place)
  return known
}

describe('an identity that is known from several places', () => {
  test('is the same in whatever order and however often they are heard of', () => {
    fc.assert(
      fc.property(anyPlaces, ([graph, chosen]) => {
        const places = chosen.map((each) => placeOf(graph, each))
        expect(told(knownBy([...places].reverse()))).toEqual(told(knownBy([...places, ...places])))
      }),
      { numRuns: 200 },
    )
  })

  test('is what all its statements say together', () => {
    fc.assert(
      fc.property(anyPlaces, ([graph, chosen]) => {
        const places = chosen.map((each) => placeOf(graph, each))
        const whole = placeOf(graph, chosen.flat())
        expect(knownBy(places).of(toHex(id))).toEqual(foldIdentity(whole, primitives))
      }),
      { numRuns: 200 },
    )
  })

  test('gives any statements with all that they follow, so that they can be told on', () => {
    fc.assert(
      fc.property(anyPlaces, fc.nat(), ([graph, chosen], pick) => {
        const known = knownBy(chosen.map((each) => placeOf(graph, each)))
        const placed = known.placed(toHex(id))
        const some = placed.filter((_, i) => i % 2 === pick % 2).map((each) => each.id)
        const again = knownBy([known.withPast(toHex(id), some)]).placed(toHex(id))
        expect(again.map((each) => each.id)).toEqual(expect.arrayContaining(some))
      }),
      { numRuns: 200 },
    )
  })

  test('counts a log of a device that speaks for it whole, and of another no more than a revocation names', () => {
    fc.assert(
      fc.property(anyPlaces, ([graph, chosen]) => {
        const { identity, caps } = told(knownBy(chosen.map((each) => placeOf(graph, each))))
        for (const device of devices) {
          const isActive = identity!.devices.some((each) => toHex(each) === toHex(keyOf(device)))
          const named = identity!.revoked.find((each) => toHex(each.device) === toHex(keyOf(device)))?.caps ?? []
          const lengths = logs.map((log) => named.find((cap) => toHex(cap.log) === toHex(log))?.length ?? 0)
          expect(caps[device]).toEqual(isActive ? [null, null] : lengths)
        }
      }),
      { numRuns: 200 },
    )
  })
})
