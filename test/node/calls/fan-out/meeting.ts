import { type FanOut, openFanOut } from '../../../../node/calls/fan-out/fan-out.ts'
import { candidateAddress } from '../../../../node/calls/local-socket.ts'
import { toHex } from '../../../../protocol/bytes.ts'
import type { Layer } from '../../../../protocol/call/fan-out.ts'
import type { GivenKey } from '../../../../web/calls/frame-work.ts'

/** A page in a meeting: a browser's, or one without a window. */
export interface MeetingPage {
  begin(answer: string): Promise<void>
  sealBy(key: GivenKey): Promise<void>
  openBy(slot: number, sender: string, keys: readonly GivenKey[]): Promise<void>
  setWatched(layers: readonly Layer[]): Promise<void>
}

/** A participant of a call by fan-out: its node's part, and its page. */
export interface MeetingSide {
  readonly device: string
  readonly out: FanOut
  /** Which slot somebody comes in by. */
  slotOf(device: string): number
  watched(): readonly Layer[]
}

/** A call by fan-out between nodes of this process. Whoever comes is told of to all. */
export interface Meeting {
  readonly call: Uint8Array
  readonly sides: readonly MeetingSide[]
  /** The part of the datagrams between nodes that get lost, 0 to 1. */
  loss: number
  /** Datagrams between nodes so far. */
  sent: number
  /** By whose key the frames of a device are opened, at another one; by default its own. */
  keyOf(sender: string, receiver: string): GivenKey
  join(device: string, offer: string, page: MeetingPage): Promise<MeetingSide>
  leave(side: MeetingSide): void
  close(): void
}

/** The key of a device, in tests. */
export const testKey = (device: string, id = 1): GivenKey => ({
  id: String(id),
  baseKey: new Uint8Array(32).fill(parseInt(device, 16) + id),
})

export function openMeeting(): Meeting {
  const sides = new Map<string, MeetingSide>()
  // Losses that are the same in every run.
  let dice = 1
  const isLost = () => {
    dice = (dice * 48_271) % 0x7fffffff
    return dice / 0x7fffffff < meeting.loss
  }

  function tellAll(): void {
    for (const { device, out } of sides.values())
      out.setParticipants([...sides.keys()].filter((each) => each !== device))
  }

  const meeting: Meeting = {
    call: new Uint8Array(16).fill(7),
    get sides() {
      return [...sides.values()]
    },
    loss: 0,
    sent: 0,
    keyOf: (sender) => testKey(sender),
    async join(device, sdp, page) {
      let told: Promise<unknown> = Promise.resolve()
      const out = await openFanOut({
        call: meeting.call,
        address: candidateAddress(),
        sdp,
        now: () => performance.now(),
        send(to, datagram) {
          meeting.sent++
          if (!isLost()) setImmediate(() => sides.get(to)?.out.receive(device, datagram))
        },
        onChange() {
          told = told.then(tellPage).catch(() => undefined)
        },
        onFailure() {
          throw new Error('the page has another certificate')
        },
      })

      async function tellPage(): Promise<void> {
        const { slots, watched } = out.view()
        for (const [slot, shown] of slots.entries()) {
          if (!shown?.session) continue
          await page.openBy(slot, `${shown.device}/${toHex(shown.session)}`, [meeting.keyOf(shown.device, device)])
        }
        await page.setWatched(watched)
      }

      const side: MeetingSide = {
        device,
        out,
        slotOf: (other) => out.view().slots.findIndex((slot) => slot?.device === other),
        watched: () => out.view().watched,
      }
      await page.sealBy(testKey(device))
      await page.begin(out.answer)
      sides.set(device, side)
      tellAll()
      return side
    },
    leave({ device, out }) {
      sides.delete(device)
      out.close()
      tellAll()
    },
    close() {
      for (const { out } of sides.values()) out.close()
    },
  }
  return meeting
}
