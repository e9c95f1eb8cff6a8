import { type Static, Type } from 'typebox'
import { CallId, DeviceId, IdentityId, LinkId, PictureSize, RoomId } from './commands.ts'

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

/** Somebody in the call whom one lets see one's address, and what they have let one see. */
export const DirectPath = Type.Object(
  {
    identity: IdentityId,
    device: DeviceId,
    candidates: Type.Array(Type.String(), {
      description: 'lines for the own browser, rebuilt from checked fields; empty as long as they have not agreed',
    }),
  },
  closed,
)
export type DirectPath = Static<typeof DirectPath>

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

/** How large a picture a page has use for; null: none. */
export interface Tile {
  readonly device: string
  readonly picture: Static<typeof PictureSize> | null
}

/** A key of media frames. */
export const FrameKeyView = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9]{1,20}$' }),
    baseKey: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  closed,
)
export type FrameKeyView = Static<typeof FrameKeyView>

/** The page's connection in a call by fan-out. */
export const FanOutOfPage = Type.Object(
  {
    key: Type.Union([FrameKeyView, Type.Null()], { description: 'what the page seals its frames by' }),
    watched: Type.Array(Type.Union([Type.Literal('audio'), PictureSize]), {
      description: 'what somebody takes: the rest need not be encoded',
    }),
    slots: Type.Array(
      Type.Union([
        Type.Object(
          {
            device: DeviceId,
            session: Type.String({ description: 'another one begins anew' }),
            keys: Type.Array(FrameKeyView, { description: 'what their frames open with, oldest first' }),
          },
          closed,
        ),
        Type.Null(),
      ]),
      { description: 'who comes in by each slot of the page’s offer' },
    ),
  },
  closed,
)
export type FanOutOfPage = Static<typeof FanOutOfPage>

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
    form: Type.Union([Type.Literal('mesh'), Type.Literal('fan-out')], {
      description: '`mesh`: a connection with each of the others; `fan-out`: one with this node, which sends on',
    }),
    fanOut: Type.Union([FanOutOfPage, Type.Null()], { description: 'once a page has asked for it' }),
    participants: Type.Array(GroupParticipant, { description: 'the others, first those who came first' }),
    statuses: Type.Array(ParticipantStatus, { description: 'of everybody in the call, by their own word' }),
    direct: Type.Array(DirectPath, { description: 'of the others whom one lets see one’s address' }),
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
