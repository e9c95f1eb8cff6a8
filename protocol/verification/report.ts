import type { ProtocolErrorCode } from '../errors.ts'

export type CheckName = 'export' | 'signatures' | 'entries' | 'membership' | 'causality' | 'completeness' | 'authors'

/** One line of a report. `where`: a log, or a log and an index, as `<log key>/<index>`. */
export type Check = {
  readonly name: CheckName
  readonly text: string
  readonly where?: string
} & ({ readonly outcome: 'passed' | 'waiting' } | { readonly outcome: 'failed'; readonly code: ProtocolErrorCode })

/** An author, by what they call themselves. `confirmed`: the reader said before that they expect this identity. */
export interface ReportedAuthor {
  readonly identity: string
  readonly name: string
  readonly messages: number
  readonly confirmed: boolean
  /** What they are to the room, by all operations in the bundle: a role, or that they were removed, left, or never let in. */
  readonly standing: string
}

/** An operation that does not count, and why. Spec: specs/authority.md. */
export interface FallenOperation {
  readonly where: string
  readonly code: ProtocolErrorCode
  readonly text: string
}

/** A message as it stands in a verified bundle, in display order. */
export interface ReportedMessage {
  readonly id: string
  readonly author: string
  readonly name: string
  readonly text: string
  readonly time: number
  /** Whether its place in the order was checked. Not if its author cites what is not in the bundle, in this entry or in one before it in its log. */
  readonly placed: boolean
}

/** What is true of a bundle, and what is not known. `ok`: no check failed. */
export interface Report {
  readonly ok: boolean
  readonly room: { readonly id: string; readonly name: string }
  readonly exported: { readonly device: string; readonly time: number }
  readonly messages: number
  /** Entries of kinds that this version does not know: what they say is not shown. */
  readonly unknown: number
  /** Entries whose authors had no right to write there: what they say is not shown. */
  readonly hidden: number
  readonly fallen: readonly FallenOperation[]
  readonly authors: readonly ReportedAuthor[]
  readonly checks: readonly Check[]
  /** What no bundle of this kind can show, in sentences. */
  readonly notProven: readonly string[]
}

const neverProven: readonly string[] = [
  'Who the authors are: names are their own words. Compare the full ids with the people themselves.',
  'When anything was written: times are by the authors’ own clocks, and nothing here is anchored to a public chain yet.',
  'That nothing came later, or that the exporter left out no log which nobody else cites.',
  'That an author showed everybody the same log: another bundle of the same room could tell.',
]

/** `unplaced`: how many messages stand where nothing here could check. */
export function notProven(unplaced: number): readonly string[] {
  if (unplaced === 0) return neverProven
  const who = unplaced === 1 ? 'one message stands' : `${unplaced} messages stand`
  return [
    ...neverProven,
    `Where ${who} in the order: the entries that are cited there, or before in the same log, are not here.`,
  ]
}
