import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { Value } from 'typebox/value'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Command, type CommandType, commands } from '../../../node/api/commands.ts'
import type { ClientFrame, ServerFrame } from '../../../node/api/frames.ts'
import type { Device, Member, Person } from '../../../node/api/people.ts'
import { type ProblemCode, problems } from '../../../node/api/problems.ts'
import { ExcerptBody } from '../../../node/api/routes.ts'
import type { MessageItem, RoomRow, RoomView, StatusView, ViewOf, ViewType } from '../../../node/api/views.ts'
import { writeRunFile } from '../../../node/cli/run-file.ts'

/** A node's bridge without a node: it speaks the contract, knows two rooms, and remembers what it was told. */
export interface FakeNode {
  readonly home: string
  readonly url: string
  readonly port: number
  readonly commands: Command[]
  /** Answer the next command of this type with a problem. */
  refuse(type: CommandType, code: ProblemCode): void
  /** Push a message to whoever watches a timeline. */
  say(item: MessageItem): void
  /** Go on, but with another token than run.json says. */
  forgetToken(): void
  close(): Promise<void>
}

export const ada = 'a'.repeat(64)
export const ben = 'b'.repeat(64)
export const club = `3fa9${'0'.repeat(60)}`
export const work = `3fb0${'1'.repeat(60)}`
export const bundle = Buffer.from('not really a bundle')
export const partial = Buffer.from('not really a part of one')

const token = 'T'.repeat(43)

/** The message at this place of the club's conversation, of `count` in all. */
export function messageAt(index: number): MessageItem {
  return {
    type: 'message',
    id: `${'c'.repeat(64)}/${index}`,
    order: String(index).padStart(8, '0'),
    author: index % 2 === 0 ? ada : ben,
    name: index % 2 === 0 ? 'Ada' : 'Ben',
    self: false,
    time: 1_700_000_000_000 + index * 60_000,
    index,
    late: false,
    flaw: null,
    text: `message ${index}`,
  }
}

export async function openFakeNode(messages = 3): Promise<FakeNode> {
  const home = await mkdtemp(join(tmpdir(), 'parley-fake-'))
  const refusals = new Map<CommandType, ProblemCode>()
  const heard: Command[] = []
  const watchers = new Map<WebSocket, number>()
  const items = Array.from({ length: messages }, (_, index) => messageAt(index))
  let valid = token

  const server = createServer((request, response) => void answer(request, response))
  const sockets = new WebSocketServer({ server, path: '/api/events' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = `${request.method} ${request.url}`
    if (path === 'GET /healthz') return void response.end('ok')
    if (request.headers.authorization !== `Bearer ${valid}`) return sendProblem(response, 'not-let-in')
    if (path === `GET /api/rooms/${club}/bundle`) return void response.end(bundle)
    if (path === `GET /api/rooms/${club}/bundle?keys=headers`) return void response.end(partial)
    if (path === `POST /api/rooms/${club}/excerpt`) {
      const body = await readJson(request)
      if (!Value.Check(ExcerptBody, body)) return sendProblem(response, 'bad-request')
      return void response.end(`excerpt of ${body.messages.join()}`)
    }
    if (path !== 'POST /api/commands') return sendProblem(response, 'not-found')
    const { type, ...input } = (await readJson(request)) as Command
    if (!Value.Check(commands[type].input, input)) return sendProblem(response, 'bad-request')
    const refusal = refusals.get(type)
    if (refusal) return sendProblem(response, refusal)
    heard.push({ type, ...input } as Command)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(results(url)[type] ?? {}))
  }

  sockets.on('connection', (socket) => {
    const tell = (frame: ServerFrame) => socket.send(JSON.stringify(frame))
    socket.on('close', () => watchers.delete(socket))
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ClientFrame
      if (frame.type === 'authenticate' && frame.bearer !== valid) return socket.close()
      if (frame.type === 'authenticate') return tell({ type: 'authenticated' })
      if (frame.type === 'page') {
        const before = items.filter(({ order }) => frame.before === null || order < frame.before)
        return tell({
          type: 'page',
          id: frame.id,
          items: before.slice(-frame.limit),
          older: before.length > frame.limit,
        })
      }
      if (frame.type !== 'watch') return
      if (frame.query.type === 'timeline') watchers.set(socket, frame.id)
      tell({ type: 'view', id: frame.id, value: viewOf(frame.query.type, items) })
    })
  })

  await writeRunFile(home, { pid: process.pid, port, url, token, version: '0.1.0' })
  return {
    home,
    url,
    port,
    commands: heard,
    refuse: (type, code) => refusals.set(type, code),
    say(item) {
      items.push(item)
      const value = { reset: false, items: [item], older: false }
      for (const [socket, id] of watchers) socket.send(JSON.stringify({ type: 'view', id, value }))
    },
    forgetToken() {
      valid = 'another'
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(home, { recursive: true, force: true })
    },
  }
}

