import { type Static, Type } from 'typebox'
import type { AnchorsView } from './anchors.ts'
import { CallReaction, DirectPath, GroupCallOn, OwnGroupCall, ParticipantStatus, RemoteMedia } from './calls.ts'
import { CheckpointView } from './checkpoints.ts'
import {
  AdmissionPolicy,
  CallEndReason,
  CallId,
  DeviceId,
  EntryId,
  HistoryPolicy,
  IdentityId,
  RoomId,
  Standing,
} from './commands.ts'
import { Device, Invite, Member, Person } from './people.ts'

const closed = { additionalProperties: false } as const
const Time = Type.Integer({ description: 'Unix time in ms' })

/** What the node knows of the world outside, in the words that people read. */
const NetworkState = Type.Union([
  Type.Literal('starting'),
  Type.Literal('searching'),
  Type.Literal('online'),
  Type.Literal('offline'),
])

/** The node itself. */
export const StatusView = Type.Object(
  {
    version: Type.String(),
    name: Type.Union([Type.String(), Type.Null()], { description: 'null until the first run is done' }),
    identity: IdentityId,
    device: Type.String({ description: 'device public key, hex' }),
    revoked: Type.Boolean({
      description: 'another device of theirs has revoked this one: it shows what it has, and writes nothing',
    }),
    wordsKept: Type.Boolean({
      description: 'the recovery words are still here: nobody has said that they are written down',
    }),
    network: NetworkState,
    peers: Type.Integer({ description: 'connected nodes' }),
    storage: Type.Union([Type.Literal('ok'), Type.Literal('full'), Type.Literal('failing')]),
    refused: Type.Array(Type.Object({ reason: Type.String(), times: Type.Integer() }, closed), {
      description: 'offers, answers, descriptions and packets of calls that were refused since the start, by reason',
    }),
  },
  closed,
)
export type StatusView = Static<typeof StatusView>

/** `waiting`: we have joined, but nobody who is in the room has been reached yet. */
const RoomState = Type.Union([Type.Literal('waiting'), Type.Literal('open')])

/** What one is to a room, and what others say. */
const standingFields = {
  standing: Standing,
  told: Type.Union([Standing, Type.Null()], {
    description: 'what a node says that one is, which does not let one in; null once another one does',
  }),
} as const

export const RoomRow = Type.Object(
  {
    id: RoomId,
    name: Type.String(),
    state: RoomState,
    ...standingFields,
    peers: Type.Integer({ description: 'nodes of this room connected now' }),
    lastLine: Type.String({ description: 'author and start of the newest message, or empty' }),
    time: Type.Union([Time, Type.Null()]),
    unread: Type.Integer(),
  },
  closed,
)
export type RoomRow = Static<typeof RoomRow>

export const RoomsView = Type.Object({ rooms: Type.Array(RoomRow) }, closed)
export type RoomsView = Static<typeof RoomsView>

export const PeopleView = Type.Object({ people: Type.Array(Person) }, closed)
export type PeopleView = Static<typeof PeopleView>

/** The devices of one's own, as far as they are known here. */
export const DevicesView = Type.Object({ devices: Type.Array(Device) }, closed)
export type DevicesView = Static<typeof DevicesView>

/** A log that cannot be trusted as it stands, and why, in words. */
const LogTrouble = Type.Object({ log: Type.String(), author: Type.String(), text: Type.String() }, closed)

