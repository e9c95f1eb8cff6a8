import type { AnchorsView } from '../api/anchors.ts'
import type {
  CallView,
  DevicesView,
  GroupCallView,
  PairingView,
  PeopleView,
  RoomsView,
  RoomView,
  StatusView,
  ViewOf,
  ViewQuery,
} from '../api/views.ts'
import type { Contacts } from '../rooms/contacts.ts'
import type { Invites } from '../rooms/invites.ts'
import type { Room } from '../rooms/room.ts'
import type { RoomChange } from '../rooms/room-options.ts'
import type { AnchorStore } from '../storage/anchor-store.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { peopleView } from './people-view.ts'
import { roomRow, roomView } from './room-views.ts'
import { TimelineWatch } from './timeline-watch.ts'
import { Watchers } from './watchers.ts'

/** What the views are computed from. */
export interface ViewSources {
  readonly view: ViewStore
  readonly contacts: Contacts
  readonly anchors: AnchorStore
  rooms(): readonly Room[]
  room(key: string): Room
  status(): StatusView
  call(): CallView
  groupCall(): GroupCallView
  groupCalls(room: string): RoomView['groupCalls']
  pairing(): PairingView
  invites(): Invites
  devices(): DevicesView
  anchored(): AnchorsView
  /** The view store cannot be read. */
  onTrouble(error: unknown): void
}

const slowMs = 100

/** Who watches what. Values are computed when asked for, and pushed again when something they show may have changed. */
export class Views {
  readonly #sources: ViewSources
  readonly #status: Watchers<StatusView>
  readonly #rooms: Watchers<RoomsView>
  readonly #people: Watchers<PeopleView>
  readonly #call: Watchers<CallView>
  readonly #groupCall: Watchers<GroupCallView>
  readonly #pairing: Watchers<PairingView>
  readonly #devices: Watchers<DevicesView>
  readonly #anchors: Watchers<AnchorsView>
  readonly #room = new Map<string, Watchers<RoomView>>()
  readonly #timelines = new Map<string, Set<TimelineWatch>>()

  constructor(sources: ViewSources) {
    this.#sources = sources
    const onTrouble = (error: unknown) => sources.onTrouble(error)
    this.#status = new Watchers(slowMs, () => sources.status(), onTrouble)
    this.#rooms = new Watchers(slowMs, () => roomsView(sources), onTrouble)
    this.#people = new Watchers(slowMs, () => peopleView(sources.rooms(), sources.contacts), onTrouble)
    this.#devices = new Watchers(slowMs, () => sources.devices(), onTrouble)
    this.#anchors = new Watchers(slowMs, () => sources.anchored(), onTrouble)
    this.#call = new Watchers(0, () => sources.call(), onTrouble)
    this.#groupCall = new Watchers(0, () => sources.groupCall(), onTrouble)
    this.#pairing = new Watchers(0, () => sources.pairing(), onTrouble)
  }

  /** Throws the problem `no-such-room`. */
  watch<Q extends ViewQuery>(query: Q, push: (value: ViewOf[Q['type']]) => void): () => void {
    const pushAny = push as (value: ViewOf[ViewQuery['type']]) => void
    switch (query.type) {
      case 'status':
        return this.#status.watch(pushAny)
      case 'rooms':
        return this.#rooms.watch(pushAny)
      case 'people':
        return this.#people.watch(pushAny)
      case 'call':
        return this.#call.watch(pushAny)
      case 'group-call':
        return this.#groupCall.watch(pushAny)
      case 'anchors':
        return this.#anchors.watch(pushAny)
      case 'pairing':
        return this.#pairing.watch(pushAny)
      case 'devices':
        return this.#devices.watch(pushAny)
      case 'room':
        return this.#roomWatchers(query.room).watch(pushAny)
      case 'timeline':
        return this.#watchTimeline(query.room, query.limit, pushAny)
    }
  }

  /** The node itself or its place on the network has changed. */
  nodeChanged(): void {
    this.#status.changed()
    this.#rooms.changed()
    this.#people.changed()
    this.#devices.changed()
    for (const watchers of this.#room.values()) watchers.changed()
  }

  anchorsChanged(): void {
    this.#anchors.changed()
    for (const watchers of this.#room.values()) watchers.changed()
  }

  callChanged(): void {
    this.#call.changed()
    this.#groupCall.changed()
    for (const watchers of this.#room.values()) watchers.changed()
  }

  pairingChanged(): void {
    this.#pairing.changed()
  }

  roomChanged(change: RoomChange): void {
    // That changes the call, which says so itself.
    if (change.type === 'note') return
    const { key } = change.room
    if (change.type === 'entries') {
      for (const watch of this.#timelines.get(key) ?? []) watch.onEntries(change.entries)
    }
    if (change.type === 'authority' || change.type === 'reopened')
      for (const watch of this.#timelines.get(key) ?? []) watch.reset()
    this.#room.get(key)?.changed()
    this.#rooms.changed()
    this.#people.changed()
    this.#devices.changed()
    this.#status.changed()
  }

  /** Everything shown may be wrong: show it anew. */
  resetAll(): void {
    for (const watches of this.#timelines.values()) for (const watch of watches) watch.reset()
    this.nodeChanged()
    this.callChanged()
  }

  close(): void {
    const nodes = [
      this.#status,
      this.#rooms,
      this.#people,
      this.#call,
      this.#groupCall,
      this.#pairing,
      this.#devices,
      this.#anchors,
    ]
    for (const watchers of [...nodes, ...this.#room.values()]) watchers.close()
    this.#timelines.clear()
  }

  #roomWatchers(key: string): Watchers<RoomView> {
    const room = this.#sources.room(key)
    let watchers = this.#room.get(key)
    if (!watchers) {
      watchers = new Watchers(
        slowMs,
        () => ({
          ...roomView(room, { ...this.#sources, invites: this.#sources.invites() }),
          groupCalls: [...this.#sources.groupCalls(key)],
        }),
        (error) => this.#sources.onTrouble(error),
      )
      this.#room.set(key, watchers)
    }
    return watchers
  }

  #watchTimeline(key: string, limit: number | undefined, push: (value: ViewOf['timeline']) => void): () => void {
    const watch = new TimelineWatch(this.#sources.room(key), limit, push)
    const watches = this.#timelines.get(key) ?? new Set()
    this.#timelines.set(key, watches.add(watch))
    return () => {
      watches.delete(watch)
      if (watches.size === 0) this.#timelines.delete(key)
    }
  }
}

function roomsView({ rooms, view }: ViewSources): RoomsView {
  const rows = rooms().map((room) => roomRow(room, view))
  return { rooms: rows.sort((a, b) => (b.time ?? 0) - (a.time ?? 0) || (a.id < b.id ? -1 : 1)) }
}
