import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { checkCommand } from '../../node/bridge/commands-route.ts'
import { parseFrame } from '../../node/bridge/events-socket.ts'
import { openSessions } from '../../node/bridge/sessions.ts'
import { openMediaTunnel } from '../../node/calls/media-tunnel.ts'
import { makeCallKey, sealSignal } from '../../node/calls/sealed-signal.ts'
import { answerCheck, isCheckWith, readStun } from '../../node/calls/stun.ts'
import { readRunFile, writeRunFile } from '../../node/cli/run-file.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../node/replication/checkpoint-messages.ts'
import { KnownPeers } from '../../node/replication/known-peers.ts'
import {
  decodeIntroduction,
  decodeLogs,
  decodePresence,
  decodeStatements,
  encodeIntroduction,
  encodeLogs,
  encodePresence,
  encodeStatements,
} from '../../node/replication/messages.ts'
import { openForks } from '../../node/rooms/forks.ts'
import { freshVault, personOf } from '../../node/rooms/person.ts'
import { openRoomLogs } from '../../node/rooms/room-logs.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { openKeyVault } from '../../node/storage/key-vault.ts'
import { concat, fromText, toHex } from '../../protocol/bytes.ts'
import { iceCheck, rtpPacket } from '../node/calls/stun-packets.ts'
import { seedOf, smallConversation } from '../support/conversation.ts'
import type { Target } from './target.ts'

const { bo } = smallConversation()
const admission = bo.admission(true)
const signature = new Uint8Array(64)
const head = { fork: 0, length: 7, treeHash: seedOf('tree'), signature }
const credentials = { username: 'them:ours', password: 'a password of 22 bytes' }
const json = (value: unknown) => fromText(JSON.stringify(value))
const room = 'ab'.repeat(32)
const tree = { room: seedOf('room'), device: seedOf('device'), generation: 3, size: 7, root: seedOf('root') }
const checkpoint = { checkpoint: tree, signature, cosignatures: [] }
const log = pino({ enabled: false })

const ofChannels: readonly Target[] = [
  {
    name: 'introduction',
    goods: [encodeIntroduction({ admission, signature, port: 49_737 })],
    read: (bytes) => encodeIntroduction(decodeIntroduction(bytes)),
  },
  {
    name: 'logs',
    goods: encodeLogs([
      { admission, head },
      { admission, head: null },
    ]),
    // No logs take no message at all.
    read: (bytes) => encodeLogs(decodeLogs(bytes))[0],
  },
  {
    name: 'presence',
    goods: [encodePresence({ presence: seedOf('call').subarray(0, 16), callKey: seedOf('key') })],
    read: (bytes) => encodePresence(decodePresence(bytes)),
  },
  {
    name: 'statements',
    goods: [encodeStatements(admission.identity)],
    read: (bytes) => encodeStatements(decodeStatements(bytes)),
  },
  {
    name: 'request of a cosignature',
    goods: [encodeRequest({ signed: checkpoint, nodes: [seedOf('node'), seedOf('another')] }, primitives)],
    read: (bytes) => encodeRequest(decodeRequest(bytes, primitives), primitives),
  },
  {
    name: 'answer of a witness',
    goods: [
      encodeAnswer({ generation: 3, size: 7, word: { time: 1_700_000_000, signature } }),
      encodeAnswer({ generation: 0, size: 0, word: null }),
    ],
    read: (bytes) => encodeAnswer(decodeAnswer(bytes)),
  },
]

const ofBridge: readonly Target[] = [
  {
    name: 'bridge frame',
    goods: [
      { type: 'authenticate', bearer: 'x' },
      { type: 'watch', id: 1, query: { type: 'timeline', room, limit: 10 } },
      { type: 'unwatch', id: 1 },
      { type: 'page', id: 2, room, before: null, limit: 500 },
    ].map(json),
    read: (bytes) => void parseFrame(Buffer.from(bytes).toString()),
  },
  {
    name: 'bridge command',
    goods: [
      { type: 'send-message', room, text: 'Hello' },
      { type: 'create-room', name: 'Kitchen', expires: 1 },
    ].map(json),
    near: [fromText('{"type":"read-link","link":"x","__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}')],
    read(bytes) {
      const checked = checkCommand(jsonOrNothing(bytes))
      if ('x' in {}) throw new Error('a command has changed every object')
      if ('error' in checked) throw checked.error
    },
  },
]

