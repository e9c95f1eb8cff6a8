import type { Command } from 'commander'
import type { RoomRow } from '../api/views.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { parseDuration } from './duration.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'
import { terminalQr } from './terminal-qr.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley room …`: make, share, join and list rooms. */
export function addRoom(program: Command): void {
  const room = addGroup(program, 'room', 'make, share, join and list rooms')
  addCreate(room)
  addShare(room)
  addJoin(room)
  addList(room)
}

interface CreateOptions extends CommonOptions {
  readonly expires?: string
}

function addCreate(room: Command): void {
  addCommand(room, {
    usage: 'create <name>',
    summary: 'make a room and print the link that lets others in',
    examples: ['room create "Book club"', 'room create Standup --expires 12h --json'],
    json: '{room, link}',
  })
    .option('--expires <span>', 'how long the link admits people: 30m, 12h, 7d, 4w')
    .action(async (name: string, options: CreateOptions) => {
      const output = outputOf(options)
      const expires = options.expires === undefined ? {} : { expires: Date.now() + parseDuration(options.expires) }
      const node = await connectNode(homeOf(options))
      const made = await node.send('create-room', { name, ...expires })
      output.note(
        'Whoever has this link can come in, and it contains addresses of your node. Send it to those you mean:',
      )
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
    const node = await connectNode(homeOf(options))
    const views = await openViews(node)
    try {
      const { id } = await findRoom(views, reference)
      const shared = await node.send('share-room', { room: id })
      if (shared.expires !== null) output.note(`This link admits people until ${shownTime(shared.expires)}:`)
      output.result(shared, () => shared.link + terminalQr(shared.link))
    } finally {
      views.close()
    }
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
    const joined = await node.send('join-room', { link })
    output.note('Joined. What was said before arrives as soon as somebody of the room is online.')
    output.result(joined, () => joined.room)
  })
}

function addList(room: Command): void {
  addCommand(room, {
    usage: 'list',
    summary: 'list the rooms of this node',
    examples: ['room list'],
    json: '{rooms: [{id, name, state, peers, lastLine, time, unread}]}',
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

function rowOf({ id, name, state, peers, unread, time }: RoomRow): string[] {
  return [
    id.slice(0, 12),
    shownLine(name),
    state === 'waiting' ? 'waiting for somebody of the room' : `${peers} online`,
    unread === 0 ? '' : `${unread} unread`,
    time === null ? '' : shownTime(time),
  ]
}