export const RoomView = Type.Object(
  {
    id: RoomId,
    name: Type.String(),
    state: RoomState,
    peers: Type.Integer(),
    ownLogs: Type.Array(Type.String(), { description: 'keys of the logs that this device has written, hex' }),
    policy: AdmissionPolicy,
    history: HistoryPolicy,
    ...standingFields,
    members: Type.Array(Member, { description: 'those who have a role, and those who wait' }),
    others: Type.Array(Member, { description: 'those who are out: removed, banned, gone, or never let in' }),
    invites: Type.Array(Invite, {
      description: 'all links that still let in, or did; empty for whom they do not concern',
    }),
    groupCalls: Type.Array(GroupCallOn, { description: 'calls that are on here; hardly ever more than one' }),
    created: Type.Union([Time, Type.Null()]),
    linkExpires: Type.Union([Time, Type.Null()]),
    syncing: Type.Union([Type.Object({ have: Type.Integer(), of: Type.Integer() }, closed), Type.Null()]),
    unreadable: Type.Integer({ description: 'messages that are here, and of which no key is' }),
    heldUpTo: Type.Array(
      Type.Object(
        { log: Type.String(), length: Type.Integer({ description: 'entries of it below this index' }) },
        { ...closed, description: 'how much of an own log one connected node holds; one for each log and node' },
      ),
    ),
    troubles: Type.Array(LogTrouble),
    checkpoint: Type.Union([CheckpointView, Type.Null()]),
    waiting: Type.Array(Type.Object({ time: Time, text: Type.String() }, closed), {
      description: 'own messages that are safe, and are written once it is known how the own log ends, in this order',
    }),
  },
  closed,
)
export type RoomView = Static<typeof RoomView>

const itemFields = {
  id: EntryId,
  order: Type.String({ description: 'items sort by this string' }),
  author: IdentityId,
  name: Type.String(),
  self: Type.Boolean(),
  time: Type.Integer({ description: "Unix time in ms by the author's clock" }),
  index: Type.Integer(),
  late: Type.Boolean({ description: 'arrived after entries that sort behind it' }),
  flaw: Type.Union([Type.String(), Type.Null()], { description: 'what is wrong with this entry, in words' }),
} as const

/** Somebody by the name that is shown here. */
const Named = Type.Object({ identity: IdentityId, name: Type.String(), self: Type.Boolean() }, closed)

export const MessageItem = Type.Object({ type: Type.Literal('message'), ...itemFields, text: Type.String() }, closed)
export const NoticeItem = Type.Object(
  {
    type: Type.Literal('notice'),
    ...itemFields,
    notice: Type.Union([
      Type.Literal('room-created'),
      Type.Literal('joined'),
      Type.Literal('device-joined'),
      Type.Literal('log-joined'),
      Type.Literal('name-changed'),
      Type.Literal('identity-updated'),
      Type.Literal('invite-created'),
      Type.Literal('invite-revoked'),
      Type.Literal('admitted'),
      Type.Literal('role-changed'),
      Type.Literal('member-removed'),
      Type.Literal('left'),
      Type.Literal('hidden'),
      Type.Literal('unknown'),
      Type.Literal('unreadable'),
    ]),
    about: Type.Union([Named, Type.Null()], { description: 'whom it is about, if not its author' }),
    text: Type.String({
      description:
        'the room name, the new name, the role, `removed` or `banned`, the unknown kind, or why something is hidden: what its author was, or `revoked` for its device',
    }),
  },
  closed,
)
export const CallItem = Type.Object(
  {
    type: Type.Literal('call'),
    ...itemFields,
    call: CallId,
    to: IdentityId,
    answered: Type.Union([Time, Type.Null()]),
    ended: Type.Union([Time, Type.Null()]),
    reason: Type.Union([CallEndReason, Type.Null()]),
  },
  closed,
)
/** A call that was open to the room. */
export const GroupCallItem = Type.Object(
  {
    type: Type.Literal('group-call'),
    ...itemFields,
    call: CallId,
    people: Type.Array(Named, { description: 'who has taken part, first those who came first' }),
    last: Type.Integer({ description: 'when its newest entry was written, by the clock of who wrote it' }),
  },
  closed,
)
export const TimelineItem = Type.Union([MessageItem, NoticeItem, CallItem, GroupCallItem])
export type TimelineItem = Static<typeof TimelineItem>
export type MessageItem = Static<typeof MessageItem>
export type CallItem = Static<typeof CallItem>
export type GroupCallItem = Static<typeof GroupCallItem>
export type NoticeItem = Static<typeof NoticeItem>

/**
 * A room's newest items, then what is new or changed since.
 *
 * `reset`: forget what was shown before. Otherwise items replace those of the same id or are added at their `order`.
 */
export const TimelineView = Type.Object(
  {
    reset: Type.Boolean(),
    items: Type.Array(TimelineItem),
    older: Type.Boolean({ description: 'there are items before the first of these; ask with `page`' }),
  },
  closed,
)
export type TimelineView = Static<typeof TimelineView>

