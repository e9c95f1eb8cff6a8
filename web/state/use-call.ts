import { useIntervalFn } from '@vueuse/core'
import {
  computed,
  type InjectionKey,
  inject,
  onScopeDispose,
  type Ref,
  ref,
  type ShallowRef,
  shallowRef,
  watch,
} from 'vue'
import type { CallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { t } from '../locales/t.ts'
import type { CallMedia, CallMediaState, UseCallMedia } from './call-media.ts'
import { type CallStatuses, useCallStatus } from './use-call-status.ts'

/** What the call is doing, in one word. */
export type CallPhase = CallMediaState | 'reconnecting'

/** The one call of this page: what the node knows of it and what the browser does for it. */
export interface UseCall {
  readonly media: CallMedia
  /** What everybody in it tells of themself. */
  readonly status: CallStatuses
  readonly phase: Readonly<ShallowRef<CallPhase>>
  /** A call that rings here and has not been answered. */
  readonly incoming: Readonly<ShallowRef<CallView['call']>>
  /** Whether there is something to show on the stage. */
  /** Whether the two pages are connected, or are getting connected again. */
  readonly isConnected: Readonly<ShallowRef<boolean>>
  readonly staged: Readonly<ShallowRef<boolean>>
  /** A call of this node that this page has no part in: another tab has it, or a reload cut it off. */
  readonly elsewhere: Readonly<ShallowRef<CallView['call']>>
  readonly room: Readonly<ShallowRef<string | null>>
  readonly peer: Readonly<ShallowRef<{ readonly identity: string; readonly name: string }>>
  /** How many packets from elsewhere the call's tunnel has refused. */
  readonly refused: Readonly<ShallowRef<number>>
  /** Milliseconds since the two were connected. */
  readonly length: Readonly<Ref<number>>
  /** Call a member. `name` is shown until the node has told who it is. */
  call(room: string, identity: string, name: string): Promise<void>
  /** Answer the call that rings here. */
  accept(): Promise<void>
  /** Call the same person once more, after it could not begin. */
  again(): Promise<void>
  /** Hang up, or put away a call that could not begin. */
  leave(): Promise<void>
  /** End a call that another tab of this browser is in, or was in. */
  endElsewhere(): Promise<void>
}

export const callKey: InjectionKey<UseCall> = Symbol('call')

interface Surroundings {
  readonly bridge: Bridge
  readonly makeMedia: UseCallMedia
  /** Told once at the end of each call, in words. */
  readonly onEnd: (sentence: string) => void
}

export function makeCall({ bridge, makeMedia, onEnd }: Surroundings): UseCall {
  const view = shallowRef<CallView>({ call: null })
  const dialled = shallowRef<{ room: string; identity: string; name: string } | null>(null)
  const media = makeMedia(bridge, view)
  const live = computed(() => (view.value.call && view.value.call.state !== 'ended' ? view.value.call : null))
  const busy = computed(() => media.state.value !== 'idle' && media.state.value !== 'ended')
  const incoming = computed(() =>
    live.value?.direction === 'incoming' && live.value.state === 'ringing' && !answering.value ? live.value : null,
  )
  const answering = computed(() => ['asking', 'connecting', 'connected', 'secure'].includes(media.state.value))
  const talking = computed(() => media.state.value === 'connected' || media.state.value === 'secure')

  /** The node does not answer, or has not told of its call since. */
  const nodeAway = ref(false)
  onScopeDispose(
    bridge.watchState((now) => {
      if (now !== 'open') nodeAway.value = true
    }),
  )
  // A browser holds a call for some seconds only: so long, the page does not wait longer each time.
  useIntervalFn(() => nodeAway.value && talking.value && bridge.retry(), 500)

  const cutOff = computed(() => nodeAway.value || live.value?.state !== 'connecting' || media.interrupted.value)
  const stuck = computed(() => dialled.value !== null && media.trouble.value !== null)

  onScopeDispose(
    bridge.watch({ type: 'call' }, (next) => {
      const ended = next.call?.state === 'ended' && view.value.call?.state !== 'ended' ? next.call : null
      view.value = next
      nodeAway.value = false
      if (ended) onEnd(endSentence(ended))
      // A node that was started anew knows of no call before the page has told it.
      const isOver = next.call ? next.call.state === 'ended' : !talking.value
      if (isOver) dialled.value = media.trouble.value ? dialled.value : null
    }),
  )

  /** The call that this page takes part in. */
  const taken = computed(() => (busy.value && !incoming.value ? live.value : null))

  const phase = computed(() => (talking.value && cutOff.value ? 'reconnecting' : media.state.value))

  return {
    media,
    status: useCallStatus(bridge, taken, media),
    phase,
    isConnected: talking,
    incoming,
    staged: computed(() => !incoming.value && (busy.value || stuck.value)),
    elsewhere: computed(() => (incoming.value || busy.value ? null : live.value)),
    room: computed(() => live.value?.room ?? dialled.value?.room ?? null),
    peer: computed(() =>
      live.value
        ? { identity: live.value.peer, name: live.value.peerName }
        : { identity: dialled.value?.identity ?? '', name: dialled.value?.name ?? '' },
    ),
    refused: computed(() => live.value?.refused ?? 0),
    length: useLength(talking, () => live.value?.id),
    async call(room, identity, name) {
      dialled.value = { room, identity, name }
      await media.start(room, identity)
    },
    async accept() {
      if (live.value) dialled.value = { room: live.value.room, identity: live.value.peer, name: live.value.peerName }
      await media.accept()
    },
    async again() {
      if (dialled.value) await media.start(dialled.value.room, dialled.value.identity)
    },
    async leave() {
      dialled.value = null
      await media.hangUp()
    },
    async endElsewhere() {
      if (live.value) await bridge.send({ type: 'end-call', call: live.value.id, reason: 'hung-up' })
    },
  }
}

export function useCall(): UseCall {
  const call = inject(callKey)
  if (!call) throw new Error('no call was provided')
  return call
}

/** Why a call ended, from where we stand. */
function endSentence({ direction, reason, peerName }: NonNullable<CallView['call']>): string {
  if (reason === 'elsewhere') return t('call.self.elsewhere')
  if (direction === 'incoming' && reason === 'declined') return t('call.self.declined')
  if (direction === 'incoming' && (reason === 'missed' || reason === 'cancelled'))
    return t('call.self.missed', peerName)
  switch (reason) {
    case 'declined':
      return t('call.end.declined', peerName)
    case 'missed':
      return t('call.end.missed', peerName)
    case 'busy':
      return t('call.end.busy', peerName)
    case 'cancelled':
      return t('call.end.cancelled')
    case 'failed':
      return t('call.end.failed')
    default:
      return t('call.end.hung-up')
  }
}

function useLength(talking: Readonly<ShallowRef<boolean>>, id: () => string | undefined): Ref<number> {
  const length = ref(0)
  let timer: ReturnType<typeof setInterval> | undefined
  let of: string | undefined
  watch([talking, id] as const, ([now, call]) => {
    // A node that was started anew knows of no call for a moment.
    if (call && call !== of) length.value = 0
    of = call ?? of
    clearInterval(timer)
    if (!now) return
    // A lost connection that comes back is the same call.
    const began = Date.now() - length.value
    timer = setInterval(() => {
      length.value = Date.now() - began
    }, 1000)
  })
  onScopeDispose(() => clearInterval(timer))
  return length
}
