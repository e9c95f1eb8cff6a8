import { setTimeout as sleep } from 'node:timers/promises'
import HyperDHT from 'hyperdht'
import Hyperswarm from 'hyperswarm'
import Protomux from 'protomux'
import type { Address } from '../../node/config.ts'
import { sharedMs, usage } from '../support/clock.ts'
import { messageBlock, messageNumber } from '../support/message-text.ts'
import { appendRaw, openRawLog, type RawLog } from '../support/raw-log.ts'
import { playRole } from '../support/role.ts'
import { wireBytes } from '../support/wire.ts'

const fillBatch = 1_000
const readAtOnce = 512

let log: RawLog | null = null
let swarm: Hyperswarm | null = null

/** The same settings as a node's on loopback. */
async function openSwarm({ core }: RawLog, bootstrap: readonly Address[]): Promise<Hyperswarm> {
  const keyPair = HyperDHT.keyPair()
  const dht = new HyperDHT({ bootstrap: [...bootstrap], host: '127.0.0.1', firewalled: false, keyPair })
  await dht.fullyBootstrapped()
  const opened = new Hyperswarm({ dht, keyPair })
  opened.on('connection', (stream) => {
    stream.on('error', () => {})
    core.replicate(Protomux.from(stream))
  })
  return opened
}

async function readAll({ core }: RawLog, length: number): Promise<void> {
  for (let at = 0; at < length; at += readAtOnce) {
    const count = Math.min(readAtOnce, length - at)
    await Promise.all(Array.from({ length: count }, (_, i) => core.get(at + i)))
  }
}

async function close(): Promise<void> {
  await swarm?.destroy({ force: true })
  await log?.store.close()
  swarm = null
  log = null
}

const handlers = {
  close,
  usage,

  /** Fill a log; answers who may write it, which is what it takes to find it. */
  async fill({ folder, count }: { folder: string; count: number }) {
    log = await openRawLog(folder)
    await appendRaw(log, 0, count, fillBatch)
    return log.author
  },

  /** Be found with the open log. */
  async serve({ bootstrap }: { bootstrap: readonly Address[] }) {
    swarm = await openSwarm(log!, bootstrap)
    await swarm.join(log!.core.discoveryKey, { server: true, client: false }).flushed()
  },

  async prepare({ folder, author, bootstrap }: { folder: string; author: Uint8Array; bootstrap: readonly Address[] }) {
    log = await openRawLog(folder, author)
    swarm = await openSwarm(log, bootstrap)
    await swarm.listen()
  },

  /** Find the log and have all of it stored; then read each block once. */
  async catchUp({ length }: { length: number }) {
    const before = usage()
    const wire = wireBytes()
    const began = sharedMs()
    swarm!.join(log!.core.discoveryKey, { server: false, client: true })
    await log!.core.download({ start: 0, end: length }).done()
    const ms = sharedMs() - began
    const wired = wireBytes() - wire
    await readAll(log!, length)
    const readMs = sharedMs() - began
    const { cpuMs, rssMiB } = usage()
    return { ms, readMs, cpuMs: cpuMs - before.cpuMs, rssMiB, wireBytes: wired }
  },

  async sendPaced({ count, everyMs, label }: { count: number; everyMs: number; label: string }) {
    const sent: number[] = []
    const safe: number[] = []
    const began = sharedMs()
    const sending: Promise<void>[] = []
    for (let i = 0; i < count; i++) {
      await sleep(Math.max(0, began + i * everyMs - sharedMs()))
      const block = messageBlock(i, label)
      sent[i] = sharedMs()
      const append = async () => {
        await log!.core.append([block])
        await log!.store.storage.db.flush()
        safe[i] = sharedMs()
      }
      sending.push(append())
    }
    await Promise.all(sending)
    return { sent, safe }
  },

  /** Follow the log from now on. */
  follow() {
    log!.core.download({ start: 0, end: -1 })
  },

  /** When each message with this label could be read. */
  receivePaced: ({ count, label }: { count: number; label: string }) =>
    new Promise<number[]>((resolve) => {
      const { core } = log!
      const readable: number[] = []
      let next = core.length
      let seen = 0
      const onAppend = async () => {
        while (next < core.length) {
          const block = await core.get(next++)
          const number = messageNumber(block!.toString(), label)
          if (number === null) continue
          readable[number] = sharedMs()
          if (++seen === count) {
            core.off('append', onAppend)
            resolve(readable)
          }
        }
      }
      core.on('append', onAppend)
    }),

  /** Open a log and read its newest blocks. */
  async openLast({ folder, author, limit }: { folder: string; author: Uint8Array; limit: number }) {
    const began = sharedMs()
    log = await openRawLog(folder, author)
    const { core } = log
    const start = Math.max(0, core.length - limit)
    await Promise.all(Array.from({ length: core.length - start }, (_, i) => core.get(start + i)))
    return { ms: sharedMs() - began, items: core.length - start }
  },
}

export type RawRole = typeof handlers

playRole(handlers, close)
