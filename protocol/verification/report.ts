import type { ProtocolErrorCode } from '../errors.ts'
import type { FileKind } from './envelope.ts'

export type CheckName =
  | 'export'
  | 'signatures'
  | 'inclusion'
  | 'forks'
  | 'checkpoints'
  | 'entries'
  | 'epochs'
  | 'membership'
  | 'causality'
  | 'completeness'
  | 'authors'

/**
 * One line of a report. `where`: a log, or a log and an index, as `<log key>/<index>`.
 *
 * `found`: something is proven against an author. What is wrong then is not the file, nor what the others wrote in it.
 */
export type Check = {
  readonly name: CheckName
  readonly text: string
  readonly where?: string
} & (
  | { readonly outcome: 'passed' | 'found' | 'waiting' }
  | { readonly outcome: 'failed'; readonly code: ProtocolErrorCode }
)

/** An author, by what they call themselves. `confirmed`: the reader said before that they know this identity. */
export interface ReportedAuthor {
  readonly identity: string
  readonly name: string
  readonly messages: number
  readonly confirmed: boolean
  /** What they are to the room, by all operations in the file: a role, or that they were removed, left, or never let in. */
  readonly standing: string
}

/** An operation that does not count, and why. Spec: specs/authority.md. */
export interface FallenOperation {
  readonly where: string
  readonly code: ProtocolErrorCode
  readonly text: string
}

/** That somebody had signed, at this time by their clock (Unix ms), that something was there. */
export interface WitnessWord {
  readonly identity: string
  readonly time: number
}

/** A log, up to where all have witnessed it who have witnessed any of it: members with a log in the file, but for its author. */
export interface WitnessedLog {
  readonly log: string
  readonly length: number
  /** By their earliest words. */
  readonly people: readonly WitnessWord[]
}

/** A message as it stands in a verified file, in display order. */
export interface ReportedMessage {
  readonly id: string
  readonly author: string
  readonly name: string
  /** Null where the key of the body is withheld. */
  readonly text: string | null
  readonly time: number
  /** Whether its place in the order was checked. Not if its author cites what is not in the file, in this entry or in one before it in its log; never in an excerpt. */
  readonly placed: boolean
  /** How many people have witnessed that it was there, and since when (Unix ms): unless all their clocks lie, it is no newer. */
  readonly witnessed: { readonly people: number; readonly since: number } | null
}

/** What is true of a file, and what is not known. `ok`: no check failed. */
export interface Report {
  readonly kind: FileKind
  readonly ok: boolean
  readonly room: { readonly id: string; readonly name: string }
  readonly exported: { readonly device: string; readonly time: number }
  readonly messages: number
  /** How many of the messages have a text that is not disclosed. */
  readonly withheld: number
  /** How many entries were read whole, how many to their header, and how many not at all. */
  readonly read: { readonly whole: number; readonly header: number; readonly none: number }
  /** Entries of kinds that this version does not know: what they say is not shown. */
  readonly unknown: number
  /** Entries of devices that were revoked, behind what counts of these: what they say is not shown. */
  readonly revoked: number
  /** Other entries, whose authors had no right to write there: what they say is not shown. */
  readonly hidden: number
  readonly fallen: readonly FallenOperation[]
  readonly authors: readonly ReportedAuthor[]
  /** By ascending log key. */
  readonly witnessed: readonly WitnessedLog[]
  readonly checks: readonly Check[]
  /** What this file cannot show, in sentences. */
  readonly notProven: readonly string[]
}

const whoProof = 'Who the authors are: names are their own words. Compare the full ids with the people themselves.'
const endProof = 'That nothing came later, or that the exporter left out no log which nobody else cites.'
const forkProof =
  'That an author showed everybody the same log, where no fork is found: another bundle of the same room could tell.'

/** Whose words there are of how much of a file. */
export interface WitnessCount {
  /** How many have witnessed anything. */
  readonly people: number
  readonly messages: number
  /** How many of the messages somebody has witnessed. */
  readonly witnessed: number
}

function timeProof({ people, messages, witnessed }: WitnessCount): readonly string[] {
  const times = 'When anything was written: times are by the authors’ own clocks'
  if (witnessed === 0) return [`${times}, and nothing here is anchored to a public chain yet.`]
  const were = witnessed === 1 ? 'was' : 'were'
  const which =
    witnessed < messages ? `${witnessed} of ${messages} messages` : witnessed === 1 ? 'the message' : 'the messages'
  const who =
    people === 1 ? 'One other person says, by their own clock' : `${people} other people say, by their own clocks`
  return [
    `${times}. ${who}, no later than when ${which} ${were} there; how long before, nothing says, and nothing here is anchored to a public chain yet.`,
    'That the witnesses are honest, or who they are: members have let them in, they have looked at no text, and they may lie together.',
  ]
}

/** What the file keeps to itself, or cannot check. */
interface Gaps {
  /** How many messages stand where nothing here could check. */
  readonly unplaced: number
  readonly withheld: number
  /** How many logs have no keys here. */
  readonly sealed: number
  /** How many entries have no key here. */
  readonly locked: number
}

/** What a bundle with these gaps does not show. */
export function notProven({ unplaced, withheld, sealed, locked }: Gaps, words: WitnessCount): readonly string[] {
  const who = unplaced === 1 ? 'one message stands' : `${unplaced} messages stand`
  const gaps = [
    unplaced > 0 &&
      `Where ${who} in the order: the entries that are cited there, or before in the same log, are not here.`,
    withheld > 0 && `${withheldText} Whoever has the keys can show it later, and nothing else in its place.`,
    locked > 0 && lockedText(locked),
    sealed > 0 &&
      'What the sealed logs say, when, in which order, and whether their devices were let in: only that they were not changed.',
  ]
  return [whoProof, ...timeProof(words), endProof, forkProof, ...gaps.filter((gap) => gap !== false)]
}

const withheldText = 'What the messages say whose texts are not disclosed, nor that these texts can be read.'

const lockedText = (locked: number): string =>
  `What ${locked === 1 ? 'one entry says' : `${locked} entries say`}, when, and in which order: whoever exported this had no key, or gave none.`

/** What no excerpt shows. */
export function notProvenByExcerpt(
  { withheld, locked }: Pick<Gaps, 'withheld' | 'locked'>,
  words: WitnessCount,
): readonly string[] {
  return [
    'What was left out: whoever exported this chose the messages. What was said before, between and after them may change what they mean.',
    'The order between authors, but where one of these messages cites another: depths are claims, as what they rest on was left out.',
    'That an author was not removed since, or their device revoked, or may still do what they did: what came later was left out. Nor that they kept their name.',
    whoProof,
    ...timeProof(words),
    forkProof,
    ...(withheld > 0 ? [withheldText] : []),
    ...(locked > 0 ? [lockedText(locked)] : []),
  ]
}
