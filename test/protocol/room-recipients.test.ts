import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { Operation, RoomBeginning } from '../../protocol/room/operation.ts'
import { isRole, type RoomAct } from '../../protocol/room/rights.ts'
import { RoomRecipients } from '../../protocol/room/room-recipients.ts'
import { RoomResolver } from '../../protocol/room/room-resolver.ts'

const names = ['Ada', 'Bo', 'Cy', 'Di'] as const
const keyOf = (who: number) => new Uint8Array(32).fill(who + 1)
const deviceOf = (who: number) => new Uint8Array(32).fill(who + 17)
const identityOf = (who: number) => new Uint8Array(32).fill(who + 33)
const beginning: RoomBeginning = {
  owner: toHex(identityOf(0)),
  admission: 'open-link',
  invite: { key: 'first', expires: null },
}

interface Entry {
  readonly who: number
  readonly index: number
  /** Null: there is no key that would tell what it cites. */
  readonly cites: readonly { readonly who: number; readonly length: number }[]
  readonly isLocked: boolean
  readonly operation: Operation | null
  readonly prekey: number | null
}

interface Move {
  readonly who: number
  readonly cites: readonly number[]
  readonly behind: number
  readonly kind: 'say' | 'prekey' | 'remove' | 'admit'
  readonly target: number
  readonly isLocked: boolean
}

const anyone = fc.nat({ max: names.length - 1 })
const anyMove: fc.Arbitrary<Move> = fc.record({
  who: anyone,
  cites: fc.uniqueArray(anyone),
  behind: fc.nat({ max: 2 }),
  kind: fc.constantFrom('say' as const, 'say' as const, 'prekey' as const, 'remove' as const, 'admit' as const),
  target: anyone,
  isLocked: fc.nat({ max: 19 }).map((number) => number === 0),
})

/** Four people who announce prekeys, remove each other and let each other in again; each entry after those that it follows. */
const anyRoom = fc.array(anyMove, { minLength: 1, maxLength: 30 }).map((moves) => {
  const entries: Entry[] = []
  const lengths = names.map(() => 0)
  for (const { who, behind, kind, target, isLocked, ...move } of moves) {
    const index = lengths[who]!++
    const cites = move.cites
      .filter((of) => of !== who)
      .map((of) => ({ who: of, length: Math.max(0, lengths[of]! - behind) }))
      .filter(({ length }) => length > 0)
    const prekeys = entries.filter((each) => each.who === who && each.prekey !== null).length
    const isEvent = index > 0 && !isLocked
    const entry = {
      who,
      index,
      cites,
      isLocked: isLocked && index > 0,
      prekey: kind === 'prekey' && isEvent ? prekeys : null,
    }
    const act = index === 0 ? ({ type: 'joined', invite: 'first' } as const) : isEvent ? actOf(kind, target) : null
    entries.push({ ...entry, operation: who === 0 && index === 0 ? null : operationOf(entry, act, entries) })
  }
  return entries
})

function actOf(kind: Move['kind'], target: number): RoomAct | null {
  const identity = toHex(identityOf(target))
  if (kind === 'remove') return { type: 'member-removed', identity, ban: false, marks: [] }
  return kind === 'admit' ? { type: 'admitted', identity, role: 'member', marks: [] } : null
}

/** Its author names all operations that the entry follows. */
function operationOf(
  { who, index, cites }: Pick<Entry, 'who' | 'index' | 'cites'>,
  act: RoomAct | null,
  before: readonly Entry[],
): Operation | null {
  if (!act) return null
  const known = new Set(cites.flatMap(({ who: of, length }) => [...pastOf(before, of, length - 1)]))
  const heads = before.flatMap((each) => (each.operation && known.has(idOf(each)) ? [each.operation.id] : []))
  const id = `${(7 * who + 3 * index) % 11} ${who}/${index}`
  return { id, log: toHex(keyOf(who)), index, author: toHex(identityOf(who)), heads, act }
}

