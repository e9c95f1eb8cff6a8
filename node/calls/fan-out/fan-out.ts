import { randomBytes } from 'node:crypto'
import type { RtcpPacket, RtpPacket } from 'werift'
import {
  type Announcement,
  decodeFanOut,
  encodeFanOut,
  type FanOutMessage,
  type Layer,
  type MediaPacket,
  type PictureLayer,
} from '../../../protocol/call/fan-out.ts'
import { answerPage, describePage, slotSource } from '../../../protocol/call/fan-out-sdp.ts'
import { ProtocolError } from '../../../protocol/errors.ts'
import { OtherSender } from './other-sender.ts'
import { OwnSender } from './own-sender.ts'
import { openPageLink, type PageLink } from './page-link.ts'
import { makePageReports, readFeedback } from './page-reports.ts'
import { loadWerift } from './werift.ts'

/** What was refused of what other nodes have sent, for each reason there is. */
export interface FanOutCounters {
  /** From a device that takes no part. */
  stranger: number
  /** Not of the form that it must have. */
  malformed: number
  /** Of a layer that its sender has not announced, or that was not asked for. */
  unannounced: number
  /** More in a second than anybody needs. */
  overflowed: number
  /** Too late, or before any key frame. */
  late: number
}

/** What a page has to know of its end of a call by fan-out. Devices are hex. */
export interface FanOutView {
  /** Which layers somebody watches: the others need not be sent. */
  readonly watched: readonly Layer[]
  /** Who comes in by which slot, and by which session; null: nobody, or nothing has come yet. */
  readonly slots: readonly ({ readonly device: string; readonly session: Uint8Array | null } | null)[]
}

export interface FanOutOptions {
  /** The call's id. */
  readonly call: Uint8Array
  /** The own address that the page is told. */
  readonly address: string
  /** What the own page has offered. */
  readonly sdp: string
  /** Send an unordered datagram to a participant's node; it may get lost. */
  send(device: string, datagram: Uint8Array): void
  /** The view is another one. */
  onChange(): void
  /** The page could not prove that it is the one that has offered. */
  onFailure(): void
  /** In ms, by any clock. */
  now(): number
}

/** One call by fan-out: the own page's media to the other participants' nodes, and theirs to the own page. Devices are hex. */
export interface FanOut {
  /** For the page. */
  readonly answer: string
  /** 16 bytes, of this connection of the page. */
  readonly session: Uint8Array
  readonly counters: Readonly<FanOutCounters>
  /** Packets to and from the own page. */
  readonly link: PageLink['counters']
  /** Who takes part beside us. Those who come are given slots, as long as there are any. */
  setParticipants(devices: readonly string[]): void
  /** The size of picture that the page has use for, of each participant. */
  setTiles(tiles: ReadonlyMap<string, PictureLayer | null>): void
  receive(device: string, datagram: Uint8Array): void
  view(): FanOutView
  close(): void
}

const mostPerSecond = 2_000
/** A second that took so much longer, in ms: the machine has too much to do. */
const mostLate = 250

