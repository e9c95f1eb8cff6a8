import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NotedEntry, RoomAuthority } from '../../../node/projection/room-authority.ts'
import { sodiumPrimitives as primitives } from '../../../node/sodium-primitives.ts'
import { toHex, uint32 } from '../../../protocol/bytes.ts'
import { type IdentityStatement, signStatement, statementHash } from '../../../protocol/identity/statement.ts'
import { type LogOwner, logKey } from '../../../protocol/log/hypercore.ts'
import type { RoomEvent } from '../../../protocol/room/event.ts'
import { decodeGenesis } from '../../../protocol/room/genesis.ts'
import { beginningOf } from '../../../protocol/room/operation.ts'
import { Conversation, makePerson, seedOf } from '../../support/conversation.ts'

const [ada, bo, cy] = ['Ada', 'Bo', 'Cy'].map((name) => makePerson(name)) as [Person, Person, Person]
type Person = ReturnType<typeof makePerson>
const conversation = new Conversation(ada)
const beginning = beginningOf(decodeGenesis(conversation.genesis))

/** Another device of Bo's, which his first one has added. */
const phoneSeed = seedOf('Bo phone')
const phone = primitives.publicKey(phoneSeed)
const boFirst = bo.statements[1]!
const added = signStatement(
  bo.identity,
  { type: 'device-added', follows: [statementHash(boFirst, primitives)], by: bo.device, device: phone },
  { by: bo.deviceSeed, device: phoneSeed },
  primitives,
)
const withPhone = [...bo.statements, added]
const owners: readonly LogOwner[] = [
  { identity: ada.identity, device: ada.device, generation: 0 },
  { identity: bo.identity, device: bo.device, generation: 0 },
  { identity: bo.identity, device: phone, generation: 0 },
  { identity: cy.identity, device: cy.device, generation: 0 },
].map((owner) => ({ ...owner, room: conversation.room }))
const statementsOf = [ada.statements, bo.statements, withPhone, cy.statements] as const
const keys = owners.map((owner) => logKey(owner, primitives))

/** One of Bo's devices revokes the other, up to some lengths of its logs or none. */
function revocation(by: 'phone' | 'first', length: number | null): IdentityStatement {
  const [seed, device, log] = by === 'phone' ? [phoneSeed, bo.device, keys[1]!] : [bo.deviceSeed, phone, keys[2]!]
  const caps = length === null ? [] : [{ log, length, treeHash: seedOf('tree') }]
  const said = { follows: [statementHash(added, primitives)], by: primitives.publicKey(seed), device, caps }
  return signStatement(bo.identity, { type: 'device-revoked', ...said }, { by: seed }, primitives)
}

type Said =
  | { readonly type: 'say' | 'name' | 'leave' | 'remove-cy' | 'admit-cy' }
  | { readonly type: 'revoke'; readonly by: 'phone' | 'first'; readonly length: number | null }

const anySaid: fc.Arbitrary<{ readonly log: number; readonly said: Said }> = fc.record({
  log: fc.nat({ max: 3 }),
  said: fc.oneof(
    fc.record({ type: fc.constantFrom('say' as const, 'name' as const, 'leave' as const) }),
    fc.record({ type: fc.constantFrom('remove-cy' as const, 'admit-cy' as const) }),
    fc.record({
      type: fc.constant('revoke' as const),
      by: fc.constantFrom('phone' as const, 'first' as const),
      length: fc.option(fc.nat({ max: 4 })),
    }),
  ),
})

function eventOf(said: Said): RoomEvent {
  switch (said.type) {
    case 'say':
      return { type: 'message-sent', text: 'Hm.' }
    case 'name':
      return { type: 'name-changed', as: 'Somebody' }
    case 'leave':
      return { type: 'left', heads: [] }
    case 'remove-cy':
      return { type: 'member-removed', heads: [], identity: cy.identity, ban: false, marks: [] }
    case 'admit-cy':
      return { type: 'admitted', heads: [], identity: cy.identity, role: 'member', marks: [] }
    case 'revoke':
      return { type: 'identity-updated', statements: [...withPhone, revocation(said.by, said.length)] }
  }
}

