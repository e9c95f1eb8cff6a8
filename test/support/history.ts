import fc from 'fast-check'
import { encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Citation, EntryClass } from '../../protocol/log/entry.ts'
import type { Opened } from '../../protocol/log/opened.ts'
import { classOf, encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { Conversation, makePerson, type Writer } from './conversation.ts'

/** An entry of a history; those that it follows come before it there. */
export interface HistoryEntry {
  readonly log: number
  readonly index: number
  /** What it cites, as log and length; and by that the entries that it waits for. */
  readonly cites: readonly { readonly log: number; readonly length: number }[]
  readonly opened: Opened
}

export interface History {
  readonly conversation: Conversation
  readonly writers: readonly Writer[]
  readonly entries: readonly HistoryEntry[]
}

type Kind = 'message' | 'name' | 'again' | 'unknown' | 'garbage' | 'wrong-class' | 'unreadable'

interface Move {
  readonly log: number
  readonly cites: readonly number[]
  readonly behind: number
  readonly time: number
  readonly kind: Kind
  /** What is claimed in place of the right depth. */
  readonly lie: number | null
  /** An author who cites nothing real: the own log, nothing of a log, or logs in the wrong order. */
  readonly trick: 'self' | 'zero' | 'reverse' | null
}

const people = ['Ada', 'Bo', 'Cy', 'Di'].map((name) => makePerson(name))
const conversation = new Conversation(people[0]!)
const writers = people.map((person) => conversation.writer(person))
const hash = new Uint8Array(32)

const anyMove: fc.Arbitrary<Move> = fc.record({
  log: fc.nat({ max: people.length - 1 }),
  cites: fc.uniqueArray(fc.nat({ max: people.length - 1 }), { maxLength: people.length }),
  behind: fc.nat({ max: 2 }),
  time: fc.nat({ max: 20 }),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Kind>('message') },
    fc.constantFrom<Kind>('name', 'again', 'unknown', 'garbage', 'wrong-class', 'unreadable'),
  ),
  lie: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.nat({ max: 12 }), fc.constant(2 ** 48)),
  trick: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constantFrom('self', 'zero', 'reverse')),
})

/** Up to 24 entries of four authors who cite each other, some of whom lie about depth and time or write nonsense. */
export const anyHistory: fc.Arbitrary<History> = fc
  .array(anyMove, { minLength: 1, maxLength: 24 })
  .map((moves) => ({ conversation, writers, entries: historyOf(moves) }))

/** The same of authors whose clocks go on, who say what is true, and nothing but messages. */
export const anyHonestHistory: fc.Arbitrary<History> = fc
  .array(anyMove, { minLength: 1, maxLength: 24 })
  .map((moves) => moves.map((move, i): Move => ({ ...move, time: 2 * i, kind: 'message', lie: null, trick: null })))
  .map((moves) => ({ conversation, writers, entries: historyOf(moves) }))

function historyOf(moves: readonly Move[]): HistoryEntry[] {
  const entries: HistoryEntry[] = []
  const depths: number[][] = writers.map(() => [])
  const cited = writers.map(() => writers.map(() => 0))
  for (const move of moves) {
    const { log } = move
    const index = depths[log]!.length
    const cites = move.cites
      .map((of) => ({ log: of, length: Math.max(0, depths[of]!.length - move.behind) }))
      .filter(({ log: of, length }) => of !== log && length > cited[log]![of]!)
    for (const { log: of, length } of cites) cited[log]![of] = length
    const parents = [depths[log]!.at(-1) ?? 0, ...cites.map(({ log: of, length }) => depths[of]![length - 1]!)]
    const right = 1 + Math.max(...parents)
    depths[log]!.push(right)
    entries.push({ log, index, cites, opened: openedOf(move, index, cites, right) })
  }
  return entries
}

function openedOf(move: Move, index: number, cites: HistoryEntry['cites'], right: number): Opened {
  if (move.kind === 'unreadable') return { frame: null, flaw: new ProtocolError('entry/sealed') }
  const { kind, body, entryClass } = saidBy(move, index)
  const heads: Citation[] = cites
    .map(({ log, length }) => ({ log: writers[log]!.key, length, treeHash: hash }))
    .sort((a, b) => Buffer.compare(a.log, b.log))
  if (move.trick === 'reverse') heads.reverse()
  if (move.trick === 'self') heads.push({ log: writers[move.log]!.key, length: index + 5, treeHash: hash })
  if (move.trick === 'zero') heads.push({ log: writers[(move.log + 1) % 4]!.key, length: 0, treeHash: hash })
  const frame = {
    suite: 0 as const,
    class: entryClass,
    epoch: 0,
    step: 0,
    salt: hash,
    commitment: hash,
    headerLength: 0,
  }
  return { frame, header: { kind, time: move.time, depth: move.lie ?? right, heads }, body }
}

function saidBy({ log, kind, time }: Move, index: number): { kind: string; body: Uint8Array; entryClass: EntryClass } {
  const writer = writers[log]!
  const say = (event: RoomEvent) => ({ kind: event.type, body: encodeEvent(event), entryClass: classOf(event.type) })
  if (index === 0 && log === 0) {
    const { genesis } = conversation
    return say({ type: 'room-created', genesis, name: 'Kitchen', admission: writer.admission(false), as: 'Ada' })
  }
  // The last author sometimes forgets to come in.
  if ((index === 0 && (log !== 3 || time % 2 === 0)) || kind === 'again') {
    return say({ type: 'joined', heads: [], admission: writer.admission(true), as: people[log]!.name })
  }
  if (kind === 'name') return say({ type: 'name-changed', as: `Name ${time}` })
  if (kind === 'unknown') return { kind: 'poll-opened', body: Uint8Array.of(255), entryClass: 'epoch' }
  if (kind === 'garbage') return { kind: 'message-sent', body: Uint8Array.of(255), entryClass: 'message' }
  const said = { kind: 'message-sent', body: encodeCbor([`At ${time}.`]), entryClass: 'message' as const }
  return kind === 'wrong-class' ? { ...said, entryClass: 'call' } : said
}

/** The entries in another order in which each still comes after those it follows: `choices` say which of those that may come does. */
export function deliver(entries: readonly HistoryEntry[], choices: readonly number[]): HistoryEntry[] {
  const delivered: HistoryEntry[] = []
  const lengths = writers.map(() => 0)
  let waiting = [...entries]
  while (waiting.length > 0) {
    const ready = waiting.filter(
      ({ log, index, cites }) => index === lengths[log] && cites.every(({ log: of, length }) => length <= lengths[of]!),
    )
    const next = ready[(choices[delivered.length] ?? 0) % ready.length]!
    delivered.push(next)
    lengths[next.log]!++
    waiting = waiting.filter((entry) => entry !== next)
  }
  return delivered
}
