/** How many take part in a group call. Spec: specs/group-call.md#seats. */
export const mostSeats = 12
/** How many of them take part by mesh, where each encodes for each. */
export const meshSeats = 4

/** One device's time in a group call, from its `call-joined` on. Ids and keys are hex. */
export interface Stay {
  readonly call: string
  readonly identity: string
  readonly device: string
  /** Of the run of its node in which it came: a later run has another key, and is not in the call. */
  readonly callKey: string
  /** Where its `call-joined` stands in the room's order, as `orderText` writes it. It names the stay. */
  readonly order: string
}

/** What a device said last of group calls: that it came, or that it left. */
interface LastWord {
  readonly order: string
  readonly stay: Stay | null
}

/** What each device of a room said last of group calls, by device. */
export type Roster = ReadonlyMap<string, LastWord>

/** A `call-joined`, or a `call-left`, which has no stay. */
export interface RosterEntry {
  readonly device: string
  readonly order: string
  readonly stay: Stay | null
}

/** Take an entry in. It does not matter in which order they come, or how often. Spec: specs/group-call.md#stays. */
export function noteEntry(roster: Roster, { device, order, stay }: RosterEntry): Roster {
  const known = roster.get(device)
  return known && known.order >= order ? roster : new Map(roster).set(device, { order, stay })
}

/** Who has come to a call and not left, first those who came first. Whether they still are there is not said. */
export function staysIn(roster: Roster, call: string): readonly Stay[] {
  const stays = [...roster.values()].flatMap(({ stay }) => (stay?.call === call ? [stay] : []))
  return stays.sort((a, b) => (a.order < b.order ? -1 : 1))
}

/** Who has a seat among those that are there. Spec: specs/group-call.md#seats. */
export function seatsAmong(stays: readonly Stay[], isThere: (stay: Stay) => boolean): readonly Stay[] {
  return stays.filter(isThere).slice(0, mostSeats)
}