/** Each log begins, Bo is made an admin, and then anything is said. */
function entriesOf(script: readonly { readonly log: number; readonly said: Said }[]): NotedEntry[] {
  const lengths = [0, 0, 0, 0]
  const entries: NotedEntry[] = []
  const add = (log: number, event: RoomEvent) => {
    const index = lengths[log]!
    lengths[log] = index + 1
    const id = primitives.sha256(uint32(log * 1_000 + index))
    entries.push({ owner: owners[log]!, log: keys[log]!, index, id, event })
  }
  for (const [log, statements] of statementsOf.entries()) {
    const admission = { identity: statements, device: owners[log]!.device, generation: 0 }
    const invite = primitives.publicKey(conversation.inviteSeed)
    if (log === 0) {
      const { genesis } = conversation
      const own = { ...admission, invite: null, signature: null }
      add(log, { type: 'room-created', genesis, name: 'Kitchen', admission: own, as: 'Ada' })
    } else {
      const signature = new Uint8Array(64)
      add(log, { type: 'joined', heads: [], admission: { ...admission, invite, signature }, as: 'Bo' })
    }
  }
  const heads = entries.slice(1).map(({ id }) => id)
  heads.sort(Buffer.compare)
  add(0, { type: 'role-changed', heads, identity: bo.identity, role: 'admin', marks: [] })
  for (const { log, said } of script) add(log, eventOf(said))
  return entries
}

/** The entries in another order, in which those of one log stay in theirs. */
function shuffled(entries: readonly NotedEntry[], choices: readonly number[]): NotedEntry[] {
  const lines = keys.map((key) => entries.filter(({ log }) => log === key))
  const order: NotedEntry[] = []
  for (let i = 0; lines.some((line) => line.length > 0); i++) {
    const open = lines.filter((line) => line.length > 0)
    order.push(open[(choices[i % choices.length] ?? 0) % open.length]!.shift()!)
  }
  return order
}

const foldedOf = ({ owner, log }: NotedEntry) => ({ key: log, author: { owner, name: '' } })
const placeOf = ({ log, index }: NotedEntry) => `${toHex(log)}/${index}`
const hidingOf = (authority: RoomAuthority, entry: NotedEntry) =>
  authority.hiddenAs(foldedOf(entry), entry.index, entry.event.type)

/** What is hidden in the end, and why operations do not count, where all that is known is judged at once. */
function atOnce(entries: readonly NotedEntry[]) {
  const authority = new RoomAuthority(beginning, primitives)
  authority.restore(entries)
  return told(authority, entries, new Map(entries.map((entry) => [placeOf(entry), hidingOf(authority, entry)])))
}

/** The same, where entries come one after the other, and only of whom it changed is looked at again. */
function oneByOne(entries: readonly NotedEntry[], every: number) {
  const authority = new RoomAuthority(beginning, primitives)
  const hidden = new Map<string, string | null>()
  for (const [i, entry] of entries.entries()) {
    authority.note(entry)
    hidden.set(placeOf(entry), hidingOf(authority, entry))
    if (i % every !== 0 && i < entries.length - 1) continue
    const changed = authority.settle() ?? new Set()
    for (const known of entries.slice(0, i + 1)) {
      if (changed.has(toHex(known.owner.identity))) hidden.set(placeOf(known), hidingOf(authority, known))
    }
  }
  return told(authority, entries, hidden)
}

function told(authority: RoomAuthority, entries: readonly NotedEntry[], hidden: ReadonlyMap<string, string | null>) {
  return {
    hidden: Object.fromEntries([...hidden].sort()),
    fallen: Object.fromEntries(
      entries.map((entry) => [placeOf(entry), authority.fallenAt(toHex(entry.log), entry.index)] as const).sort(),
    ),
    standings: [ada, bo, cy].map(({ identity }) => authority.standingOf(toHex(identity))),
  }
}

describe('what is shown of a room whose people revoke their devices', () => {
  test('is the same in whatever order it arrives, and however often it was looked at before', () => {
    fc.assert(
      fc.property(
        fc.array(anySaid, { maxLength: 14 }),
        fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 24 }),
        fc.integer({ min: 1, max: 6 }),
        (script, choices, every) => {
          const entries = entriesOf(script)
          const whole = atOnce(entries)
          expect(oneByOne(shuffled(entries, choices), every)).toEqual(whole)
          expect(atOnce(shuffled(entries, choices))).toEqual(whole)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)

  test('is nothing behind the least cap of a revoked device, and all before it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 3 }), (lengths) => {
        const says = Array.from({ length: 5 }, () => ({ log: 1, said: { type: 'say' } as const }))
        const revokes = lengths.map((length) => ({ log: 2, said: { type: 'revoke', by: 'phone', length } as const }))
        const { hidden } = atOnce(entriesOf([...says, ...revokes]))
        const cap = Math.min(...lengths)
        const shown = [1, 2, 3, 4, 5].filter((index) => hidden[`${toHex(keys[1]!)}/${index}`] === null)
        expect(shown).toEqual([1, 2, 3, 4, 5].filter((index) => index < cap))
      }),
    )
  })
})
