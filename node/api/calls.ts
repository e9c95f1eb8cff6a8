import { type Static, Type } from 'typebox'
import { DeviceId, IdentityId } from './commands.ts'

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
