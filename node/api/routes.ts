import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { commands, EntryId, limits, RoomId } from './commands.ts'
import { problems } from './problems.ts'

const closed = { additionalProperties: false } as const
/** 256 random bits in base64url. */
const Secret = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: '256 bits, base64url' })

/** What went wrong, as `application/problem+json`. */
export const ProblemReply = Type.Object(
  {
    type: Type.Union((Object.keys(problems) as (keyof typeof problems)[]).map((code) => Type.Literal(code))),
    status: Type.Integer(),
    title: Type.String(),
    detail: Type.Optional(Type.String()),
  },
  closed,
)

/** `POST /api/session`: a login code becomes a cookie and the browser secret, which the page keeps in localStorage. */
export const SessionBody = Type.Object({ code: Secret }, closed)
export const SessionReply = Type.Object({ secret: Secret }, closed)
export type SessionReply = Static<typeof SessionReply>

/** `POST /api/bearer`: the cookie and the browser secret together become a bearer for one tab. */
export const BearerBody = Type.Object({ secret: Secret }, closed)
export const BearerReply = Type.Object({ bearer: Secret }, closed)
export type BearerReply = Static<typeof BearerReply>

/** `GET /api/rooms/:room/bundle`. */
export const BundleParams = Type.Object({ room: RoomId }, closed)
/** Which keys a bundle gives away; all, if it is not said. */
export const KeyChoice = Type.Union([Type.Literal('all'), Type.Literal('headers'), Type.Literal('none')])
export type KeyChoice = Static<typeof KeyChoice>
export const BundleQuery = Type.Object({ keys: Type.Optional(KeyChoice) }, closed)

/** `POST /api/rooms/:room/excerpt`: the messages that it shall hold. */
export const ExcerptBody = Type.Object(
  { messages: Type.Array(EntryId, { minItems: 1, maxItems: limits.excerptMessages }) },
  closed,
)

/** One command as it travels: its name beside its input. */
export const commandBodies: ReadonlyMap<string, TObject> = new Map(
  Object.entries(commands).map(([type, { summary, input }]): [string, TObject] => [
    type,
    Type.Object({ type: Type.Literal(type), ...input.properties }, { ...closed, title: type, description: summary }),
  ]),
)

/** `POST /api/commands`: any command, and the result of that command. */
export const CommandBody = Type.Union([...commandBodies.values()])
export const CommandReply = Type.Union(
  Object.entries(commands).map(
    ([type, { result }]): TSchema => Type.Object(result.properties, { ...closed, title: type }),
  ),
)

/** Where the bridge answers. Everything else is the page. */
export const routes = {
  session: '/api/session',
  bearer: '/api/bearer',
  commands: '/api/commands',
  events: '/api/events',
  bundle: '/api/rooms/:room/bundle',
  excerpt: '/api/rooms/:room/excerpt',
  openapi: '/api/openapi.json',
  health: '/healthz',
} as const

/** Why the node closed the events socket. A problem frame goes before each of them, except `tooSlow`. */
export const closeCodes = {
  goingAway: 1001,
  badFrame: 4400,
  notLetIn: 4401,
  tooSlow: 4408,
  tooMany: 4429,
} as const
