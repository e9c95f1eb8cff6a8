import { fromHex } from '../../protocol/bytes.ts'
import { orderText } from '../../protocol/ordering.ts'
import type { CallEndReason } from '../api/commands.ts'
import type { CallItem, GroupCallItem, NoticeItem, TimelineItem } from '../api/views.ts'
import type { LocatedRow, OrderMark } from '../storage/view-rows.ts'
import type { ViewStore } from '../storage/view-store.ts'

/** Who wrote a log, as it is shown. */
export interface ShownAuthor {
  readonly identity: string
  readonly device: string
  readonly name: string
  readonly self: boolean
}

/** How a log came into a room: with somebody, with another device of theirs, or as another log of a device. */
export type Arrival = 'joined' | 'device-joined' | 'log-joined'

/** What the timeline of one room is drawn from. */
export interface TimelineSource {
  readonly view: ViewStore
  readonly room: number
  author(log: string): ShownAuthor | null
  arrivalOf(log: string): Arrival
  nameOf(identity: string): string
  isSelf(identity: string): boolean
  /** Why the operation at this place does not count, in words. */
  fallenAt(log: string, index: number): string | null
}

const notices = [
  'room-created',
  'name-changed',
  'identity-updated',
  'invite-created',
  'invite-revoked',
  'admitted',
  'role-changed',
  'member-removed',
  'left',
  'unknown',
  'unreadable',
] as const
const aboutSomebody: readonly string[] = ['identity-updated', 'admitted', 'role-changed', 'member-removed']
const idLength = 64

/** The last `limit` items before an `order`, or of all, in display order. */
export function timelineItems(source: TimelineSource, before: string | null, limit: number): TimelineItem[] {
  const rows = source.view.timeline(source.room, before === null ? null : markOf(before), limit)
  return rows.flatMap((row) => timelineItem(source, row) ?? [])
}

/** One row as it is shown; null if it has no line of its own. */
export function timelineItem(source: TimelineSource, row: LocatedRow): TimelineItem | null {
  const author = source.author(row.key)
  if (!row.shown || !author) return null
  const fields = {
    id: `${row.key}/${row.index}`,
    order: orderText({ depth: row.depth, time: row.time, log: fromHex(row.key), index: row.index }),
    author: author.identity,
    name: author.name,
    self: author.self,
    time: row.stamp,
    index: row.index,
    late: row.late,
    flaw: row.flaw ?? source.fallenAt(row.key, row.index),
  }
  if (row.hidden) return { type: 'notice', ...fields, notice: 'hidden', about: null, text: row.hidden }
  if (row.type === 'message-sent') return { type: 'message', ...fields, text: row.text }
  if (row.type === 'call-started' && row.call) {
    if (row.text === '') return { type: 'group-call', ...fields, call: row.call, ...groupCourse(source, row) }
    return { type: 'call', ...fields, call: row.call, to: row.text, ...callCourse(source, row) }
  }
  if (row.type === 'joined') {
    return { type: 'notice', ...fields, notice: source.arrivalOf(row.key), about: null, text: row.text }
  }
  const notice = notices.find((each) => each === row.type)
  return notice ? { type: 'notice', ...fields, notice, ...saidBy(source, row) } : null
}

/** Whom a notice is about, and what it says. */
function saidBy(source: TimelineSource, { type, text }: LocatedRow): Pick<NoticeItem, 'about' | 'text'> {
  if (!aboutSomebody.includes(type)) return { about: null, text }
  return { about: named(source, text.slice(0, idLength)), text: text.slice(idLength) }
}

function named(source: TimelineSource, identity: string): NonNullable<NoticeItem['about']> {
  return { identity, name: source.nameOf(identity), self: source.isSelf(identity) }
}

/** Who has been in a call that is open to the room, and how long it has been heard of. */
function groupCourse(source: TimelineSource, started: LocatedRow): Pick<GroupCallItem, 'people' | 'last'> {
  const people = new Set<string>()
  let last = started.stamp
  for (const { type, key, stamp, hidden } of source.view.callEntries(source.room, started.call!)) {
    const author = source.author(key)
    if (!author || hidden !== null || (type !== 'call-joined' && type !== 'call-left')) continue
    if (type === 'call-joined') people.add(author.identity)
    last = Math.max(last, stamp)
  }
  return { people: [...people].map((identity) => named(source, identity)), last }
}

type Course = Pick<CallItem, 'answered' | 'ended' | 'reason'>

/** What became of a call: only what its two sides wrote counts. */
function callCourse(source: TimelineSource, started: LocatedRow): Course {
  const caller = source.author(started.key)?.device
  const callee = started.text
  let answering: string | null = null
  let course: Course = { answered: null, ended: null, reason: null }
  // Anybody in the room could begin a call of the same name, and so the answer has to name the caller.
  for (const { type, key, stamp, text } of source.view.callEntries(source.room, started.call!)) {
    const author = source.author(key)
    if (!author) continue
    const isCallee = author.identity === callee && (answering === null || author.device === answering)
    if (type === 'call-answer' && isCallee && text === caller && answering === null) {
      answering = author.device
      course = { answered: stamp, ended: null, reason: null }
    }
    if (type !== 'call-ended' || !(author.device === caller || isCallee)) continue
    // Where several devices ring, that one of them cannot take it is not the end.
    const isEnd = author.device === caller || answering !== null || text === 'declined'
    if (isEnd) return { ...course, ended: stamp, reason: text as CallEndReason }
    if (course.ended === null) course = { ...course, ended: stamp, reason: text as CallEndReason }
  }
  return course
}

/** The place that an `order` text stands for. Whatever else it is given stands for some place too. */
function markOf(order: string): OrderMark {
  const number = (at: number) => Number.parseInt(order.slice(at, at + 14), 16) || 0
  return { depth: number(0), time: number(14), key: order.slice(28, 92), index: number(92) }
}