/** The bridge's server has parsed a body before it is looked at. */
function jsonOrNothing(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

/** The readers of node/ that read packets, messages and frames, and those that read the files of a home. */
export async function openNodeTargets(): Promise<{ readonly targets: readonly Target[]; close(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'parley-fuzz-'))
  const id = Uint8Array.of(1, 2, 3, 4)
  const tunnel = await openMediaTunnel({ id, at: { address: '127.0.0.1', port: 0 }, send: () => undefined })
  tunnel.expect(credentials)
  const callKey = await makeCallKey()
  const between = { room: seedOf('room'), call: seedOf('c').subarray(0, 16), from: seedOf('a'), to: seedOf('b') }
  const context = { ...between, type: 'offer', answers: seedOf('p').subarray(0, 16) } as const
  const { packet } = iceCheck(credentials)

  const file = (name: string, goods: readonly Uint8Array[], read: () => Promise<unknown>): Target => ({
    name,
    goods,
    async read(bytes) {
      await writeFile(join(home, name), bytes)
      await read()
      return undefined
    },
  })
  await writeRunFile(home, { pid: 1, port: 7717, url: 'http://localhost:7717', token: 'x', version: '0.1.0' })

  const targets: readonly Target[] = [
    ...ofChannels,
    ...ofBridge,
    {
      name: 'stun',
      goods: [packet, rtpPacket('picture')],
      read(bytes) {
        const buffer = Buffer.from(bytes)
        if (readStun(buffer)) answerCheck(buffer, { address: '127.0.0.1', port: 1 }, credentials.password)
        isCheckWith(buffer, credentials)
        return undefined
      },
    },
    { name: 'datagram', goods: [concat(id, packet)], read: (bytes) => void tunnel.receive(bytes) },
    {
      name: 'sealed signal',
      goods: [await sealSignal(seedOf('signal'), callKey.publicKey, context)],
      async read(bytes) {
        await callKey.open(bytes, context)
        return undefined
      },
    },
    file('run.json', [json({ pid: 1, port: 7717, url: 'http://localhost:7717', token: 'x', version: '0.1.0' })], () =>
      readRunFile(home),
    ),
    file(
      'forks.json',
      [json({ version: 1, forks: { [room]: { length: 3, heads: [[7, room, toHex(signature)]] } } })],
      async () => (await openForks(home, log)).of(room),
    ),
    file('room-logs.json', [json({ version: 1, rooms: { [room]: [admissionHex()] } })], async () =>
      (await openRoomLogs(home, log)).of(room),
    ),
    file('network.json', [json({ version: 1, port: 49_737, nodes: [peer], peers: [{ ...peer, rooms: [room] }] })], () =>
      KnownPeers.open(home, log).then((known) => known.inRoom(room)),
    ),
    file('sessions.json', [json({ version: 1, sessions: [session] })], () =>
      openSessions({ home, log, now: () => 1, onEnd: () => undefined }).then((sessions) => sessions.list()),
    ),
    {
      ...file('vault.json', [json({ version: 1, lock: null, content: freshVault(primitives) })], async () => {
        const { content } = await openKeyVault(home, undefined, () => freshVault(primitives))
        personOf(content, primitives)
      }),
      near: [json({ version: 1, lock, nonce: '00'.repeat(24), box: 'AAAA' })],
    },
  ]
  return {
    targets,
    async close() {
      tunnel.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

const lock = { salt: '00'.repeat(16), operations: 3, memory: 2 ** 26 }
const peer = { host: '192.0.2.1', port: 49_737, key: room, seen: 1 }
const session = {
  id: room.slice(32),
  browser: 'Firefox',
  created: 1,
  lastSeen: 1,
  cookieHash: room,
  secretHash: room,
}

function admissionHex(): string {
  const [first] = encodeLogs([{ admission, head: null }])
  // One log without a head: an array of one, that of a log, the admission, null.
  return toHex(first!.subarray(2, -1))
}
