import { toHex } from '../bytes.ts'
import { compareOrder } from '../ordering.ts'
import type { FoldedLog } from '../room/fold-log.ts'
import type { ResolvedAuthority } from './disclosed-authority.ts'
import type { ReportedAuthor, ReportedMessage } from './report.ts'

/**
 * What each author calls themselves: in the log of theirs that ends last, if they have several; a name that is hidden does not count.
 *
 * Logs of devices that speak for them come before those of others, and these before logs of which nothing counts.
 */
export function namesOf(
  logs: readonly { readonly folded: FoldedLog }[],
  authority: ResolvedAuthority,
): Map<string, string> {
  const ends = logs.flatMap(({ folded: { author, cursor, key } }) =>
    author
      ? [
          {
            author,
            cap: authority.capOf(key),
            order: { depth: cursor.depth, time: cursor.time, log: key, index: cursor.length - 1 },
          },
        ]
      : [],
  )
  ends.sort((a, b) => weightOf(a.cap) - weightOf(b.cap) || compareOrder(a.order, b.order))
  return new Map(ends.map(({ author, order }) => [toHex(author.owner.identity), authority.nameOf(author, order.log)]))
}

function weightOf(cap: number): number {
  if (cap === Number.POSITIVE_INFINITY) return 2
  return cap > 0 ? 1 : 0
}

/** The authors by these names, how many of the messages each wrote, what they are to the room, and whether the reader knows them. */
export function reportedAuthors(
  names: ReadonlyMap<string, string>,
  messages: readonly ReportedMessage[],
  known: readonly string[],
  authority: ResolvedAuthority,
): ReportedAuthor[] {
  const counts = new Map<string, number>()
  for (const { author } of messages) counts.set(author, (counts.get(author) ?? 0) + 1)
  return [...names].map(([identity, name]) => ({
    identity,
    name,
    messages: counts.get(identity) ?? 0,
    confirmed: known.includes(identity),
    standing: authority.standingOf(identity),
  }))
}
