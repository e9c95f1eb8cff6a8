import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { ChainKind, ChainName } from './anchors.ts'
import { CheckpointView } from './checkpoints.ts'

/** Lengths that the page, the terminal and the node agree on. Texts are counted in UTF-16 units here, in UTF-8 bytes by the protocol. */
export const limits = {
  nameLength: 64,
  roomNameLength: 80,
  textLength: 8_000,
  linkLength: 4_096,
  sdpLength: 65_536,
  excerptMessages: 1_000,
} as const

const Closed = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false })

/** A room's id: 32 bytes, hex. */
export const RoomId = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'room id, 32 bytes in hex' })
/** An identity's id: 32 bytes, hex. */
export const IdentityId = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'identity id, 32 bytes in hex' })
/** A device's public key: 32 bytes, hex. */
export const DeviceId = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'device key, 32 bytes in hex' })
/** A call's id: 16 bytes, hex. */
export const CallId = Type.String({ pattern: '^[0-9a-f]{32}$', description: 'call id, 16 bytes in hex' })
/** The name of a connection in a group call: the hash of its offer, 32 bytes, hex. */
export const LinkId = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'hash of the offer, 32 bytes in hex' })
/** A size in which pictures are sent by fan-out. */
export const PictureSize = Type.Union([Type.Literal('small'), Type.Literal('medium'), Type.Literal('large')])
/** An entry's id: log key in hex, a slash, and the entry's index in that log. */
export const EntryId = Type.String({
  pattern: '^[0-9a-f]{64}/[0-9]{1,15}$',
  description: 'entry id: log key and index',
})

const Name = Type.String({ minLength: 1, maxLength: limits.nameLength })
const Link = Type.String({ minLength: 1, maxLength: limits.linkLength })
const Words = Type.String({ minLength: 1, maxLength: 1_024 })
const sdpText = { minLength: 1, maxLength: limits.sdpLength }
const Sdp = Type.String(sdpText)
const Nothing = Closed({})

/** Why a call is over, as its last entry says it. */
export const CallEndReason = Type.Union([
  Type.Literal('hung-up'),
  Type.Literal('declined'),
  Type.Literal('cancelled'),
  Type.Literal('missed'),
  Type.Literal('busy'),
  Type.Literal('failed'),
])
export type CallEndReason = Static<typeof CallEndReason>

/** What a member may be, from most to least. */
export const Role = Type.Union([
  Type.Literal('owner'),
  Type.Literal('admin'),
  Type.Literal('member'),
  Type.Literal('reader'),
])
export type Role = Static<typeof Role>

/** What somebody is to a room. `waiting`: to be let in. `none`: nothing has let them in. */
export const Standing = Type.Union([
  ...Role.anyOf,
  Type.Literal('waiting'),
  Type.Literal('none'),
  Type.Literal('left'),
  Type.Literal('removed'),
  Type.Literal('banned'),
])
export type Standing = Static<typeof Standing>

/** How people come in: by the link at once, by the link once somebody lets them in, or by links that somebody makes for them. */
export const AdmissionPolicy = Type.Union([
  Type.Literal('open-link'),
  Type.Literal('lobby'),
  Type.Literal('invite-only'),
])
export type AdmissionPolicy = Static<typeof AdmissionPolicy>

/** What who comes later reads of what was said before: all of it, or nothing. */
export const HistoryPolicy = Type.Union([Type.Literal('all'), Type.Literal('joined')])
export type HistoryPolicy = Static<typeof HistoryPolicy>

/** An invite's public key. */
export const InviteId = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'invite key, 32 bytes in hex' })

/** A link as one reads it before joining. Name and inviter are the link's own words: nobody has vouched for them yet. */
export const LinkPreview = Closed({
  room: RoomId,
  name: Type.String(),
  inviter: Type.String(),
  expires: Type.Union([Type.Integer(), Type.Null()], { description: 'Unix time in ms, or null: never' }),
  expired: Type.Boolean(),
  policy: AdmissionPolicy,
  history: HistoryPolicy,
  joined: Type.Boolean({ description: 'this node has joined the room already' }),
  standing: Type.Union([Standing, Type.Null()], { description: 'what one is to it, if so' }),
})
export type LinkPreview = Static<typeof LinkPreview>

/** A browser that has been let in. */
export const Session = Closed({
  id: Type.String(),
  browser: Type.String(),
  created: Type.Integer(),
  lastSeen: Type.Integer(),
})
export type Session = Static<typeof Session>

interface CommandSchema {
  readonly summary: string
  readonly input: TObject
  readonly result: TSchema
}

const command = <I extends TProperties, R extends TSchema>(summary: string, input: I, result: R) => ({
  summary,
  input: Closed(input),
  result,
})

/**
 * Everything that changes the world, by its imperative name: `POST /api/commands` with `{type, ...input}`.
 *
 * Times are Unix milliseconds.
 */
