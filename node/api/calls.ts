import { type Static, Type } from 'typebox'
import { CallId, DeviceId, IdentityId, LinkId, RoomId } from './commands.ts'

const closed = { additionalProperties: false } as const
const Time = Type.Integer({ description: "Unix time in ms by this node's clock" })

const participantFields = { identity: IdentityId, device: DeviceId, self: Type.Boolean() } as const

/** What one participant of a call says of themself. */
export const ParticipantStatus = Type.Object(
  {
    ...participantFields,
    muted: Type.Boolean(),
    cameraOff: Type.Boolean(),
    sharing: Type.Boolean({ description: 'they show a screen instead of themself' }),
    hand: Type.Union([Time, Type.Null()], { description: 'since when their hand is raised' }),
  },
  closed,
)
export type ParticipantStatus = Static<typeof ParticipantStatus>

/** What a participant has just thrown in. */
export const CallReaction = Type.Object(
  {
    id: Type.Integer({ description: 'ascends' }),
    ...participantFields,
    emoji: Type.Integer({ minimum: 0, maximum: 7 }),
    time: Time,
  },
  closed,
)
export type CallReaction = Static<typeof CallReaction>

/** What the other side has described itself by. */
export const RemoteMedia = Type.Object(
  {
    sdp: Type.String({ description: 'rebuilt from verified fields, with one candidate: a socket of this node' }),
    fingerprint: Type.String({ description: 'the signed SHA-256 certificate fingerprint, AA:BB:…' }),
  },
  closed,
)

/** Another participant of the own group call, and the connection with them. */
export const GroupParticipant = Type.Object(
  {
    identity: IdentityId,
    device: DeviceId,
    name: Type.String(),
    state: Type.Union([Type.Literal('connecting'), Type.Literal('connected'), Type.Literal('reconnecting')], {
      description:
        '`connected`: both sides have described themselves; `reconnecting`: their node is away, and waited for',
    }),
    link: Type.Union([LinkId, Type.Null()], {
      description: 'the offer that stands; another one is another connection',
    }),
    turn: Type.Union([Type.Literal('offer'), Type.Literal('answer'), Type.Null()], {
      description: 'what this side has to do now',
    }),
    remote: Type.Union([RemoteMedia, Type.Null()]),
  },
  closed,
)
export type GroupParticipant = Static<typeof GroupParticipant>

/** The group call that this node is in. */
export const OwnGroupCall = Type.Object(
  {
    id: CallId,
    room: RoomId,
    since: Time,
    state: Type.Union([Type.Literal('joining'), Type.Literal('in'), Type.Literal('ended')]),
    reason: Type.Union([Type.Literal('full'), Type.Literal('failed'), Type.Null()], {
      description: 'why this node left without being asked to: others came first; its page was gone',
    }),
    participants: Type.Array(GroupParticipant, { description: 'the others, first those who came first' }),
    statuses: Type.Array(ParticipantStatus, { description: 'of everybody in the call, by their own word' }),
    reactions: Type.Array(CallReaction, { description: 'of the last six seconds, oldest first' }),
  },
  closed,
)
export type OwnGroupCall = Static<typeof OwnGroupCall>

/** A group call that is on in a room. */
export const GroupCallOn = Type.Object(
  {
    call: CallId,
    since: Time,
    people: Type.Array(Type.Object({ identity: IdentityId, name: Type.String(), self: Type.Boolean() }, closed), {
      description: 'who is in it now, first those who came first',
    }),
    full: Type.Boolean(),
    mine: Type.Boolean({ description: 'this node is in it' }),
  },
  closed,
)
export type GroupCallOn = Static<typeof GroupCallOn>
