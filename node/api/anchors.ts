import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const

export const ChainName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9][a-z0-9-]*$' })
export const ChainKind = Type.Union([Type.Literal('bitcoin'), Type.Literal('litecoin')])
const AnchorState = Type.Union(
  [Type.Literal('queued'), Type.Literal('pending'), Type.Literal('confirmed'), Type.Literal('final')],
  {
    description:
      'queued: nobody has it yet; pending: on its way; confirmed: in a block that may still be taken back; final: in one that is deep enough',
  },
)

const progressFields = {
  chain: ChainName,
  state: AnchorState,
  reason: Type.Union([Type.String(), Type.Null()], {
    description: 'what it waits for, or why nothing could be done lately',
  }),
  depth: Type.Integer({ description: 'blocks on it, its own included; 0 while it is in none' }),
} as const

/** How far a checkpoint has come on one chain. */
export const AnchorProgress = Type.Object(progressFields, closed)
export type AnchorProgress = Static<typeof AnchorProgress>

export const AnchorsView = Type.Object(
  {
    chains: Type.Array(
      Type.Object(
        {
          name: ChainName,
          kind: ChainKind,
          address: Type.String({ description: 'of the own node, without user and password' }),
          depth: Type.Integer({ description: 'so many blocks make one final' }),
        },
        closed,
      ),
    ),
    anchors: Type.Array(
      Type.Object(
        {
          ...progressFields,
          id: Type.Integer(),
          made: Type.Integer({ description: "Unix time in ms by this node's clock" }),
          rooms: Type.Array(Type.Object({ room: Type.String(), name: Type.String(), size: Type.Integer() }, closed), {
            description: 'the checkpoints in it: of which room, and how many heads each covers',
          }),
        },
        closed,
      ),
      { description: 'the newest first, at most 200' },
    ),
  },
  closed,
)
export type AnchorsView = Static<typeof AnchorsView>
