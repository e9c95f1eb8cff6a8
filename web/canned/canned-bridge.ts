import type { Command, CommandResult, CommandType } from '../../node/api/commands.ts'
import type { Device, Person } from '../../node/api/people.ts'
import { problems } from '../../node/api/problems.ts'
import type {
  CallView,
  GroupCallView,
  PairingView,
  RoomView,
  StatusView,
  TimelineItem,
  ViewOf,
  ViewQuery,
} from '../../node/api/views.ts'
import type { Bridge, BridgeState } from '../bridge/bridge.ts'
import { BridgeProblem } from '../bridge/bridge-problem.ts'

/** One room of a canned world, with its whole past. */
export interface CannedRoom {
  view: RoomView
  items: TimelineItem[]
  unread: number
}

/** What a canned bridge answers from. Change it, then `tell()`. */
export interface CannedWorld {
  status: StatusView
  rooms: CannedRoom[]
  call: CallView
  groupCall: GroupCallView
  pairing: PairingView
  devices: Device[]
}

type Handlers = { [T in CommandType]?: (command: Extract<Command, { type: T }>) => CommandResult<T> }

interface Watcher {
  readonly query: ViewQuery
  readonly push: (value: never) => void
  readonly fail: (problem: BridgeProblem) => void
}

export interface CannedBridge extends Bridge {
  readonly world: CannedWorld
  /** Every command that was sent, oldest first. */
  readonly sent: Command[]
  /** Push every view again. */
  tell(): void
  setState(state: BridgeState): void
}

/** A bridge without a node: it answers from a world in memory. For tests of components, and for drawing them. */
export function makeCannedBridge(world: CannedWorld, handlers: Handlers = {}): CannedBridge {
  const watchers = new Set<Watcher>()
  const listeners = new Set<(state: BridgeState) => void>()
  const sent: Command[] = []
  let state: BridgeState = 'open'

  const roomOf = (id: string) => world.rooms.find(({ view }) => view.id === id)

  function show({ query, push, fail }: Watcher): void {
    const value = viewFor(query)
    if (value) push(value as never)
    else fail(problem('no-such-room'))
  }

  function viewFor(query: ViewQuery): ViewOf[keyof ViewOf] | undefined {
    switch (query.type) {
      case 'status':
        return world.status
      case 'rooms':
        return { rooms: world.rooms.map(rowOf) }
      case 'people':
        return { people: peopleIn(world) }
      case 'devices':
        return { devices: world.devices }
      case 'room':
        return roomOf(query.room)?.view
      case 'timeline': {
        const items = roomOf(query.room)?.items
        const limit = query.limit ?? 100
        return items && { reset: true, items: items.slice(-limit), older: items.length > limit }
      }
      case 'call':
        return world.call
      case 'group-call':
        return world.groupCall
      case 'pairing':
        return world.pairing
      case 'anchors':
        return { chains: [], anchors: [] }
    }
  }

  return {
    world,
    sent,
    send: async (command) => {
      sent.push(command)
      const handler = handlers[command.type] as ((command: Command) => never) | undefined
      if (!handler) throw problem('internal')
      return handler(command)
    },
    watch(query, push, fail = () => {}) {
      const watcher = { query, push, fail }
      watchers.add(watcher)
      if (state === 'open') show(watcher)
      return () => watchers.delete(watcher)
    },
    page: async (room, before, limit) => {
      const items = roomOf(room)?.items ?? []
      const end = before === null ? items.length : items.findIndex(({ order }) => order >= before)
      const start = Math.max(0, end - limit)
      return { items: items.slice(start, end), older: start > 0 }
    },
    exportRoom: async () => new Uint8Array([0]),
    excerptRoom: async () => new Uint8Array([0]),
    watchState(push) {
      listeners.add(push)
      push(state)
      return () => listeners.delete(push)
    },
    retry() {},
    close() {},
    tell() {
      for (const watcher of watchers) show(watcher)
    },
    setState(next) {
      state = next
      for (const listener of listeners) listener(next)
    },
  }
}

function rowOf({ view, items, unread }: CannedRoom): ViewOf['rooms']['rooms'][number] {
  const last = items.findLast((item) => item.type === 'message')
  const lastLine = last ? `${last.name}: ${last.text}` : ''
  const { id, name, state, standing, told, peers } = view
  return { id, name, state, standing, told, peers, lastLine, time: items.at(-1)?.time ?? null, unread }
}

/** Everybody in the rooms. The canned world has no petnames. */
function peopleIn({ rooms }: CannedWorld): Person[] {
  const people = new Map<string, Person>()
  for (const { view } of rooms) {
    for (const { identity, name, chosenName, confirmed } of view.members.filter(({ self }) => !self)) {
      const before = people.get(identity)?.rooms ?? []
      people.set(identity, {
        identity,
        name,
        chosenName,
        confirmed,
        petname: null,
        direct: false,
        rooms: [...before, view.id],
      })
    }
  }
  return [...people.values()]
}

export function problem(code: keyof typeof problems): BridgeProblem {
  return new BridgeProblem(code, problems[code][1])
}