/** The call of this node with one person, if there is one. Only one call at a time. */
export const CallView = Type.Object(
  {
    call: Type.Union([
      Type.Object(
        {
          id: CallId,
          room: RoomId,
          peer: IdentityId,
          peerName: Type.String(),
          device: Type.Union([DeviceId, Type.Null()], {
            description: 'the one of theirs that takes part, once it is known',
          }),
          refused: Type.Integer({ description: 'packets of its tunnel that were refused' }),
          direction: Type.Union([Type.Literal('outgoing'), Type.Literal('incoming')]),
          state: Type.Union([
            Type.Literal('ringing'),
            Type.Literal('connecting'),
            Type.Literal('reconnecting'),
            Type.Literal('ended'),
          ]),
          reason: Type.Union([CallEndReason, Type.Literal('elsewhere'), Type.Null()], {
            description: '`elsewhere`: another device of one’s own has answered',
          }),
          remote: Type.Union([RemoteMedia, Type.Null()]),
          statuses: Type.Array(ParticipantStatus, { description: 'of everybody in the call, by their own word' }),
          direct: Type.Array(DirectPath, { description: 'of the others whom one lets see one’s address' }),
          reactions: Type.Array(CallReaction, { description: 'of the last six seconds, oldest first' }),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
)
export type CallView = Static<typeof CallView>

/** The call of this node that is open to a room, if it is in one. It is in no other call meanwhile. */
export const GroupCallView = Type.Object({ call: Type.Union([OwnGroupCall, Type.Null()]) }, closed)
export type GroupCallView = Static<typeof GroupCallView>

/** How far another device has come in becoming one of one's own, or this one in becoming somebody's. */
export const PairingView = Type.Object(
  {
    pairing: Type.Union([
      Type.Object(
        {
          side: Type.Union([Type.Literal('old'), Type.Literal('new')], {
            description: 'whether this is the new device',
          }),
          state: Type.Union([
            Type.Literal('waiting'),
            Type.Literal('comparing'),
            Type.Literal('adding'),
            Type.Literal('done'),
            Type.Literal('failed'),
          ]),
          link: Type.Union([Type.String(), Type.Null()], { description: 'on the old device' }),
          expires: Time,
          code: Type.Union([Type.String({ pattern: '^[0-9]{6}$' }), Type.Null()], {
            description: 'on the new device, once both are connected: to be typed on the old one',
          }),
          other: Type.Union([Type.String(), Type.Null()], {
            description: 'what the new device calls itself; on the new one, what its person is called',
          }),
          reason: Type.Union([Type.Literal('expired'), Type.Literal('cut'), Type.Literal('refused'), Type.Null()], {
            description: 'why it has failed',
          }),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
)
export type PairingView = Static<typeof PairingView>

/** What one can watch. */
export const ViewQuery = Type.Union([
  Type.Object({ type: Type.Literal('status') }, closed),
  Type.Object({ type: Type.Literal('rooms') }, closed),
  Type.Object({ type: Type.Literal('people') }, closed),
  Type.Object({ type: Type.Literal('devices') }, closed),
  Type.Object({ type: Type.Literal('room'), room: RoomId }, closed),
  Type.Object(
    {
      type: Type.Literal('timeline'),
      room: RoomId,
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 500, description: 'how many newest items; 100 unless told' }),
      ),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('call') }, closed),
  Type.Object({ type: Type.Literal('group-call') }, closed),
  Type.Object({ type: Type.Literal('pairing') }, closed),
  Type.Object({ type: Type.Literal('anchors') }, closed),
])
export type ViewQuery = Static<typeof ViewQuery>

export interface ViewOf {
  readonly status: StatusView
  readonly rooms: RoomsView
  readonly people: PeopleView
  readonly devices: DevicesView
  readonly room: RoomView
  readonly timeline: TimelineView
  readonly call: CallView
  readonly 'group-call': GroupCallView
  readonly pairing: PairingView
  readonly anchors: AnchorsView
}
export type ViewType = keyof ViewOf
