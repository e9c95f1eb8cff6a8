import { computed, type InjectionKey, inject, onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import type { OwnGroupCall } from '../../node/api/calls.ts'
import type { GroupCallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { CallDevices } from './call-devices.ts'
import type { GroupMedia, LinkState, UseGroupMedia } from './group-media.ts'
import { type CallStatuses, useCallStatus } from './use-call-status.ts'

/** What the call is doing, in one word. `secure`: each connection in it is. */
export type GroupPhase = 'asking' | 'alone' | LinkState | 'stuck'

/** The one group call of this page: what the node knows of it and what the browser does for it. */
export interface UseGroupCall {
  readonly media: GroupMedia
  /** What everybody in it tells of themself. */
  readonly status: CallStatuses
  /** The call that this page takes part in. */
  readonly call: Readonly<ShallowRef<OwnGroupCall | null>>
  readonly phase: Readonly<ShallowRef<GroupPhase>>
  /** Whether there is something to show on the stage. */
  readonly staged: Readonly<ShallowRef<boolean>>
  /** A call of this node that this page has no part in: another tab has it, or a reload cut it off. */
  readonly elsewhere: Readonly<ShallowRef<OwnGroupCall | null>>
  readonly room: Readonly<ShallowRef<string | null>>
  /** Start a call that is open to a room, or come to the one that is on there. */
  start(room: string): Promise<void>
  join(room: string, call: string): Promise<void>
  /** Leave, or put away a call that could not begin. */
  leave(): Promise<void>
  /** Leave a call that another tab of this browser is in, or was in. */
  leaveElsewhere(): Promise<void>
}

export const groupCallKey: InjectionKey<UseGroupCall> = Symbol('group call')

interface Surroundings {
  readonly bridge: Bridge
  readonly makeMedia: UseGroupMedia
  readonly devices: CallDevices
}

export function makeGroupCall({ bridge, makeMedia, devices }: Surroundings): UseGroupCall {
  const view = shallowRef<GroupCallView>({ call: null })
  const wanted = shallowRef<string | null>(null)
  const media = makeMedia(bridge, view, devices)
  onScopeDispose(
    bridge.watch({ type: 'group-call' }, (next) => {
      view.value = next
    }),
  )
  const live = computed(() => (view.value.call && view.value.call.state !== 'ended' ? view.value.call : null))
  const call = computed(() => (live.value && live.value.id === media.call.value ? live.value : null))
  const isStuck = computed(() => !media.isOpen.value && wanted.value !== null && media.trouble.value !== null)

  const phase = computed((): GroupPhase => {
    if (!media.isOpen.value) return 'stuck'
    if (call.value === null) return 'asking'
    const states = media.links.value.map(({ state }) => state)
    if (states.length === 0) return 'alone'
    const worst: readonly LinkState[] = ['untrusted', 'reconnecting', 'connecting', 'connected']
    return worst.find((each) => states.includes(each)) ?? 'secure'
  })

  return {
    media,
    status: useCallStatus(bridge, call, media),
    call,
    phase,
    staged: computed(() => media.isOpen.value || isStuck.value),
    elsewhere: computed(() => (media.isOpen.value ? null : live.value)),
    room: computed(() => call.value?.room ?? wanted.value),
    async start(room) {
      wanted.value = room
      await media.start(room)
    },
    async join(room, id) {
      wanted.value = room
      await media.join(id)
    },
    async leave() {
      wanted.value = null
      await media.leave()
    },
    async leaveElsewhere() {
      if (live.value) await bridge.send({ type: 'leave-call', call: live.value.id })
    },
  }
}

export function useGroupCall(): UseGroupCall {
  const call = inject(groupCallKey)
  if (!call) throw new Error('no group call was provided')
  return call
}
