import { shallowRef } from 'vue'
import type { FrameKeyView, OwnGroupCall } from '../../node/api/calls.ts'
import type { PictureLayer } from '../../protocol/call/fan-out.ts'
import type { LinkMedia } from '../state/group-media.ts'
import { type FanOutPeer, openFanOutPeer } from './fan-out-peer.ts'
import type { GivenKey } from './frame-work.ts'
import type { GroupLinks, LinkSurroundings } from './group-links.ts'

const slots = 11
const againMs = 1_000
/** With so many others, the largest picture that a tile of this page has room for. */
const tiles: readonly (readonly [others: number, picture: PictureLayer])[] = [
  [2, 'large'],
  [6, 'medium'],
  [slots, 'small'],
]

/** One connection with the own node stands for those with all others, in a group call by fan-out. Spec: specs/fan-out.md#page. */
export function makeGroupFanOut({ bridge, onOpen }: LinkSurroundings): GroupLinks {
  const shown = shallowRef<readonly LinkMedia[]>([])
  let latest: OwnGroupCall | null = null
  let peer: FanOutPeer | null = null
  /** By whom something could be opened, as the worker was told of them. */
  const opened = new Set<string>()
  let told = { watched: '', tiles: '' }

  const isHeld = (one: FanOutPeer): boolean => peer === one
  const slotOf = (device: string): number => latest?.fanOut?.slots.findIndex((slot) => slot?.device === device) ?? -1

  function senderIn(slot: number): string | null {
    const given = latest?.fanOut?.slots[slot]
    return given ? `${given.device}/${given.session}` : null
  }

  function show(): void {
    shown.value = (latest?.participants ?? []).map(({ device, state: atNode }): LinkMedia => {
      const slot = slotOf(device)
      const sender = senderIn(slot)
      const here = sender !== null && opened.has(sender) ? 'secure' : 'connecting'
      return {
        device,
        stream: peer?.remotes[slot] ?? null,
        state: atNode === 'reconnecting' ? 'reconnecting' : here,
      }
    })
  }

  function follow(call: OwnGroupCall): void {
    latest = call
    if (peer) tell(peer, call)
    else void connect(call.id)
    show()
  }

  function tell(one: FanOutPeer, { id, fanOut, participants }: OwnGroupCall): void {
    if (!fanOut) return
    if (fanOut.key) one.sealBy(keyOf(fanOut.key))
    for (const [slot, given] of fanOut.slots.entries()) {
      if (given) one.openBy(slot, senderIn(slot)!, given.keys.map(keyOf))
    }
    const watched = fanOut.watched.join()
    if (watched !== told.watched) void one.setWatched(fanOut.watched)
    const [, picture] = tiles.find(([others]) => participants.length <= others) ?? [0, 'small' as const]
    const wanted = participants.map(({ device }) => ({ device, picture }))
    const asked = JSON.stringify(wanted)
    // The call may be over.
    if (asked !== told.tiles) bridge.send({ type: 'set-tiles', call: id, tiles: wanted }).catch(() => undefined)
    told = { watched, tiles: asked }
  }

  async function connect(call: string): Promise<void> {
    const one = openFanOutPeer(slots)
    peer = one
    told = { watched: '', tiles: '' }
    one.onOpened((sender) => {
      opened.add(sender)
      show()
    })
    one.onState((now) => {
      if (now === 'failed' && isHeld(one)) again(one)
    })
    try {
      const { sdp } = await bridge.send({ type: 'connect-fan-out', call, sdp: await one.offer() })
      if (!isHeld(one)) return
      await one.receiveAnswer(sdp)
      await onOpen()
      if (latest && isHeld(one)) follow(latest)
    } catch {
      if (isHeld(one)) again(one)
    }
  }

  /** Whatever stood in the way may be over without the node having to say anything new. */
  function again(one: FanOutPeer): void {
    one.close()
    setTimeout(() => {
      if (!isHeld(one)) return
      peer = null
      if (latest) follow(latest)
    }, againMs)
  }

  return {
    shown,
    follow,
    async send(kind, track) {
      await peer?.send(kind, track)
    },
    peers: () =>
      (latest?.participants ?? []).map(({ device }) => ({
        device,
        // Which sizes are sent is for those who take them to say.
        peer: { limit: async () => {}, loudness: () => peer?.loudness(slotOf(device)) ?? 0 },
      })),
    close() {
      latest = null
      peer?.close()
      peer = null
      opened.clear()
      show()
    },
  }
}

const keyOf = ({ id, baseKey }: FrameKeyView): GivenKey => ({
  id,
  baseKey: Uint8Array.from(baseKey.match(/../g)!, (byte) => Number.parseInt(byte, 16)),
})
