import { type GroupCall, type GroupHappening, stepGroup, turnOf } from '../../../protocol/call/group.ts'
import { noteEntry, type Roster, type Stay, staysIn } from '../../../protocol/call/roster.ts'
import { describe as describeSdp } from '../../../protocol/call/sdp.ts'
import { chromiumAnswer, chromiumOffer } from './chromium.ts'

const [offerText, answerText] = [describeSdp(chromiumOffer), describeSdp(chromiumAnswer)]
const room = 'f'.repeat(64)
const call = 'c'.repeat(32)

type Said =
  | { readonly type: 'call-joined' | 'call-left' }
  | { readonly type: 'call-offer' | 'call-answer'; readonly to: string; readonly offer: string }

type Entry = Said & { readonly author: string; readonly depth: number; readonly order: string }

/** One device: its log, what it has read of the others', and the call as it knows it. */
export interface Side {
  readonly device: string
  readonly log: Entry[]
  readonly read: Map<string, number>
  /** Offers whose media are open. */
  readonly open: Set<string>
  roster: Roster
  group: GroupCall
  depth: number
}

/** One thing that a device does; most often it reads the next entry of another. */
export interface Occasion {
  readonly by: number
  readonly act: 'come-or-go' | 'come' | 'turns' | 'read'
  readonly from: number
}

/** Some devices of one room, in this test alone: entries are read one by one, in any order between logs. */
export interface Gathering {
  readonly sides: readonly Side[]
  happen(occasion: Occasion): void
  /** Everything is read, and every page does its part, until nothing is left to do. */
  settle(): void
}

export function openGathering(people: number): Gathering {
  const sides = Array.from({ length: people }, (_, i): Side => {
    const device = String(i + 1).repeat(64)
    return { device, log: [], read: new Map(), open: new Set(), roster: new Map(), group: { state: 'out' }, depth: 0 }
  })
  let offers = 0

  function tell(side: Side, happening: GroupHappening): void {
    const step = stepGroup(side.group, happening, { self: side.device, now: 0 })
    side.group = step.group
    for (const effect of step.effects) {
      if (effect.type === 'release') side.open.delete(effect.offer)
      else write(side, { type: 'call-left' })
    }
  }

  function write(side: Side, said: Said): void {
    side.depth++
    const order = `${String(side.depth).padStart(6, '0')}${side.device}`
    const entry = { ...said, author: side.device, depth: side.depth, order }
    side.log.push(entry)
    note(side, entry)
  }

  function note(side: Side, { type, author, order }: Entry): void {
    if (type !== 'call-joined' && type !== 'call-left') return
    const stay: Stay = { call, identity: author, device: author, callKey: '', order }
    side.roster = noteEntry(side.roster, { device: author, order, stay: type === 'call-joined' ? stay : null })
    tell(side, { type: 'seen', stays: staysIn(side.roster, call).map((each) => ({ stay: each, connected: true })) })
  }

  function readNext(side: Side, from: Side): boolean {
    const next = from.log[side.read.get(from.device) ?? 0]
    if (from === side || !next) return false
    side.read.set(from.device, (side.read.get(from.device) ?? 0) + 1)
    side.depth = Math.max(side.depth, next.depth)
    note(side, next)
    if (!('to' in next) || next.to !== side.device) return true
    if (next.type === 'call-offer') {
      tell(side, { type: 'offered', device: from.device, offer: next.offer, remote: offerText })
      if (offerOf(side, from.device) === next.offer) side.open.add(next.offer)
    }
    if (next.type === 'call-answer')
      tell(side, { type: 'answered', device: from.device, offer: next.offer, remote: answerText })
    return true
  }

  const offerOf = ({ group }: Side, device: string) =>
    group.state === 'in' ? (group.links.get(device)?.offer ?? null) : null

  /** What the page does for the links of its call. */
  function doTurns(side: Side): boolean {
    if (side.group.state !== 'in') return false
    let busy = false
    for (const [device, link] of side.group.links) {
      const turn = turnOf(link, side.device, side.group.form)
      if (turn === null) continue
      busy = true
      const offer = turn === 'offer' ? `offer ${++offers}` : link.offer!
      tell(side, { type: turn === 'offer' ? 'offer-made' : 'answer-made', device, offer })
      if (turn === 'offer') side.open.add(offer)
      write(side, { type: turn === 'offer' ? 'call-offer' : 'call-answer', to: device, offer })
    }
    return busy
  }

  /** Whoever takes part by fan-out says so again and again. */
  function announce(): boolean {
    let busy = false
    for (const { group, device } of sides) {
      if (group.state !== 'in' || group.form === 'mesh') continue
      for (const other of sides) {
        const before = other.group
        tell(other, { type: 'fanned-out', device })
        busy ||= other.group !== before
      }
    }
    return busy
  }

  function comeOrGo(side: Side): void {
    if (side.group.state === 'in') tell(side, { type: 'left' })
    else come(side)
  }

  /** Also who is in the call already comes anew. */
  function come(side: Side): void {
    tell(side, { type: 'joined', id: call, room })
    write(side, { type: 'call-joined' })
  }

  return {
    sides,
    happen({ by, act, from }) {
      const side = sides[by % people]!
      if (act === 'come-or-go') comeOrGo(side)
      else if (act === 'come' && side.group.state === 'in') come(side)
      else if (act === 'turns') doTurns(side)
      else readNext(side, sides[from % people]!)
    },
    settle() {
      for (let busy = true; busy; ) {
        busy = announce()
        for (const side of sides) {
          for (const from of sides) while (readNext(side, from)) busy = true
          busy = doTurns(side) || busy
        }
      }
    },
  }
}
