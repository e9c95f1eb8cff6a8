import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { TimelineView } from '../../node/api/views.ts'
import type { Backend } from '../../node/backend.ts'
import type { Address } from '../../node/config.ts'
import type { Node } from '../../node/open-node.ts'
import { openNode } from '../support/built.ts'
import { sharedMs, timed, usage } from '../support/clock.ts'
import { messageNumber, messageText } from '../support/message-text.ts'
import { appendRaw, openRawLog } from '../support/raw-log.ts'
import { playRole } from '../support/role.ts'
import { wireBytes } from '../support/wire.ts'

interface Place {
  readonly home: string
  readonly bootstrap: readonly Address[]
}

interface Part {
  readonly room: string
  readonly from: number
  readonly count: number
}

/** Messages asked for at once while a room is only being filled. */
const fillAtOnce = 5_000

let node: Node | null = null
const backend = (): Backend => node!.backend

async function open({ home, bootstrap }: Place): Promise<void> {
  node = await openNode({ home, bootstrap, name: 'Ada', log: pino({ level: 'error' }) })
}

async function close(): Promise<void> {
  await node?.close()
  node = null
}

/** Watch what an open page of this room watches. `onTimeline` gets every push of the timeline. */
function watchAsPage(room: string, onTimeline: (view: TimelineView) => void): () => void {
  const stops = [
    backend().watch({ type: 'status' }, () => {}),
    backend().watch({ type: 'rooms' }, () => {}),
    backend().watch({ type: 'room', room }, () => {}),
    backend().watch({ type: 'timeline', room }, onTimeline),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** Resolves when the timeline shows the message of this number. */
function untilShown(room: string, number: number): Promise<void> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null
    let done = false
    const onTimeline = ({ items }: TimelineView) => {
      done ||= items.some((item) => item.type === 'message' && messageNumber(item.text) === number)
      if (!done || !stop) return
      stop()
      resolve()
    }
    stop = watchAsPage(room, onTimeline)
    if (done) onTimeline({ reset: false, items: [], older: true })
  })
}

const send = (room: string, text: string) => backend().run({ type: 'send-message', room, text })

async function sendAll({ room, from, count }: Part): Promise<void> {
  const shown = untilShown(room, from + count - 1)
  await Promise.all(Array.from({ length: count }, (_, i) => send(room, messageText(from + i))))
  await shown
}

const handlers = {
  open,
  close,
  usage,
  createRoom: () => backend().run({ type: 'create-room', name: 'Benchmark' }),

  join: ({ link }: { link: string }) => backend().run({ type: 'join-room', link }),

  /** Write messages with no interest in how long that takes. */
  async fill({ room, count }: { room: string; count: number }) {
    for (let from = 0; from < count; from += fillAtOnce) {
      await sendAll({ room, from, count: Math.min(fillAtOnce, count - from) })
    }
  },

  /** All at once; until all are on disk for good, and shown. */
  appendMany: (part: Part) => timed(() => sendAll(part)),

  /** Each after the one before is on disk for good. */
  appendEach: ({ room, from, count }: Part) =>
    timed(async () => {
      for (let i = 0; i < count; i++) await send(room, messageText(from + i))
    }),

  /** The floor: the same messages appended to a bare log, in batches, and flushed: once at the end, or after each batch. */
  async appendRaw({ folder, count, batch, flush }: { folder: string; count: number; batch: number; flush: boolean }) {
    const log = await openRawLog(folder)
    const flushed = () => log.store.storage.db.flush()
    const ms = await timed(async () => {
      if (!flush) await appendRaw(log, 0, count, batch)
      else {
        for (let at = 0; at < count; at += batch) {
          await appendRaw(log, at, at + batch, batch)
          await flushed()
        }
      }
      await flushed()
    })
    await log.store.close()
    return ms
  },

  /** Join a room and have all of it: every message stored and folded, up to the one of this number. */
  async catchUp({ link, last }: { link: string; last: number }) {
    const before = usage()
    const wire = wireBytes()
    const began = sharedMs()
    const { room } = await backend().run({ type: 'join-room', link })
    let firstMs: number | null = null
    const stop = backend().watch({ type: 'timeline', room, limit: 2 }, ({ items }) => {
      if (items.some(({ self }) => !self)) firstMs ??= sharedMs() - began
    })
    await untilShown(room, last)
    stop()
    const ms = sharedMs() - began
    const { cpuMs, rssMiB } = usage()
    return { room, ms, firstMs, cpuMs: cpuMs - before.cpuMs, rssMiB, wireBytes: wireBytes() - wire }
  },

  /** Send at a steady rate; answers when each was asked for and when each was safe on disk. */
  async sendPaced({ room, count, everyMs, label }: { room: string; count: number; everyMs: number; label: string }) {
    const sent: number[] = []
    const safe: number[] = []
    const sending: Promise<void>[] = []
    const began = sharedMs()
    for (let i = 0; i < count; i++) {
      await sleep(Math.max(0, began + i * everyMs - sharedMs()))
      const text = messageText(i, label)
      sent[i] = sharedMs()
      sending.push(
        send(room, text).then(() => {
          safe[i] = sharedMs()
        }),
      )
    }
    await Promise.all(sending)
    return { sent, safe }
  },

  /** When each message with this label came up in the timeline view. */
  receivePaced: ({ room, count, label }: { room: string; count: number; label: string }) =>
    new Promise<number[]>((resolve) => {
      const shown = new Map<number, number>()
      const stop = watchAsPage(room, ({ items }) => {
        const now = sharedMs()
        for (const item of items) {
          const number = item.type === 'message' ? messageNumber(item.text, label) : null
          if (number !== null && !shown.has(number)) shown.set(number, now)
        }
        if (shown.size < count) return
        setImmediate(() => stop())
        resolve(Array.from({ length: count }, (_, i) => shown.get(i)!))
      })
    }),

  async exportTo({ room, file }: { room: string; file: string }) {
    const bundle = await backend().exportRoom(room, 'all')
    await writeFile(file, bundle)
    return bundle.length
  },

  /** Open a node and have the newest messages of its only room. */
  async openLast({ home, bootstrap, limit, rebuild }: Place & { limit: number; rebuild: boolean }) {
    if (rebuild) await Promise.all(['', '-wal', '-shm'].map((end) => rm(join(home, `view.db${end}`), { force: true })))
    const began = sharedMs()
    await open({ home, bootstrap })
    const openMs = sharedMs() - began
    const [room] = await new Promise<string[]>((resolve) => {
      backend().watch({ type: 'rooms' }, ({ rooms }) => resolve(rooms.map(({ id }) => id)))
    })
    const items = await new Promise<TimelineView['items']>((resolve) => {
      backend().watch({ type: 'timeline', room: room!, limit }, (view) => resolve(view.items))
    })
    const ms = sharedMs() - began
    const numbers = items.flatMap((item) => (item.type === 'message' ? (messageNumber(item.text) ?? []) : []))
    return { ms, openMs, items: items.length, last: Math.max(...numbers) }
  },
}

export type NodeRole = typeof handlers

playRole(handlers, close)
