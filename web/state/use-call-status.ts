import { computed, type Ref, ref, type ShallowRef, watch } from 'vue'
import type { CallReaction, OwnGroupCall, ParticipantStatus } from '../../node/api/calls.ts'
import type { Command } from '../../node/api/commands.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { OwnSide } from './call-media.ts'

/** What the people in a call tell each other of themselves, as the node shows it. */
export interface CallStatuses {
  /** Whether one's own hand is raised. */
  readonly hand: Readonly<Ref<boolean>>
  toggleHand(): void
  /** Show an emoji to everybody, by its number. */
  react(emoji: number): void
  /** Of everybody in the call, oneself as well. */
  readonly all: Readonly<ShallowRef<readonly ParticipantStatus[]>>
  /** What was thrown in within the last seconds, by oneself as well. */
  readonly reactions: Readonly<ShallowRef<readonly CallReaction[]>>
  /** Which of the raised hands this device's is, from 1; null if it is not raised, or the only one. */
  placeOf(device: string): number | null
}

/** A call, as far as it is told of the people in it. */
type Told = Pick<OwnGroupCall, 'id' | 'statuses' | 'reactions'>

/** `live`: the call that this page takes part in. */
export function useCallStatus(
  bridge: Pick<Bridge, 'send'>,
  live: Readonly<ShallowRef<Told | null>>,
  media: Pick<OwnSide, 'muted' | 'cameraOff' | 'local' | 'screen'>,
): CallStatuses {
  const hand = ref(false)
  const id = computed(() => live.value?.id ?? null)
  const all = computed(() => live.value?.statuses ?? [])
  const raised = computed(() =>
    all.value
      .filter(({ hand }) => hand !== null)
      .sort((a, b) => a.hand! - b.hand!)
      .map(({ device }) => device),
  )
  const hasNoCamera = computed(() => media.local.value?.getVideoTracks().length === 0)
  const own = computed(() => ({
    muted: media.muted.value,
    cameraOff: media.cameraOff.value || hasNoCamera.value,
    sharing: media.screen.value !== null,
    hand: hand.value,
  }))

  let last: string | null = null
  watch(id, (now) => {
    // A node that was started anew knows of no call for a moment.
    if (now && now !== last) hand.value = false
    last = now ?? last
  })
  watch([id, own], ([call, status]) => {
    if (call) send({ type: 'set-call-status', call, ...status })
  })

  /** The call may just have ended. */
  function send(command: Extract<Command, { type: 'set-call-status' | 'react-in-call' }>): void {
    bridge.send(command).catch(() => undefined)
  }

  return {
    hand,
    toggleHand() {
      hand.value = !hand.value
    },
    react(emoji) {
      if (id.value) send({ type: 'react-in-call', call: id.value, emoji })
    },
    all,
    reactions: computed(() => live.value?.reactions ?? []),
    placeOf(device) {
      return raised.value.length > 1 ? raised.value.indexOf(device) + 1 || null : null
    },
  }
}
