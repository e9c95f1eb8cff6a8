import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { EntryClass } from '../../protocol/log/entry.ts'
import { decodeEvent } from '../../protocol/room/event.ts'
import { type Operation, operationId, type RoomBeginning } from '../../protocol/room/operation.ts'
import type { RoomAct } from '../../protocol/room/rights.ts'
import { RoomResolver } from '../../protocol/room/room-resolver.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

describe('what an operation says', () => {
  type Body = { readonly kind: string; readonly class: EntryClass; readonly body: string }
  for (const { id, title, input, expect: wanted, error } of casesOf<Body, { type: string }>('authority', 'format')) {
    test(`${id}: ${title}`, () => {
      const run = () => decodeEvent(input.kind, input.class, fromHex(input.body))
      if (error) expect(codeOf(run)).toBe(error)
      else expect(run().type).toBe(wanted.type)
    })
  }
})

describe.each(everyPrimitives)('the id of an operation, with %s', (_, primitives) => {
  type Place = { readonly log: string; readonly index: number; readonly block: string }
  for (const { id, title, input, expect: wanted } of casesOf<Place, { id: string }>('authority', 'graph')) {
    test(`${id}: ${title}`, () => {
      const found = operationId(fromHex(input.log), input.index, fromHex(input.block), primitives)
      expect(toHex(found)).toBe(wanted.id)
    })
  }
})

type ToldOperation = Pick<Operation, 'id' | 'log' | 'index' | 'author' | 'heads'> & {
  readonly type: string
  readonly marks?: readonly (readonly [string, number, string])[]
  readonly revoked?: true
}

interface Told {
  readonly beginning: {
    readonly owner: string
    readonly admission: RoomBeginning['admission']
    readonly invite: string | null
  }
  readonly operations: readonly ToldOperation[]
  readonly asked?: readonly { author: string; log: string; index: number; needsWriting: boolean }[]
}

interface Found {
  readonly standings: Readonly<Record<string, string>>
  readonly fallen: Readonly<Record<string, string>>
  readonly hidden?: readonly unknown[]
}

function operationOf({ id, log, index, author, heads, marks, revoked: _, ...act }: ToldOperation): Operation {
  const told = marks?.map(([of, length, treeHash]) => ({ log: of, length, treeHash }))
  return { id, log, index, author, heads, act: { ...act, ...(told ? { marks: told } : {}) } as unknown as RoomAct }
}

function found({ beginning, operations, asked }: Told, people: readonly string[]): Found {
  const invite = beginning.invite === null ? null : { key: beginning.invite, expires: null }
  const revoked = new Set(operations.flatMap((each) => (each.revoked ? [each.id] : [])))
  const resolver = new RoomResolver({ ...beginning, invite }, operations.map(operationOf), new Map(), (each) =>
    revoked.has(each.id),
  )
  const room = resolver.resolve()
  const fallen = [...room.fallen, ...room.refused].map(([node, code]) => [resolver.dag.nodes[node]!.id, code] as const)
  const hidden = asked?.map(({ author, ...place }) => {
    const hiding = room.hidingOf(author, place)
    return hiding && { standing: hiding.standing, by: hiding.by?.id ?? null }
  })
  return {
    standings: Object.fromEntries(people.map((identity) => [identity, room.standingOf(identity)])),
    fallen: Object.fromEntries(fallen),
    ...(hidden ? { hidden } : {}),
  }
}

describe.each(['rights', 'what stands', 'invites', 'stretches', 'revoked devices'])('who may what: %s', (section) => {
  for (const { id, title, input, steps, expect: wanted, error } of casesOf<Told, Found, Found>('authority', section)) {
    test(`${id}: ${title}`, () => {
      const told = error ? steps : wanted
      expect(found(input, Object.keys(told.standings))).toEqual(told)
      expect(told.fallen[input.operations.at(-1)?.id ?? '']).toBe(error)
    })
  }
})
