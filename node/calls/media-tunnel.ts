import type { RemoteInfo } from 'node:dgram'
import type { SyntheticCandidate } from '../../protocol/call/sdp.ts'
import { bindLocal, localAddresses } from './local-socket.ts'
import type { RefusalReason } from './refusals.ts'
import { answerCheck, type CheckCredentials, isCheckWith, readStun } from './stun.ts'

/** Packets carried, and packets refused for each reason there is. */
export interface TunnelCounters {
  /** From our browser to the other node, and back. */
  sent: number
  received: number
  /** Frames of this call from the other node, delivered or not. */
  heard: number
  /** Held for a browser that had not spoken yet. */
  queued: number
  /** Not from this machine. */
  foreign: number
  /** A check without the call's credentials, or media from a socket that never made a check. */
  stranger: number
  oversized: number
  /** Held already as many as we hold. */
  overflowed: number
  /** A frame of another call. */
  misdirected: number
  failed: number
}

/** The way of one call's packets between our browser and the connection to the other node. */
export interface MediaTunnel {
  /** What our browser is told to send to. */
  readonly candidate: SyntheticCandidate
  readonly counters: Readonly<TunnelCounters>
  /** Listen to the browser that can prove these. Before, nobody is. */
  expect(credentials: CheckCredentials): void
  /**
   * Whether the other node is away, or nothing comes from it. Meanwhile our browser's checks are answered here: it would give the call up after some
   * 15 seconds, and consent (RFC 7675) is this socket's to give.
   */
  setAway(away: boolean): void
  /** A frame from the other node: the tunnel's id, then a packet. */
  receive(frame: Uint8Array): void
  close(): void
}

/** An address of this machine, and a port of it: 0 for any that is free. */
export interface TunnelPlace {
  readonly address: string
  readonly port: number
}

export interface MediaTunnelOptions {
  /** 4 bytes that both nodes know this call's packets by. */
  readonly id: Uint8Array
  readonly at: TunnelPlace
  /** Takes an unordered datagram for the other node. */
  send(frame: Uint8Array): void
  /** Told of each packet and frame that is refused. */
  onRefused?(reason: RefusalReason): void
}

const idBytes = 4
/** The largest packet of an Ethernet; browsers stay at 1,200. */
const mostPacketBytes = 1_500
// A browser has a socket for each interface, and asks each few seconds on each of them.
const mostSources = 16
const mostTransactions = 256
const mostQueued = 16

interface Source {
  readonly address: string
  readonly port: number
}

/**
 * Open a UDP socket that looks to our browser like the other browser.
 *
 * The browser's address is learnt from its first ICE check, which must carry the call's names and password. Only this
 * machine is listened to. Answers to checks go back to the socket that asked; everything else to the one that last sent
 * media. Spec: specs/call.md#tunnel (RFC 8445, RFC 7983).
 */
export async function openMediaTunnel({ id, at, send, onRefused }: MediaTunnelOptions): Promise<MediaTunnel> {
  const counters: TunnelCounters = {
    sent: 0,
    received: 0,
    heard: 0,
    queued: 0,
    foreign: 0,
    stranger: 0,
    oversized: 0,
    overflowed: 0,
    misdirected: 0,
    failed: 0,
  }
  const isLocal = localAddresses()
  const known = new Map<string, Source>()
  const transactions = new Map<string, Source>()
  const queue: Buffer[] = []
  let credentials: CheckCredentials | null = null
  let browser: Source | null = null
  let away = false
  const socket = await bindLocal(at)
  socket.on('error', () => counters.failed++)
  socket.on('message', fromBrowser)

  function refuse(counter: 'oversized' | 'foreign' | 'stranger' | 'misdirected', reason: RefusalReason): void {
    counters[counter]++
    onRefused?.(reason)
  }

  function fromBrowser(packet: Buffer, { address, port }: RemoteInfo): void {
    if (packet.length > mostPacketBytes) return void refuse('oversized', 'packet-oversized')
    if (!isLocal(address)) return void refuse('foreign', 'packet-foreign')
    const source = { address, port }
    if (!isFromBrowser(packet, source)) return void refuse('stranger', 'packet-stranger')
    counters.sent++
    if (away && credentials && readStun(packet)?.type === 'request') {
      socket.send(answerCheck(packet, source, credentials.password), port, address)
    }
    const frame = Buffer.allocUnsafe(idBytes + packet.length)
    frame.set(id)
    packet.copy(frame, idBytes)
    send(frame)
  }

  function isFromBrowser(packet: Buffer, source: Source): boolean {
    const stun = readStun(packet)
    if (stun?.type !== 'request') {
      const spokenBefore = known.has(nameOf(source))
      // Media says which of the browser's sockets is the live one.
      if (spokenBefore && !stun) browser = source
      return spokenBefore
    }
    if (!credentials || !isCheckWith(packet, credentials)) return false
    keep(known, nameOf(source), source, mostSources)
    keep(transactions, stun.transaction, source, mostTransactions)
    if (!browser) {
      browser = source
      for (const held of queue.splice(0)) deliver(held, source)
    }
    return true
  }

  function deliver(packet: Uint8Array, { port, address }: Source): void {
    socket.send(packet, port, address)
    counters.received++
  }

  return {
    candidate: { address: at.address, port: socket.address().port },
    counters,
    expect(given) {
      credentials = given
    },
    setAway(now) {
      away = now
    },
    receive(frame) {
      if (frame.length <= idBytes || Buffer.compare(frame.subarray(0, idBytes), id) !== 0) {
        return void refuse('misdirected', 'frame-foreign')
      }
      counters.heard++
      const packet = Buffer.from(frame.subarray(idBytes))
      if (packet.length > mostPacketBytes) return void refuse('oversized', 'frame-oversized')
      if (browser) {
        const stun = readStun(packet)
        const asker = stun?.type === 'response' ? transactions.get(stun.transaction) : undefined
        return deliver(packet, asker ?? browser)
      }
      // The other browser may start first: what it says now, it would say again only after a pause.
      if (queue.length >= mostQueued) return void counters.overflowed++
      queue.push(packet)
      counters.queued++
    },
    close() {
      socket.close()
    },
  }
}

function keep<T>(table: Map<string, T>, name: string, value: T, most: number): void {
  // Taken out first, so that the first of the table is the one that was used longest ago.
  table.delete(name)
  table.set(name, value)
  if (table.size > most) table.delete(table.keys().next().value!)
}

function nameOf({ address, port }: Source): string {
  return `${address}:${port}`
}
