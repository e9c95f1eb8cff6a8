import { pino } from 'pino'
import type { CallView } from '../../../node/api/views.ts'
import { type Calls, type LivePeer, openCalls } from '../../../node/calls/calls.ts'
import type { CallLine } from '../../../node/calls/standing-call.ts'
import { toHex } from '../../../protocol/bytes.ts'
import { decodeCallNote } from '../../../protocol/call/note.ts'
import type { CallEvent } from '../../../protocol/room/event.ts'

export const room = 'f'.repeat(64)

/** One person's calls, the entries that they wrote, and the peers that they see. */
export interface Side {
  readonly identity: string
  readonly device: string
  readonly calls: Calls
  readonly written: CallEvent[]
  readonly live: Map<string, LivePeer>
  /** Whom they let see their address. */
  readonly direct: Set<string>
  /** All notes that came to them, as bytes. */
  readonly heard: Uint8Array[]
  state(): CallView['call']
}

/** People whose nodes are joined in this process: entries and datagrams go straight to the others. */
export interface Party {
  readonly sides: readonly Side[]
  /** Devices that are no member's any more. */
  readonly strangers: Set<string>
  /** Start the node of a side anew: its memory is gone, what was written stays. */
  restart(side: Side): Promise<Side>
  /** Stands between an entry and its readers; gives what is to be delivered. */
  onEntry: (from: Side, event: CallEvent) => readonly CallEvent[]
  connect(a: Side, b: Side): void
  disconnect(a: Side, b: Side): void
  deliver(from: Side, event: CallEvent, live?: boolean): void
  close(): Promise<void>
}

/** Each name is a letter, of which ids are made; each key orders the devices. */
export async function openParty(
  { candidateAddress }: { readonly candidateAddress: string | null },
  ...people: readonly (readonly [name: string, key: string])[]
): Promise<Party> {
  const sides: Side[] = []
  let delivered = 0
  const party: Party = {
    sides,
    strangers: new Set(),
    onEntry: (_from, event) => [event],
    connect(a, b) {
      for (const [own, other] of [[a, b] as const, [b, a] as const]) {
        own.live.set(other.device, {
          identity: other.identity,
          device: other.device,
          presence: other.calls.presence(room, own.device),
          tell(note) {
            other.heard.push(note)
            setImmediate(() => other.calls.receiveNote(room, own, decodeCallNote(note)))
          },
          send: (datagram) => setImmediate(() => other.calls.receiveDatagram(own.device, new Uint8Array(datagram))),
        })
        own.calls.peerBack(room, other.device)
      }
    },
    disconnect(a, b) {
      for (const [own, other] of [[a, b] as const, [b, a] as const]) {
        own.live.delete(other.device)
        own.calls.peerGone(room, other.device)
      }
    },
    async restart(side) {
      for (const other of side.live.keys()) party.disconnect(side, sides.find(({ device }) => device === other)!)
      // What it still wants to write when it is closed is written by nobody.
      crashed.add(side.calls)
      await side.calls.close()
      const again = await openSide(party, side, candidateAddress)
      sides[sides.indexOf(side)] = again
      return again
    },
    deliver(from, event, live = true) {
      const order = String(++delivered).padStart(8, '0')
      for (const { calls } of sides) {
        const { identity, device } = from
        calls.receiveEntry(room, { identity, device, event, live, order })
      }
    },
    async close() {
      for (const { calls } of sides) await calls.close()
    },
  }
  for (const [name, key] of people) {
    sides.push(
      await openSide(
        party,
        { identity: name.repeat(64), device: key.repeat(64), written: [], direct: new Set() },
        candidateAddress,
      ),
    )
  }
  for (const [i, a] of sides.entries()) for (const b of sides.slice(i + 1)) party.connect(a, b)
  return party
}

function linesOf({ identity, device, written }: Side, call: string): CallLine[] {
  return written.flatMap((event) => {
    if (toHex(event.call) !== call) return []
    return [{ type: event.type, identity, device, text: textOf(event) }]
  })
}

function textOf(event: CallEvent): string {
  if ('to' in event) return event.to === null ? '' : toHex(event.to)
  return 'reason' in event ? event.reason : ''
}

function unended(written: readonly CallEvent[]): string[] {
  const ended = new Set(written.filter(({ type }) => type === 'call-ended').map(({ call }) => toHex(call)))
  const begun = written.filter(({ type }) => type === 'call-started' || type === 'call-answer')
  return begun.map(({ call }) => toHex(call)).filter((call) => !ended.has(call))
}

const crashed = new Set<Calls>()

async function openSide(
  party: Party,
  { identity, device, written, direct }: Pick<Side, 'identity' | 'device' | 'written' | 'direct'>,
  address: string | null,
): Promise<Side> {
  const live = new Map<string, LivePeer>()
  const calls = await openCalls({
    self: { identity, device },
    async append(_room, events) {
      if (crashed.has(calls)) return
      written.push(...events)
      setImmediate(() => {
        for (const event of events) for (const each of party.onEntry(side, event)) party.deliver(side, each)
      })
    },
    peers: {
      of: (_room, wanted) => [...live.values()].filter(({ identity }) => identity === wanted),
      isMember: (_room, peer) => !party.strangers.has(peer.device),
    },
    history: {
      linesOf: (_room, call) => party.sides.flatMap((each) => linesOf(each, call)),
      unended: () => unended(written).map((call) => ({ room, call })),
      rooms: () => [room],
      // Nobody comes to a call before the nodes are open.
      comings: () => [],
      beginOf: () => Date.now(),
    },
    mediaKeys: {
      of: (_room, { device }) => [{ id: 1n, baseKey: device }],
      renew: async () => {},
    },
    nameOf: (_room, wanted) => `name of ${wanted[0]}`,
    isDirect: (wanted) => direct.has(wanted),
    now: () => Date.now(),
    log: pino({ level: 'silent' }),
    ...(address === null ? {} : { candidateAddress: address }),
  })
  const side: Side = {
    identity,
    device,
    calls,
    written,
    live,
    direct,
    heard: [],
    state: () => calls.view().call,
  }
  return side
}

/** Waits in real time: the clock of the calls stands still meanwhile. */
export async function until(condition: () => boolean): Promise<void> {
  const started = performance.now()
  while (!condition()) {
    if (performance.now() - started > 5_000) throw new Error('it did not happen within five seconds')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Long enough for an entry that is not refused to have had its effect. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 120))
