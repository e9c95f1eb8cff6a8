import type { CallPeer } from '../../protocol/call/call.ts'
import { type CallNote, type CallStatus, encodeCallNote } from '../../protocol/call/note.ts'
import type { CallReaction, ParticipantStatus } from '../api/calls.ts'
import { makePatience } from './call-patience.ts'
import { type DirectPaths, makeDirectPaths } from './direct-path.ts'

/** A device at the other end of a connection. */
export interface NoteTaker extends CallPeer {
  /** Sends over the room's channel: in order, and whole. */
  tell(note: Uint8Array): void
}

/** What participants of the call that there is tell of themselves. Kept in memory, and no longer than the call. */
export interface CallNotes {
  /** What was not taken, because it was too much of one device at once. */
  readonly dropped: number
  /** Forget the call before, if there was another one. */
  begin(call: Uint8Array): void
  setOwn(status: OwnStatus): void
  /** Shown here like those of the others. */
  react(emoji: number): void
  readonly direct: Pick<DirectPaths, 'setOwn' | 'paths'>
  /** Say to somebody who has just come, or come back, what the own status is, and how they may connect. */
  tell(taker: NoteTaker): void
  /** Of a participant. */
  take(from: CallPeer, note: CallNote): void
  /** To be called every second: reactions go by. */
  passTime(): void
  statuses(of: readonly CallPeer[]): ParticipantStatus[]
  reactions(of: readonly CallPeer[]): CallReaction[]
}

/** `hand`: whether it is raised. */
export type OwnStatus = Omit<CallStatus, 'hand'> & { readonly hand: boolean }

interface Surroundings {
  readonly self: CallPeer
  /** Whoever is in the call and connected now. */
  audience(): readonly NoteTaker[]
  /** Whether this person may see the own address. */
  isDirect(identity: string): boolean
  /** Unix ms. */
  now(): number
  onChange(): void
}

interface Kept {
  readonly status: CallStatus
  /** Since when the hand is raised, by the own clock. */
  readonly handSince: number | null
}

const shownFor = 6_000
const mostReactions = 64
const mostTaken = { times: 20, within: 1_000 } as const
/** Others leave behind what comes faster. */
const betweenTellings = 100
const quiet: Kept = { status: { muted: false, cameraOff: false, sharing: false, hand: 0 }, handSince: null }

/** Spec: specs/call.md#notes. */
export function makeCallNotes({ self, audience, isDirect, now, onChange }: Surroundings): CallNotes {
  const direct = makeDirectPaths({ isAllowed: isDirect, audience, onChange })
  let call: Uint8Array = new Uint8Array()
  let kept = new Map<string, Kept>()
  let recent: readonly Omit<CallReaction, 'self'>[] = []
  let patience = makePatience(mostTaken)
  let hands = 0
  let dropped = 0
  let reacted = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let isTelling = false

  const of = (device: string): Kept => kept.get(device) ?? quiet
  const ownNote = (): Uint8Array => encodeCallNote({ call, note: { type: 'status', status: of(self.device).status } })

  function keep(device: string, status: CallStatus): void {
    const before = of(device)
    const handSince = status.hand === 0 ? null : status.hand === before.status.hand ? before.handSince : now()
    kept.set(device, { status, handSince })
    onChange()
  }

  /** The newest status to all, and no more often than others take it. */
  function tellAll(): void {
    if (isTelling) return
    isTelling = true
    const wait = Math.max(0, toldAt + betweenTellings - performance.now())
    setTimeout(() => {
      isTelling = false
      toldAt = performance.now()
      for (const taker of audience()) taker.tell(ownNote())
    }, wait).unref()
  }

  function show({ identity, device }: CallPeer, emoji: number): void {
    recent = [...recent, { id: ++reacted, identity, device, emoji, time: now() }].slice(-mostReactions)
    onChange()
  }

  return {
    get dropped() {
      return dropped
    },
    begin(given) {
      if (Buffer.compare(call, given) === 0) return
      call = given
      direct.begin(given)
      kept = new Map()
      recent = []
      patience = makePatience(mostTaken)
      hands = 0
      dropped = 0
    },
    setOwn({ hand: raised, ...status }) {
      const before = of(self.device).status.hand
      if (raised && before === 0) hands++
      keep(self.device, { ...status, hand: raised ? hands : 0 })
      tellAll()
    },
    react(emoji) {
      if (!patience.allows(self.device, now())) return
      for (const taker of audience()) taker.tell(encodeCallNote({ call, note: { type: 'reaction', emoji } }))
      show(self, emoji)
    },
    direct,
    tell(taker) {
      taker.tell(ownNote())
      direct.tell(taker)
    },
    take(from, note) {
      if (!patience.allows(from.device, now())) dropped++
      else if (note.type === 'status') keep(from.device, note.status)
      else if (note.type === 'reaction') show(from, note.emoji)
      else direct.take(from, note.candidates)
    },
    passTime() {
      const still = recent.filter(({ time }) => now() - time < shownFor)
      if (still.length === recent.length) return
      recent = still
      onChange()
    },
    statuses(participants) {
      return participants.map(({ identity, device }) => {
        const { status, handSince } = of(device)
        return { identity, device, self: device === self.device, ...status, hand: handSince }
      })
    },
    reactions(participants) {
      const devices = new Set(participants.map(({ device }) => device))
      return recent
        .filter(({ device, time }) => devices.has(device) && now() - time < shownFor)
        .map((reaction) => ({ ...reaction, self: reaction.device === self.device }))
    },
  }
}