export const commands = {
  'set-name': command('Say how one wants to be called', { name: Name }, Nothing),
  'show-recovery-words': command(
    'Show the 24 words that bring the identity back, as long as they are kept here',
    {},
    Closed({ words: Type.Array(Type.String(), { minItems: 24, maxItems: 24 }) }),
  ),
  'forget-recovery-words': command('Remove the 24 words from this computer: they are written down', {}, Nothing),
  'read-recovery-words': command(
    'See whose words these are; nothing is changed',
    { words: Words },
    Closed({ identity: IdentityId }),
  ),
  'restore-identity': command(
    'Be the person whose words these are, on a new device; only where nothing was done yet',
    { words: Words },
    Closed({ identity: IdentityId }),
  ),
  'offer-pairing': command(
    'Make a link that makes another device one of one’s own, once its code is typed here; ends an earlier one',
    {},
    Closed({ link: Type.String(), expires: Type.Integer() }),
  ),
  'join-pairing': command(
    'Become another device of whoever made this link; only where nothing was done yet',
    { link: Link, label: Type.Optional(Name) },
    Nothing,
  ),
  'confirm-pairing': command(
    'Take the new device in: this is the code that it shows',
    { code: Type.String({ pattern: '^[0-9]{6}$' }) },
    Nothing,
  ),
  'cancel-pairing': command('Take no other device in, or become none', {}, Nothing),
  'revoke-device': command(
    'Let another device of one’s own write in one’s name no more, in every room; said by the words, if they are given or kept here',
    { device: DeviceId, words: Type.Optional(Words) },
    Closed({ rooms: Type.Integer({ description: 'how many rooms know of it now' }) }),
  ),
  'read-safety-number': command(
    'The 60 digits to compare with somebody: the same for both, if each has the true identity of the other',
    { identity: IdentityId },
    Closed({ digits: Type.String({ pattern: '^[0-9]{60}$' }) }),
  ),
  'confirm-person': command(
    'Note that somebody is who they say, after comparing the safety number; or that this is not known any more',
    { identity: IdentityId, confirmed: Type.Boolean() },
    Nothing,
  ),
  'name-person': command(
    "Call somebody by a name of one's own choice, or again by the one that they chose",
    { identity: IdentityId, name: Type.Union([Name, Type.Null()]) },
    Nothing,
  ),
  'set-direct-path': command(
    'Let somebody see the address of this device in calls, and connect without the nodes, if they let one see theirs; from the next call on',
    { identity: IdentityId, direct: Type.Boolean() },
    Nothing,
  ),
  'create-room': command(
    'Make a room, and the first link to it; where there are invites only, one for one person',
    {
      name: Type.String({ minLength: 1, maxLength: limits.roomNameLength }),
      policy: Type.Optional(AdmissionPolicy),
      history: Type.Optional(HistoryPolicy),
      expires: Type.Optional(Type.Integer({ minimum: 1, description: 'when the link stops admitting people' })),
    },
    Closed({ room: RoomId, link: Type.String() }),
  ),
  'read-link': command('Read a link without dialling anybody', { link: Link }, LinkPreview),
  'join-room': command('Join the room that a link leads to', { link: Link }, Closed({ room: RoomId })),
  'share-room': command(
    'Make a link that lets one in, with fresh dialling hints: by this invite, or by the one that anybody may have',
    { room: RoomId, invite: Type.Optional(InviteId) },
    Closed({ link: Type.String(), expires: Type.Union([Type.Integer(), Type.Null()]) }),
  ),
  'create-invite': command(
    'Make another link to a room',
    {
      room: RoomId,
      role: Type.Optional(Type.Union([Type.Literal('member'), Type.Literal('reader')])),
      uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'how many people it lets in' })),
      expires: Type.Optional(Type.Integer({ minimum: 1, description: 'when it stops admitting people' })),
    },
    Closed({ invite: InviteId, link: Type.String() }),
  ),
  'revoke-invite': command('Let nobody in by a link any more', { room: RoomId, invite: InviteId }, Nothing),
  'admit-person': command(
    'Let somebody in who waits, or who is out',
    { room: RoomId, person: IdentityId, role: Type.Optional(Role) },
    Nothing,
  ),
  'change-role': command('Change what a member may do', { room: RoomId, person: IdentityId, role: Role }, Nothing),
  'remove-member': command(
    'Remove somebody from a room, and end the link that they came by',
    { room: RoomId, person: IdentityId, ban: Type.Optional(Type.Boolean()) },
    Nothing,
  ),
  'leave-room': command('Leave a room; what was said stays readable here', { room: RoomId }, Nothing),
  'send-message': command(
    'Write a message into the own log',
    { room: RoomId, text: Type.String({ minLength: 1, maxLength: limits.textLength }) },
    Closed({ id: EntryId }),
  ),
  'make-checkpoint': command(
    'Sign all that this device has seen in a room, and ask whoever is connected to witness it; null as long as it is not known how the own log ends',
    { room: RoomId },
    Closed({ checkpoint: Type.Union([CheckpointView, Type.Null()]) }),
  ),
  'set-chain': command(
    'Set up a chain to anchor on, by one’s own node of it, or change one',
    {
      name: ChainName,
      kind: ChainKind,
      url: Type.String({
        maxLength: 2_000,
        description: 'of the node, with user and password, and its wallet as path',
      }),
      depth: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000, description: 'so many blocks make one final; 6 unless told' }),
      ),
    },
    Nothing,
  ),
  'remove-chain': command('Anchor on this chain no more', { name: ChainName }, Nothing),
  'anchor-now': command('Sign what is new in every room, and bring it to every chain that is set up', {}, Nothing),
  'advance-anchors': command('Look how far all has come that is on its way to a chain', {}, Nothing),
  'mark-read': command('Remember how far one has read', { room: RoomId }, Nothing),
  'start-call': command(
    'Call a member; the offer goes into the log, sealed to the callee',
    { room: RoomId, to: IdentityId, sdp: Sdp },
    Closed({ call: CallId }),
  ),
  'accept-call': command('Answer a call that rings', { call: CallId, sdp: Sdp }, Nothing),
  'resume-call': command(
    'Go on with a call that this page is still in, after the node was started anew',
    {
      call: CallId,
      room: RoomId,
      device: DeviceId,
      own: Sdp,
      remote: Type.String({
        ...sdpText,
        description: 'as this node gave it: it names the socket that the browser sends to',
      }),
    },
    Nothing,
  ),
  'end-call': command(
    'Decline, cancel, hang up, or give a call up',
    {
      call: CallId,
      reason: CallEndReason,
      found: Type.Optional(
        Type.Literal('certificate', { description: 'the connection showed another one than was signed' }),
      ),
    },
    Nothing,
  ),
  'start-group-call': command(
    'Start a call that is open to a room, or come to the one that is on there',
    { room: RoomId },
    Closed({ call: CallId }),
  ),
  'join-call': command('Come to a call that is on; anew, if one is in it', { call: CallId }, Nothing),
  'leave-call': command('Leave a call that others may go on with', { call: CallId }, Nothing),
  'offer-link': command(
    'Offer another participant a connection; the offer goes into the log, sealed to them',
    { call: CallId, device: DeviceId, sdp: Sdp },
    Closed({ link: LinkId }),
  ),
  'answer-link': command(
    'Answer the offer of another participant',
    { call: CallId, device: DeviceId, link: LinkId, sdp: Sdp },
    Nothing,
  ),
  'connect-fan-out': command(
    'Connect a page with this node in a call that goes by fan-out; takes the place of a connection before it',
    { call: CallId, sdp: Sdp },
    Closed({ sdp: Type.String() }),
  ),
  'set-tiles': command(
    'Say how large a picture one has use for, of each participant of a call by fan-out; of those left out, none',
    {
      call: CallId,
      tiles: Type.Array(Closed({ device: DeviceId, picture: Type.Union([PictureSize, Type.Null()]) }), {
        maxItems: 16,
      }),
    },
    Nothing,
  ),
  'set-call-status': command(
    'Tell the others in the call what one sends, and whether one’s hand is raised',
    {
      call: CallId,
      muted: Type.Boolean(),
      cameraOff: Type.Boolean(),
      sharing: Type.Boolean(),
      hand: Type.Boolean(),
    },
    Nothing,
  ),
  'react-in-call': command(
    'Show an emoji to everybody in the call, for a moment',
    { call: CallId, emoji: Type.Integer({ minimum: 0, maximum: 7 }) },
    Nothing,
  ),
  'offer-direct-path': command(
    'Give the sockets of the page’s connection with a participant, again every ten seconds while it goes by a direct path',
    {
      call: CallId,
      device: DeviceId,
      candidates: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 64 }),
    },
    Nothing,
  ),
  'create-login-code': command(
    'Make a one-use code that lets one browser in',
    {},
    Closed({ url: Type.String(), expires: Type.Integer() }),
  ),
  'list-sessions': command('List the browsers that were let in', {}, Closed({ sessions: Type.Array(Session) })),
  'revoke-session': command('Shut one browser out', { session: Type.String({ maxLength: 64 }) }, Nothing),
} as const satisfies Record<string, CommandSchema>

export type CommandType = keyof typeof commands
export type CommandInput<T extends CommandType> = Static<(typeof commands)[T]['input']>
export type CommandResult<T extends CommandType> = Static<(typeof commands)[T]['result']>
/** One command as it travels: its name beside its input. */
export type Command = { [T in CommandType]: { readonly type: T } & CommandInput<T> }[CommandType]
