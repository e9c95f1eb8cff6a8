import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { CallPeer } from '../../protocol/call/call.ts'
import { decodeFanOut } from '../../protocol/call/fan-out.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { FanOutOfPage, FrameKeyView, Tile } from '../api/calls.ts'
import type { MediaKey } from '../epochs/media-keys.ts'
import type { CallsOptions } from './calls.ts'
import { type FanOut, openFanOut } from './fan-out/fan-out.ts'
import type { TunnelPlace } from './media-tunnel.ts'

/** The page's connection in the group call that this node is in, if that goes by fan-out. Devices are hex. */
export interface GroupFanOut {
  /** Connect a page, in place of one before it. Answers this node's SDP. Throws `call/…`. */
  connect(call: { readonly room: string; readonly id: string }, sdp: string): Promise<string>
  disconnect(): void
  setParticipants(devices: readonly string[]): void
  setTiles(tiles: readonly Tile[]): void
  receive(device: string, datagram: Uint8Array): void
  /** How many packets the page has sent. */
  received(): number
  /** Seal by another key as soon as may be, if one is due. */
  renew(): void
  passTime(): void
  view(): FanOutOfPage | null
}

interface Surroundings extends Pick<CallsOptions, 'mediaKeys' | 'now' | 'log'> {
  readonly self: CallPeer
  send(device: string, datagram: Uint8Array): void
  /** Where browsers are to send to. */
  place(): TunnelPlace
  onChange(): void
  /** The page is not the one that it said it was. */
  onFailure(): void
}

/** The connection of one page. */
interface Connected {
  readonly room: string
  readonly call: Uint8Array
  readonly out: FanOut
  /** When each own key was seen first. */
  readonly ownKeys: Map<bigint, number>
}

/** How long the own page goes on by the key before, so that the others have read of the next one; and how often a key that is due is looked for. */
const times = { oldKey: 1_000, renewal: 5_000 } as const

/** Spec: specs/fan-out.md, specs/media-frame.md#producing. */
export function makeGroupFanOut(surroundings: Surroundings): GroupFanOut {
  const { self, mediaKeys, send, place, now, log, onChange, onFailure } = surroundings
  let connected: Connected | null = null
  let participants: readonly string[] = []
  let tiles: readonly Tile[] = []
  let opening = 0
  let renewedAt = 0
  let shown = ''

  async function connect({ room, id }: { readonly room: string; readonly id: string }, sdp: string): Promise<string> {
    const mine = ++opening
    const call = fromHex(id)
    const out = await openFanOut({ call, address: place().address, sdp, send, onChange, onFailure, now })
    // Another page was faster, or the call is over.
    if (mine !== opening) out.close()
    else take({ room, call, out, ownKeys: new Map() })
    return out.answer
  }

  function take(next: Connected): void {
    connected?.out.close()
    connected = next
    next.out.setParticipants(participants)
    setTiles(tiles)
    renew()
    onChange()
  }

  function setTiles(given: readonly Tile[]): void {
    tiles = given
    connected?.out.setTiles(new Map(given.map(({ device, picture }) => [device, picture])))
  }

  function renew(): void {
    if (!connected) return
    renewedAt = now()
    mediaKeys
      .renew(connected.room)
      .catch((error: Error) => log.warn({ error: error.name }, 'another key for the media of a call could not be made'))
  }

  /** The newest key that the others have had time to read of. Those that there were before the page need no time. */
  function ownKey({ room, call, out, ownKeys }: Connected): MediaKey | null {
    const keys = mediaKeys.of(room, { call, device: fromHex(self.device), session: out.session })
    const isFirst = ownKeys.size === 0
    for (const { id } of keys) if (!ownKeys.has(id)) ownKeys.set(id, isFirst ? Number.NEGATIVE_INFINITY : now())
    return keys.findLast(({ id }) => now() - ownKeys.get(id)! >= times.oldKey) ?? null
  }

  function slotsOf({ room, call, out }: Connected): FanOutOfPage['slots'] {
    return out.view().slots.map((slot) => {
      if (!slot?.session) return null
      const { device, session } = slot
      const keys = mediaKeys.of(room, { call, device: fromHex(device), session })
      return { device, session: toHex(session), keys: keys.map(keyView) }
    })
  }

  function view(): FanOutOfPage | null {
    if (!connected) return null
    const key = ownKey(connected)
    return { key: key && keyView(key), watched: [...connected.out.view().watched], slots: slotsOf(connected) }
  }

  return {
    connect,
    disconnect() {
      opening++
      connected?.out.close()
      connected = null
      tiles = []
    },
    setParticipants(devices) {
      participants = devices
      connected?.out.setParticipants(devices)
    },
    setTiles,
    receive: (device, datagram) => connected?.out.receive(device, datagram),
    received: () => connected?.out.link.received ?? 0,
    renew,
    passTime() {
      if (!connected) return
      if (now() - renewedAt >= times.renewal) renew()
      // Keys come with entries that are of no call.
      const seen = JSON.stringify(view())
      if (seen === shown) return
      shown = seen
      onChange()
    },
    view,
  }
}

function keyView({ id, baseKey }: MediaKey): FrameKeyView {
  return { id: String(id), baseKey: toHex(baseKey) }
}

/** Whether somebody takes part in this call by fan-out, by what they send. */
export function announcesFanOut(call: Uint8Array, datagram: Uint8Array): boolean {
  try {
    return decodeFanOut(call, datagram).type === 'announcement'
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
