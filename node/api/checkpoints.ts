import { type Static, Type } from 'typebox'
import { AnchorProgress } from './anchors.ts'

const closed = { additionalProperties: false } as const
const Time = Type.Integer({ description: 'Unix time in ms' })

/** What this device has signed last of all that it has seen in a room, and who has put their name under it. */
export const CheckpointView = Type.Object(
  {
    size: Type.Integer({ description: 'how many signed heads it covers' }),
    time: Time,
    witnesses: Type.Array(Type.Object({ identity: Type.String(), name: Type.String(), time: Time }, closed), {
      description: 'each person once, by their earliest word and their own clock',
    }),
    anchors: Type.Array(AnchorProgress, { description: 'one for each chain that it is on, or on its way to' }),
    of: Type.Integer({ description: 'how many people could witness it: all other members' }),
  },
  closed,
)
export type CheckpointView = Static<typeof CheckpointView>