/** Spec: specs/fan-out.md. Throws `call/…` for an offer that is not as it must be. */
export async function openFanOut(options: FanOutOptions): Promise<FanOut> {
  const { call, now, onChange } = options
  const offer = describePage(options.sdp)
  const werift = await loadWerift()
  const session = new Uint8Array(randomBytes(16))
  const counters: FanOutCounters = { stranger: 0, malformed: 0, unannounced: 0, overflowed: 0, late: 0 }
  const slots = offer.slots.map((): OtherSender | null => null)
  const others = new Map<string, OtherSender>()
  const ask = (source: number) => link.sendRtcp([reports.keyFrameRequest(source)])
  const own = new OwnSender({
    now,
    send,
    askPage: ask,
    askPageAgain: (source, lost) => link.sendRtcp([reports.missing(source, lost)]),
  })
  const reports = makePageReports(werift)
  const link = await openPageLink({
    page: offer,
    address: options.address,
    onConnect: everySecond,
    onRtp: fromPage,
    onRtcp: feedback,
    onFailure: options.onFailure,
  })
  let lastSecond = now()
  let seen = ''
  const clock = setInterval(everySecond, 1_000)
  clock.unref()

  function send(device: string, message: FanOutMessage): void {
    options.send(device, encodeFanOut(call, message))
  }

  function fromPage({ header, payload }: RtpPacket): void {
    const known = own.layers.size
    const layer = own.layerOf(header, offer)
    if (!layer) return
    // Packets of a layer that was not announced are refused.
    if (own.layers.size > known) for (const device of others.keys()) announceTo(device)
    const { sequenceNumber: sequence, timestamp, marker } = header
    reports.note(header)
    own.take(layer, { sequence, timestamp, marker, payload }, others.keys())
  }

  function feedback(packet: RtcpPacket): void {
    for (const told of readFeedback(packet, werift)) {
      if (told.type === 'clock') {
        reports.noteClock(told)
        own.tell(told, others.keys())
        continue
      }
      const other = slots[Math.floor((told.source - 1) / 2)]
      if (!other) continue
      if (told.type === 'missing')
        for (const message of other.missing(told.kind, told.sequences)) send(other.device, message)
      else for (const message of other.keyFrame(now())) send(other.device, message)
    }
  }

  function receive(device: string, datagram: Uint8Array): void {
    const other = others.get(device)
    if (!other) return void counters.stranger++
    if (!other.mayCome(mostPerSecond)) return void counters.overflowed++
    try {
      receiveMessage(other, decodeFanOut(call, datagram))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      counters.malformed++
    }
  }

  function receiveMessage(other: OtherSender, message: FanOutMessage): void {
    switch (message.type) {
      case 'media':
        receiveMedia(other, message)
        return
      case 'announcement':
        receiveAnnouncement(other, message)
        return
      case 'wish':
        own.wish(other.device, message.picture)
        changed()
        return
      case 'missing':
        own.sendAgain(other.device, message)
        return
      case 'key-frame':
        own.keyFrame(message.layer)
        return
      case 'clock': {
        const moment = other.moment(message)
        if (moment !== null && other.slot !== null) {
          const kind = message.layer === 'audio' ? 'audio' : 'video'
          link.sendRtcp([reports.clock(slotSource(other.slot, kind), message.time, moment)])
        }
      }
    }
  }

  function receiveMedia(other: OtherSender, packet: MediaPacket): void {
    if (other.slot === null || !other.mayShow(packet.layer)) return void counters.unannounced++
    const shown = other.pass(packet, now())
    if (!shown) {
      counters.late++
      for (const message of other.keyFrameOf(packet.layer, now())) send(other.device, message)
      return
    }
    const kind = packet.layer === 'audio' ? 'audio' : 'video'
    const { payload: payloadType } = offer.slots[other.slot]![kind]
    const { marker, payload } = packet
    link.sendRtp({ source: slotSource(other.slot, kind), payloadType, marker, ...shown, payload })
  }

  function receiveAnnouncement(other: OtherSender, announcement: Announcement): void {
    const isNew = other.announce(announcement)
    if (isNew) wishOf(other)
    changed()
  }

  function announceTo(device: string): void {
    send(device, { type: 'announcement', session, layers: own.layers })
  }

  function wishOf(other: OtherSender): void {
    send(other.device, { type: 'wish', picture: other.wish() })
  }

  function everySecond(): void {
    const late = now() - lastSecond > 1_000 + mostLate
    lastSecond = now()
    own.everySecond()
    for (const other of others.values()) {
      other.everySecond(late)
      announceTo(other.device)
      wishOf(other)
    }
    link.sendRtcp(reports.everySecond(own.sources()))
    changed()
  }

  function view(): FanOutView {
    return {
      watched: own.watched(),
      slots: slots.map((other) => other && { device: other.device, session: other.session }),
    }
  }

  function changed(): void {
    const { watched, slots: shown } = view()
    const now = JSON.stringify([watched, shown.map((slot) => slot && [slot.device, slot.session && [...slot.session]])])
    if (now === seen) return
    seen = now
    onChange()
  }

  function setParticipants(devices: readonly string[]): void {
    for (const [device, { slot }] of others) {
      if (devices.includes(device)) continue
      others.delete(device)
      own.forget(device)
      if (slot !== null) slots[slot] = null
    }
    for (const device of devices) {
      if (others.has(device)) continue
      const free = slots.indexOf(null)
      const other = new OtherSender(device, free === -1 ? null : { number: free, tracks: tracks[free]! })
      others.set(device, other)
      if (free !== -1) slots[free] = other
      announceTo(device)
      wishOf(other)
    }
    changed()
  }

  const tracks = offer.slots.map(() => OtherSender.makeTracks())

  return {
    answer: answerPage(offer, link.end),
    session,
    counters,
    link: link.counters,
    setParticipants,
    setTiles(tiles) {
      for (const other of others.values()) {
        if (other.setTile(tiles.get(other.device) ?? null)) wishOf(other)
      }
    },
    receive,
    view,
    close() {
      clearInterval(clock)
      link.close()
    },
  }
}