const idOf = ({ who, index }: Pick<Entry, 'who' | 'index'>) => `${who}/${index}`

/** Ids of an entry and of all that it follows. */
function pastOf(entries: readonly Entry[], who: number, index: number, past = new Set<string>()): Set<string> {
  const entry = entries.find((each) => each.who === who && each.index === index)
  if (!entry || past.has(idOf(entry))) return past
  past.add(idOf(entry))
  if (index > 0) pastOf(entries, who, index - 1, past)
  if (!entry.isLocked) for (const { who: of, length } of entry.cites) pastOf(entries, of, length - 1, past)
  return past
}

/** The definition: everything looked for among all entries, for each entry anew. */
function slowReaders(entries: readonly Entry[], { who, index }: Entry) {
  const past = pastOf(entries, who, index)
  const known = entries.filter((each) => past.has(idOf(each)))
  const room = new RoomResolver(
    beginning,
    known.flatMap(({ operation }) => operation ?? []),
  ).resolve()
  const readers = names.flatMap((_, each) => {
    const prekeys = known.flatMap(({ who: of, prekey }) => (of === each && prekey !== null ? [prekey] : []))
    const isIn = isRole(room.standingOf(toHex(identityOf(each)))) && entries.some(({ who: of }) => of === each)
    return isIn && prekeys.length > 0 ? [`${toHex(deviceOf(each))} ${Math.max(...prekeys)}`] : []
  })
  return { readers: readers.sort(), isWhole: known.every(({ isLocked }) => !isLocked) }
}

function take(recipients: RoomRecipients, { who, index, cites, isLocked, operation, prekey }: Entry): void {
  const log = keyOf(who)
  const heads = cites.map(({ who: of, length }) => ({ log: keyOf(of), length, treeHash: new Uint8Array(32) }))
  recipients.addEntry(log, index, isLocked ? null : heads)
  if (index === 0) recipients.addMember(log, { device: deviceOf(who), identity: identityOf(who) })
  if (operation) recipients.addOperation(log, operation)
  if (prekey !== null) recipients.addPrekey(log, index, { generation: prekey })
}

const asked = (recipients: RoomRecipients, { who, index }: Entry) => {
  const { readers, isWhole } = recipients.readersAt(keyOf(who), index)
  return { readers: readers.map(({ device, generation }) => `${toHex(device)} ${generation}`).sort(), isWhole }
}

/** The same entries in another order in which those of each log stay in theirs: `choices` say whose turn it is. */
function shuffled(entries: readonly Entry[], choices: readonly number[]): Entry[] {
  const lines = names.map((_, who) => entries.filter((each) => each.who === who))
  return entries.map((_, i) => {
    const open = lines.filter(({ length }) => length > 0)
    return open[(choices[i] ?? 0) % open.length]!.shift()!
  })
}

test('who could be sealed to at an entry follows from all that it follows, by its definition', () => {
  fc.assert(
    fc.property(anyRoom, (entries) => {
      const recipients = new RoomRecipients(beginning, primitives)
      for (const entry of entries) take(recipients, entry)
      for (const entry of entries) expect(asked(recipients, entry)).toEqual(slowReaders(entries, entry))
    }),
    { numRuns: 300 },
  )
}, 60_000)

test('who could be sealed to is the same in whatever order entries come, and whenever it is asked', () => {
  fc.assert(
    fc.property(anyRoom, fc.array(fc.nat(), { maxLength: 30 }), (entries, choices) => {
      const [one, other] = [new RoomRecipients(beginning, primitives), new RoomRecipients(beginning, primitives)]
      for (const entry of entries) take(one, entry)
      for (const entry of shuffled(entries, choices)) {
        take(other, entry)
        // As long as something is missing, what is answered is not kept.
        asked(other, entry)
      }
      for (const entry of [...entries].reverse()) expect(asked(other, entry)).toEqual(asked(one, entry))
    }),
    { numRuns: 300 },
  )
}, 60_000)
