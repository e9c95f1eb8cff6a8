import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import { isRole, mayManage } from '../../protocol/room/rights.ts'
import type { Invite, Member } from '../api/people.ts'
import type { RoomRow, RoomView } from '../api/views.ts'
import type { Contacts } from '../rooms/contacts.ts'
import type { Invites } from '../rooms/invites.ts'
import type { Room } from '../rooms/room.ts'
import type { AnchorStore } from '../storage/anchor-store.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { checkpointView } from './checkpoint-view.ts'
import type { FoldingLog } from './folding-log.ts'
import { lookalikesIn, type NamedPerson } from './lookalikes.ts'
import type { ShownAuthor } from './timeline.ts'

const lineCharacters = 120

/** A room as a line of the list. */
export function roomRow(room: Room, view: ViewStore): RoomRow {
  const last = view.lastMessage(room.fold.number)
  const author = last ? room.people.author(last.key) : null
  const own = [...room.fold.logs.values()].filter(({ key, isOwn }) => isOwn || room.people.author(key)?.self)
  return {
    id: room.key,
    name: room.name,
    state: stateOf(room),
    standing: room.people.standing,
    told: room.told,
    peers: room.channels().length,
    lastLine: last ? `${author?.self ? 'You' : (author?.name ?? '')}: ${firstLine(last.text)}` : '',
    time: last?.stamp ?? room.created,
    unread: view.unread(
      room.fold.number,
      own.map(({ row }) => row),
    ),
  }
}

interface RoomViewSources {
  readonly view: ViewStore
  readonly contacts: Contacts
  readonly invites: Invites
  readonly anchors: AnchorStore
}

/** A room with its people, and without its calls, which are no matter of what is kept. */
export function roomView(
  room: Room,
  { view, contacts, invites, anchors }: RoomViewSources,
): Omit<RoomView, 'groupCalls'> {
  const connected = new Set(room.channels().map(({ stream }) => toHex(stream.remotePublicKey)))
  return {
    id: room.key,
    name: room.name,
    state: stateOf(room),
    peers: connected.size,
    ownLogs: [...room.fold.logs.values()].filter(({ isOwn }) => isOwn).map(({ key }) => key),
    policy: room.beginning.admission,
    history: room.beginning.history,
    standing: room.people.standing,
    told: room.told,
    ...people(room, contacts),
    invites: invitesOf(room, invites),
    created: room.created,
    linkExpires: room.beginning.invite?.expires ?? null,
    syncing: syncing(room),
    unreadable: view.unreadable(room.fold.number),
    heldUpTo: held(room, connected),
    troubles: troubles(room),
    checkpoint: checkpointView(room, anchors),
    waiting: [...room.waiting],
  }
}

/** Nobody who was in the room before us has been reached yet: not even its first entry is here. */
function stateOf(room: Room): RoomRow['state'] {
  return room.created === null ? 'waiting' : 'open'
}

/** Who is in the room or waits, and who is not. */
function people(room: Room, contacts: Contacts): Pick<RoomView, 'members' | 'others'> {
  const all = everybody(room, contacts)
  const isIn = ({ standing }: Member) => isRole(standing) || standing === 'waiting'
  return { members: all.filter(isIn), others: all.filter((each) => !isIn(each)) }
}

/** Those who manage the room see all links, the others those that they could show somebody. */
function invitesOf(room: Room, invites: Invites): Invite[] {
  const all = [...room.fold.authority.invites.values()].map((invite) => ({
    invite: invite.key,
    role: invite.role,
    uses: invite.uses,
    used: invite.people.length,
    expires: invite.expires,
    by: invite.by && room.people.nameOf(invite.by),
    over: invites.whyOver(invite),
    held: invites.has(room, invite.key),
  }))
  return mayManage(room.people.standing) ? all : all.filter(({ held }) => held)
}

function held(room: Room, connected: ReadonlySet<string>): RoomView['heldUpTo'] {
  const own = [...room.fold.logs.values()].filter(({ isOwn }) => isOwn)
  return own.flatMap(({ key: log, stored }) =>
    [...stored.heldBy()].filter(([node]) => connected.has(node)).map(([, length]) => ({ log, length })),
  )
}

