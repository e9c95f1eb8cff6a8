import type { AnchorsView } from '../../node/api/anchors.ts'
import type { CommandInput, CommandResult, CommandType } from '../../node/api/commands.ts'
import type { Device } from '../../node/api/people.ts'
import type {
  MessageItem,
  RoomRow,
  RoomView,
  StatusView,
  TimelineItem,
  ViewOf,
  ViewQuery,
} from '../../node/api/views.ts'
import type { Backend } from '../../node/backend.ts'
import type { NodeConfig } from '../../node/config.ts'
import { openNode } from '../../node/open-node.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { type Verified, verifyBundle } from '../../protocol/verification/index.ts'
import { until } from './until.ts'

/** `unnamed`: nobody has said yet how they want to be called. */
export type TestPersonOptions = Partial<NodeConfig> & { readonly unnamed?: true }

/** A person at their node, without its page. */
export interface TestPerson {
  readonly name: string
  readonly home: string
  readonly backend: Backend
  run<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult<T>>
  /** Answers the entry's id once the node has acknowledged it. */
  send(room: string, text: string): Promise<string>
  status(): StatusView
  rooms(): readonly RoomRow[]
  /** Their devices, as far as this one knows them. */
  devices(): readonly Device[]
  room(room: string): RoomView
  anchors(): AnchorsView
  /** Everything shown of a room, page after page. */
  timeline(room: string): TimelineItem[]
  texts(room: string): string[]
  verify(room: string): Promise<Verified>
  close(): Promise<void>
}

/** Open a node in this process. */
export async function openPerson(name: string, config: NodeConfig): Promise<TestPerson> {
  const { backend, close } = await openNode(config)
  let closing: Promise<void> | null = null
  const timeline = (room: string) => wholeTimeline(backend, room)
  return {
    name,
    home: config.home,
    backend,
    run: (type, input) => runOn(backend, type, input),
    send: async (room, text) => (await runOn(backend, 'send-message', { room, text })).id,
    status: () => viewOf(backend, { type: 'status' }),
    rooms: () => viewOf(backend, { type: 'rooms' }).rooms,
    devices: () => viewOf(backend, { type: 'devices' }).devices,
    room: (room) => viewOf(backend, { type: 'room', room }),
    anchors: () => viewOf(backend, { type: 'anchors' }),
    timeline,
    texts: (room) => textsOf(timeline(room)),
    verify: async (room) => verifyBundle(await backend.exportRoom(room, 'all'), { primitives }),
    close() {
      closing ??= close()
      return closing
    },
  }
}

/** The messages among items. */
export function textsOf(items: readonly TimelineItem[]): string[] {
  return items.filter((item): item is MessageItem => item.type === 'message').map(({ text }) => text)
}

/** Make a room as the first of these people, and bring the others in. */
export async function meet(owner: TestPerson, ...others: readonly TestPerson[]): Promise<string> {
  const { room, link } = await owner.run('create-room', { name: 'Book club' })
  for (const person of others) await person.run('join-room', { link })
  const all = [owner, ...others]
  await until(() => all.every((person) => person.room(room).members.length === all.length), 'the meeting')
  return room
}

/** Wait until each of them shows just these messages, in this order. */
export async function untilAllShow(people: readonly TestPerson[], room: string, texts: readonly string[]) {
  for (const person of people) await untilShows(person, room, texts)
}

/** Wait until someone shows as many messages as expected, and compare them. */
export async function untilShows(person: TestPerson, room: string, texts: readonly string[]): Promise<void> {
  await until(() => person.texts(room).length >= texts.length, `${texts.length} messages at ${person.name}`)
  const shown = person.texts(room)
  if (JSON.stringify(shown) !== JSON.stringify(texts)) {
    throw new Error(`${person.name} shows ${JSON.stringify(shown)} instead of ${JSON.stringify(texts)}`)
  }
}

function runOn<T extends CommandType>(backend: Backend, type: T, input: CommandInput<T>): Promise<CommandResult<T>> {
  return backend.run({ type, ...input } as Parameters<typeof backend.run<T>>[0])
}

/** A view as it is now: it pushes its present value at once. */
function viewOf<Q extends ViewQuery>(backend: Backend, query: Q): ViewOf[Q['type']] {
  let value: ViewOf[Q['type']] | undefined
  backend.watch(query, (pushed) => {
    value = pushed
  })()
  if (value === undefined) throw new Error(`${query.type} pushed nothing`)
  return value
}

function wholeTimeline(backend: Backend, room: string): TimelineItem[] {
  const items: TimelineItem[] = []
  for (let before: string | null = null; ; ) {
    const page = backend.page(room, before, 500)
    items.unshift(...page.items)
    before = page.items[0]?.order ?? null
    if (!page.older || before === null) return items
  }
}
