import { computed, type InjectionKey, inject, type ShallowRef } from 'vue'
import type { CommandInput, CommandResult } from '../../node/api/commands.ts'
import type { PeopleView, RoomsView, StatusView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { useView } from './use-bridge.ts'

/** What every view of the page may want to know: the node's state, the rooms, and the people in them. */
export interface Home {
  readonly status: Readonly<ShallowRef<StatusView | undefined>>
  readonly rooms: Readonly<ShallowRef<RoomsView | undefined>>
  readonly people: Readonly<ShallowRef<PeopleView | undefined>>
  readonly unread: Readonly<ShallowRef<number>>
  setName(name: string): Promise<void>
  createRoom(room: CommandInput<'create-room'>): Promise<CommandResult<'create-room'>>
}

export const homeKey: InjectionKey<Home> = Symbol('home')

/** Watch status, rooms and people once for the whole page. */
export function makeHome(bridge: Bridge): Home {
  const { view: status } = useView(bridge, { type: 'status' })
  const { view: rooms } = useView(bridge, { type: 'rooms' })
  const { view: people } = useView(bridge, { type: 'people' })
  return {
    status,
    rooms,
    people,
    unread: computed(() => (rooms.value?.rooms ?? []).reduce((sum, { unread }) => sum + unread, 0)),
    async setName(name) {
      await bridge.send({ type: 'set-name', name })
    },
    createRoom: (room) => bridge.send({ type: 'create-room', ...room }),
  }
}

export function useHome(): Home {
  const home = inject(homeKey)
  if (!home) throw new Error('no home was provided')
  return home
}

/** When one has confirmed somebody, live; null: not. */
export function useConfirmed(identity: () => string): Readonly<ShallowRef<number | null>> {
  const { people } = useHome()
  return computed(() => people.value?.people.find((person) => person.identity === identity())?.confirmed ?? null)
}