function everybody(room: Room, contacts: Contacts): Member[] {
  const online = new Map(room.channels().map((channel) => [channel.peer!.identity, channel]))
  const found = new Map<string, Member>()
  const devices = new Set<string>()
  const { identities } = room.fold.authority
  const speaks = ({ identity, device }: ShownAuthor) => identities.isActive(identity, fromHex(device))
  for (const log of room.fold.logs.keys()) {
    const author = room.people.author(log)
    if (!author) continue
    const channel = online.get(author.identity)
    const known = found.get(author.identity)
    found.set(author.identity, {
      identity: author.identity,
      name: author.name,
      chosenName: room.people.chosenNameOf(author.identity),
      confirmed: contacts.of(author.identity).confirmed,
      lookalike: null,
      self: author.self,
      standing: room.people.standingOf(author.identity),
      may: room.people.mayDoTo(author.identity),
      online: author.self || channel !== undefined,
      callable: channel?.presence != null,
      devices: (known?.devices ?? 0) + (devices.has(author.device) || !speaks(author) ? 0 : 1),
    })
    devices.add(author.device)
  }
  const lookalikes = lookalikesIn([...found.values()], namedIn(contacts))
  const people = [...found.values()].map((member) => ({
    ...member,
    lookalike: lookalikes.get(member.identity) ?? null,
  }))
  return people.sort((a, b) => a.name.localeCompare(b.name) || (a.identity < b.identity ? -1 : 1))
}

function namedIn(contacts: Contacts): NamedPerson[] {
  return contacts.all().flatMap(({ identity, petname }) => (petname === null ? [] : [{ identity, name: petname }]))
}

function syncing(room: Room): RoomView['syncing'] {
  const stuck = new Set(stuckLogs(room))
  let have = 0
  let of = 0
  for (const [key, { stored }] of room.logs) {
    const log = room.fold.logs.get(key)
    if (!log || stuck.has(log) || stored.isForked) continue
    have += log.length
    of += Math.max(stored.knownLength, stored.length)
  }
  return have < of ? { have, of } : null
}

function troubles(room: Room): RoomView['troubles'] {
  const forks = room.forks()
  const told = (log: string, text: string) => ({ log, author: room.people.author(log)?.name ?? '', text })
  const stuck = stuckLogs(room).filter(({ key }) => !forks.has(key))
  const contradicting = room.checkpoints.contradictions.flatMap(({ smaller: { checkpoint } }) => {
    const log = [...room.logs].find(([, { stored }]) => equalBytes(stored.owner.device, checkpoint.device))?.[0]
    return log ? [told(log, contradictionText(room.people.author(log)))] : []
  })
  return [
    ...contradicting,
    ...[...forks].map(([log, length]) => told(log, forkText(room.people.author(log), length))),
    ...stuck.map(({ key }) => told(key, 'its next entry cites entries that nobody has shown yet')),
  ]
}

/** The end is told apart from what the histories agree on: what was read before this came out stays. */
function forkText(author: ShownAuthor | null, length: number): string {
  const end = `Here it ends after ${length === 1 ? '1 entry' : `${length} entries`}.`
  if (author?.self)
    return `This log of yours was written by two nodes, as two histories. ${end} You go on in a new one.`
  return `${author?.name || 'Its author'} signed two histories of this log, and may have told others something else. ${end}`
}

function contradictionText(author: ShownAuthor | null): string {
  if (author?.self)
    return 'This device of yours has signed two accounts of what it saw here that contradict each other: there may be a copy of it.'
  return `A device of ${author?.name || 'its author'} signed two accounts of what it saw here that contradict each other. What it says it saw, and when, proves nothing any more.`
}

/** Logs of which an entry waits for what it cites, when everything has come that others are known to have. */
function stuckLogs(room: Room): FoldingLog[] {
  const logs = [...room.fold.logs.values()]
  const isMore = ({ stored, read, length }: FoldingLog) =>
    stored.length < stored.knownLength || (read === null && length < stored.length)
  return logs.some((log) => !log.stored.isForked && isMore(log)) ? [] : logs.filter(({ read }) => read !== null)
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]!
  return line.length > lineCharacters ? `${line.slice(0, lineCharacters)}…`.toWellFormed() : line
}