function sendProblem(response: ServerResponse, code: ProblemCode): void {
  const [status, title] = problems[code]
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ type: code, status, title }))
}

const people: Person[] = [
  { identity: ben, name: 'Ben', chosenName: 'Ben', petname: null, confirmed: null, direct: false, rooms: [club] },
  {
    identity: `b0${'f'.repeat(62)}`,
    name: 'Boss',
    chosenName: 'Ben',
    petname: 'Boss',
    confirmed: 1,
    direct: true,
    rooms: [],
  },
]

const devices: Device[] = [
  {
    device: 'e'.repeat(64),
    number: 1,
    label: 'Laptop',
    self: true,
    revoked: false,
    rooms: 2,
    lastWrote: 1_700_000_000_000,
  },
  {
    device: `e1${'0'.repeat(62)}`,
    number: 2,
    label: 'Phone',
    self: false,
    revoked: false,
    rooms: 1,
    lastWrote: 1_700_000_000_000,
  },
  { device: `e2${'0'.repeat(62)}`, number: 3, label: null, self: false, revoked: true, rooms: 0, lastWrote: null },
]

const member = (identity: string, name: string, standing: Member['standing']): Member => ({
  identity,
  name,
  chosenName: name,
  confirmed: null,
  lookalike: null,
  self: identity === ada,
  standing,
  may: { roles: [], remove: false },
  online: true,
  callable: false,
  devices: 1,
})

export const firstInvite = `7c1d${'2'.repeat(60)}`
const invite = { role: 'member', uses: null, used: 2, expires: null, by: null, over: null, held: true } as const

const roomView: RoomView = {
  id: club,
  name: 'Book club',
  state: 'open',
  peers: 1,
  ownLogs: [],
  policy: 'open-link',
  history: 'all',
  standing: 'owner',
  told: null,
  members: [member(ada, 'Ada', 'owner'), member(ben, 'Ben', 'member'), member(`f1${'0'.repeat(62)}`, 'Fay', 'waiting')],
  others: [member(`f2${'0'.repeat(62)}`, 'Fay', 'banned')],
  invites: [
    { ...invite, invite: firstInvite },
    {
      ...invite,
      invite: `7c2${'3'.repeat(61)}`,
      role: 'reader',
      uses: 2,
      by: 'Ben',
      over: 'the link is used up',
      held: false,
    },
  ],
  groupCalls: [],
  created: 1,
  linkExpires: null,
  syncing: null,
  unreadable: 0,
  heldUpTo: [],
  checkpoint: null,
  troubles: [],
  waiting: [{ time: 1_700_000_000_000, text: 'not written yet' }],
}

export const words = Array.from({ length: 24 }, (_, i) => `word${i + 1}`)

const results = (url: string): Partial<Record<CommandType, unknown>> => ({
  'create-room': { room: club, link: 'http://localhost:7717/#/join/abc' },
  'join-room': { room: work },
  'read-link': { policy: 'lobby', history: 'all' },
  'create-invite': { invite: firstInvite, link: 'http://localhost:7717/#/join/ghi' },
  'share-room': { link: 'http://localhost:7717/#/join/def', expires: null },
  'send-message': { id: `${'d'.repeat(64)}/7` },
  'list-sessions': { sessions: [{ id: 's1', browser: 'Firefox on Linux', created: 1, lastSeen: 2 }] },
  'read-recovery-words': { identity: ada },
  'restore-identity': { identity: ada },
  'revoke-device': { rooms: 2 },
  'read-safety-number': { digits: '0123456789'.repeat(6) },
  'show-recovery-words': { words },
  'create-login-code': { url: `${url}/#/login/one`, expires: 1 },
})

const rowOf = (id: string, name: string, rest: Partial<RoomRow> = {}): RoomRow => ({
  id,
  name,
  state: 'open',
  standing: 'owner',
  told: null,
  peers: 1,
  lastLine: '',
  time: null,
  unread: 0,
  ...rest,
})

function viewOf(type: ViewType, items: readonly MessageItem[]): ViewOf[ViewType] {
  if (type === 'people') return { people }
  if (type === 'devices') return { devices }
  if (type === 'room') return roomView
  if (type === 'rooms')
    return {
      rooms: [rowOf(club, 'Book club'), rowOf(work, 'Work \u001b[31mred', { standing: 'member', told: 'removed' })],
    }
  if (type === 'timeline') return { reset: true, items: items.slice(-2), older: items.length > 2 }
  const status: StatusView = {
    version: '0.1.0',
    name: 'Ada',
    identity: ada,
    device: 'e'.repeat(64),
    revoked: false,
    wordsKept: true,
    network: 'online',
    peers: 1,
    storage: 'ok',
    refused: [],
  }
  return status
}
