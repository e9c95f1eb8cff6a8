import { type Static, Type } from 'typebox'
import { DeviceId, IdentityId, InviteId, Role, RoomId, Standing } from './commands.ts'

const closed = { additionalProperties: false } as const
const Time = Type.Integer({ description: 'Unix time in ms' })

/** Who may be taken for somebody else by their name. */
const Lookalike = Type.Object(
  {
    name: Type.String({ description: 'of the other' }),
    here: Type.Boolean({ description: 'the other is in this room; else it is somebody whom one has named oneself' }),
  },
  closed,
)

const nameFields = {
  identity: IdentityId,
  name: Type.String({ description: 'the name that one has given them oneself, else their own' }),
  chosenName: Type.String({ description: 'how they call themselves' }),
  confirmed: Type.Union([Time, Type.Null()], { description: 'when one found that they are who they say' }),
} as const

export const Member = Type.Object(
  {
    ...nameFields,
    lookalike: Type.Union([Lookalike, Type.Null()]),
    self: Type.Boolean(),
    standing: Standing,
    may: Type.Object(
      {
        roles: Type.Array(Role, { description: 'what one may make of them: let in as it, or change to it' }),
        remove: Type.Boolean(),
      },
      closed,
    ),
    online: Type.Boolean(),
    callable: Type.Boolean({ description: 'has announced a call key on a live connection' }),
    devices: Type.Integer(),
  },
  closed,
)
export type Member = Static<typeof Member>

/** Somebody whom one shares a room with, or of whom one has noted something. */
export const Person = Type.Object(
  {
    ...nameFields,
    petname: Type.Union([Type.String(), Type.Null()]),
    direct: Type.Boolean({ description: 'they may see the address of this device in a call, if they allow it too' }),
    rooms: Type.Array(RoomId),
  },
  closed,
)
export type Person = Static<typeof Person>

/** A device of one's own. */
export const Device = Type.Object(
  {
    device: DeviceId,
    number: Type.Integer({ description: 'among all of them, from 1' }),
    label: Type.Union([Type.String(), Type.Null()], {
      description: 'what it calls itself among them, if that is known',
    }),
    self: Type.Boolean({ description: 'this one' }),
    revoked: Type.Boolean(),
    rooms: Type.Integer({ description: 'rooms here in which it has written' }),
    lastWrote: Type.Union([Time, Type.Null()], { description: 'by its clock; null: nothing that is here' }),
  },
  closed,
)
export type Device = Static<typeof Device>

/** A link to a room, as far as it is known. */
export const Invite = Type.Object(
  {
    invite: InviteId,
    role: Type.Union([Type.Literal('member'), Type.Literal('reader')]),
    uses: Type.Union([Type.Integer(), Type.Null()], { description: 'how many people it lets in; null: any number' }),
    used: Type.Integer({ description: 'how many came by it' }),
    expires: Type.Union([Time, Type.Null()]),
    by: Type.Union([Type.String(), Type.Null()], { description: 'who made it; null: the room was made with it' }),
    over: Type.Union([Type.String(), Type.Null()], { description: 'why it lets in nobody any more, in words' }),
    held: Type.Boolean({ description: 'its link can be shown here' }),
  },
  closed,
)
export type Invite = Static<typeof Invite>
