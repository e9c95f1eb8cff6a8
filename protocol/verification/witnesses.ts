import { toHex } from '../bytes.ts'
import type { SignedCheckpoint } from '../checkpoint/checkpoint.ts'
import type { FoldedLog } from '../room/fold-log.ts'
import { groupBy } from '../room/resolve-invites.ts'
import { isRole } from '../room/rights.ts'
import type { CoveredLog } from './covered-logs.ts'
import type { ResolvedAuthority } from './disclosed-authority.ts'
import { count, type Findings } from './findings.ts'
import type { ReportedMessage, WitnessCount, WitnessedLog, WitnessWord } from './report.ts'

type Logs = readonly { readonly folded: FoldedLog }[]

/** Whose a device is, and whether its word counts. */
interface Owner {
  readonly identity: string
  readonly counts: boolean
}

/** Who has witnessed a log at this length or a greater one, each person once. */
interface Step {
  readonly length: number
  readonly people: readonly WitnessWord[]
}

/** Who has signed that the logs of a file were there, up to where, and when. Spec: specs/bundle.md#witnessed. */
export class Witnesses {
  /** By log key in hex, by ascending length; each step has somebody. */
  readonly #steps = new Map<string, readonly Step[]>()

  constructor(covered: readonly CoveredLog[], logs: Logs, authority: ResolvedAuthority) {
    const owners = ownersOf(logs, authority)
    const words = new Map([...new Set(covered.map(({ by }) => by))].map((by) => [by, wordsOf(by, owners)]))
    const covers = groupBy(covered, ({ log }) => log)
    for (const { key, author } of logs.map(({ folded }) => folded)) {
      if (!author) continue
      const steps = stepsOf(covers.get(toHex(key)) ?? [], words, toHex(author.owner.identity))
      if (steps.length > 0) this.#steps.set(toHex(key), steps)
    }
  }

  /** Each log that somebody has witnessed, up to the greatest length that all have who have witnessed any of it. */
  get logs(): readonly WitnessedLog[] {
    return [...this.#steps].map(([log, steps]) => {
      const all = steps[0]!.people.length
      return { log, ...steps.findLast(({ people }) => people.length === all)! }
    })
  }

  /** How many have witnessed anything. */
  get people(): number {
    return new Set(this.logs.flatMap(({ people }) => people.map(({ identity }) => identity))).size
  }

  /** How many people have signed that an entry was there, and when the last of them had. */
  of(log: string, index: number): ReportedMessage['witnessed'] {
    const step = this.#steps.get(log)?.find(({ length }) => length > index)
    return step ? { people: step.people.length, since: Math.max(...step.people.map(({ time }) => time)) } : null
  }
}

/** Say if nobody has witnessed anything of a file with so many checkpoints; answers what the checkpoints show otherwise. */
export function sayWitnessed(
  { logs, people }: Witnesses,
  { logs: all, checkpoints }: { readonly logs: number; readonly checkpoints: number },
  findings: Findings,
): string {
  if (logs.length === 0) {
    const shown = checkpoints === 0 ? 'no checkpoint is here' : `${count(checkpoints, 'checkpoint')}`
    findings.wait('checkpoints', `${shown}: nobody but the authors and the exporter has signed what is here`)
  }
  return `${logs.length} of ${count(all, 'log')} witnessed by others than their authors, ${count(people, 'person', 'people')} in all`
}

/** How many of these messages somebody has witnessed. */
export function countWitnessed(messages: readonly ReportedMessage[], { people }: Witnesses): WitnessCount {
  return { people, messages: messages.length, witnessed: messages.filter(({ witnessed }) => witnessed).length }
}

/** The devices that write logs which were let in. A thief could date back what a revoked one signs. */
function ownersOf(logs: Logs, authority: ResolvedAuthority): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>()
  for (const { key, author } of logs.map(({ folded }) => folded)) {
    if (!author) continue
    const identity = toHex(author.owner.identity)
    const isRevoked = authority.capOf(key) < Number.POSITIVE_INFINITY
    owners.set(toHex(author.owner.device), { identity, counts: !isRevoked && isRole(authority.standingOf(identity)) })
  }
  return owners
}

/** The words of a checkpoint that count, each person's earliest. Whose checkpoint it is does not witness it. */
function wordsOf(
  { checkpoint, cosignatures }: SignedCheckpoint,
  owners: ReadonlyMap<string, Owner>,
): readonly WitnessWord[] {
  const maker = owners.get(toHex(checkpoint.device))?.identity
  const times = new Map<string, number>()
  for (const { device, time } of cosignatures) {
    const owner = owners.get(toHex(device))
    if (owner?.counts && owner.identity !== maker) keepEarlier(times, { identity: owner.identity, time: time * 1_000 })
  }
  return inOrder(times)
}

function stepsOf(
  covers: readonly CoveredLog[],
  words: ReadonlyMap<SignedCheckpoint, readonly WitnessWord[]>,
  author: string,
): readonly Step[] {
  const times = new Map<string, number>()
  const steps = new Map<number, Step>()
  for (const { length, by } of [...covers].sort((a, b) => b.length - a.length)) {
    for (const word of words.get(by)!) if (word.identity !== author) keepEarlier(times, word)
    steps.set(length, { length, people: inOrder(times) })
  }
  return [...steps.values()].filter(({ length, people }) => length > 0 && people.length > 0).reverse()
}

function keepEarlier(times: Map<string, number>, { identity, time }: WitnessWord): void {
  times.set(identity, Math.min(time, times.get(identity) ?? Number.POSITIVE_INFINITY))
}

function inOrder(times: ReadonlyMap<string, number>): readonly WitnessWord[] {
  const words = [...times].map(([identity, time]) => ({ identity, time }))
  return words.sort((a, b) => a.time - b.time || (a.identity < b.identity ? -1 : 1))
}
