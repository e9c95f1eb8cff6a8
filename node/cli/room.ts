import { type Command, Option } from 'commander'
import type { AdmissionPolicy, HistoryPolicy } from '../api/commands.ts'
import type { RoomRow } from '../api/views.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { parseDuration } from './duration.ts'
import { inRoom } from './in-room.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { outsideText } from './standing-text.ts'
import { terminalQr } from './terminal-qr.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley room …`: make, share, join, list and leave rooms. */
export function addRoom(program: Command): void {
  const room = addGroup(program, 'room', 'make, share, join, list and leave rooms')
  addCreate(room)
  addShare(room)
  addJoin(room)
  addList(room)
  addLeave(room)
}

interface CreateOptions extends CommonOptions {
  readonly policy: AdmissionPolicy
  readonly history: HistoryPolicy
  readonly expires?: string
}

const linkNotes: Readonly<Record<AdmissionPolicy, string>> = {
  'open-link': 'Whoever has this link can come in, and it contains addresses of your node. Send it to those you mean:',
  lobby:
    'Whoever has this link can ask to come in, and it contains addresses of your node. See who waits with: parley member list ROOM',
  'invite-only':
    'This link lets one person in, and it contains addresses of your node. Make more with: parley invite create ROOM',
}

function addCreate(room: Command): void {
  addCommand(room, {
    usage: 'create <name>',
    summary: 'make a room and print the link that lets others in',
    examples: [
      'room create "Book club"',
      'room create Standup --expires 12h --json',
      'room create Clinic --policy lobby --history joined',
    ],
    json: '{room, link}',
  })
    .addOption(
      new Option(
        '--policy <policy>',
        'how people come in: open-link (by the link at once), lobby (once somebody lets them in), invite-only (by links made for them)',
      )
        .choices(Object.keys(linkNotes))
        .default('open-link'),
    )
    .addOption(
      new Option(
        '--history <history>',
        'what who comes later reads: all (what was said before, too), joined (only what is said from then on)',
      )
        .choices(['all', 'joined'])
        .default('all'),
    )
    .option('--expires <span>', 'how long the link admits people: 30m, 12h, 7d, 4w')
    .action(async (name: string, options: CreateOptions) => {
      const output = outputOf(options)
      const expires = options.expires === undefined ? {} : { expires: Date.now() + parseDuration(options.expires) }
      const node = await connectNode(homeOf(options))
      const { policy, history } = options
      const made = await node.send('create-room', { name, policy, history, ...expires })
      output.note(linkNotes[policy])
      output.result(made, () => made.link + terminalQr(made.link))
    })
}

function addShare(room: Command): void {
  addCommand(room, {
    usage: 'share <room>',
    summary: 'print a fresh link to a room',
    examples: ['room share "Book club"'],
    json: '{link, expires}; expires in Unix ms, or null',
  }).action(async (reference: string, options: CommonOptions) => {
    const output = outputOf(options)
    await inRoom(options, reference, async ({ id }, node) => {
      const shared = await node.send('share-room', { room: id })
      if (shared.expires !== null) output.note(`This link admits people until ${shownTime(shared.expires)}:`)
      output.result(shared, () => shared.link + terminalQr(shared.link))
    })
  })
}

function addJoin(room: Command): void {
  addCommand(room, {
    usage: 'join <link>',
    summary: 'join the room that a link leads to',
    examples: ["room join 'http://localhost:7717/#/join/…'"],
    json: '{room}',
  }).action(async (link: string, options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    const { policy, history } = await node.send('read-link', { link })
    const joined = await node.send('join-room', { link })
    output.note(
      policy === 'lobby'
        ? 'Asked to come in. Whoever manages the room can let you in as soon as one of its nodes is online.'
        : history === 'joined'
          ? 'Joined. You read what is said from now on; what was said before stays closed to you.'
          : 'Joined. What was said before arrives as soon as somebody of the room is online.',
    )
    output.result(joined, () => joined.room)
  })
}

function addList(room: Command): void {
  addCommand(room, {
    usage: 'list',
    summary: 'list the rooms of this node',
    examples: ['room list'],
    json: '{rooms: [{id, name, state, standing, told, peers, lastLine, time, unread}]}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const views = await openViews(await connectNode(homeOf(options)))
    try {
      const { rooms } = await views.read({ type: 'rooms' })
      if (rooms.length === 0) output.note('No rooms yet. Make one with: parley room create NAME')
      output.result({ rooms }, () => table(rooms.map(rowOf)))
    } finally {
      views.close()
    }
  })
}

function addLeave(room: Command): void {
  addCommand(room, {
    usage: 'leave <room>',
    summary: 'leave a room; what was said stays readable here',
    examples: ['room leave "Book club"'],
    json: '{room}',
  }).action(async (reference: string, options: CommonOptions) => {
    await inRoom(options, reference, async ({ id, name }, node) => {
      await node.send('leave-room', { room: id })
      outputOf(options).result({ room: id }, () => `You have left “${shownLine(name)}”.`)
    })
  })
}

function rowOf({ id, name, state, standing, told, peers, unread, time }: RoomRow): string[] {
  const outside = outsideText({ standing, told })
  return [
    id.slice(0, 12),
    shownLine(name),
    outside ?? (state === 'waiting' ? 'waiting for somebody of the room' : `${peers} online`),
    unread === 0 ? '' : `${unread} unread`,
    time === null ? '' : shownTime(time),
  ]
}
