import { computed, ref, shallowRef, watch } from 'vue'
import type { UseGroupMedia } from '../state/group-media.ts'

/** Group media without camera or network: each connection that the node shows is secure, and nothing comes through. */
export const useCannedGroupMedia: UseGroupMedia = (_bridge, view, devices) => {
  const call = ref<string | null>(null)
  const muted = ref(false)
  const cameraOff = ref(false)
  const local = shallowRef<MediaStream | null>(null)
  const participants = computed(() => view.value.call?.participants ?? [])
  watch(view, ({ call: now }) => {
    call.value = now?.id ?? null
  })

  return {
    devices,
    check: { active: ref(false), stream: local, problem: ref(null) },
    local,
    screen: shallowRef(null),
    muted,
    cameraOff,
    toggleMute() {
      muted.value = !muted.value
    },
    toggleCamera() {
      cameraOff.value = !cameraOff.value
    },
    toggleScreen: async () => {},
    call,
    isOpen: computed(() => call.value !== null),
    links: computed(() => participants.value.map(({ device }) => ({ device, stream: null, state: 'secure' as const }))),
    speaking: computed(() => new Set(participants.value.slice(0, 1).map(({ device }) => device))),
    speaker: computed(() => participants.value[0]?.device ?? null),
    trouble: ref(null),
    start: async () => {},
    join: async () => {},
    leave: async () => {
      call.value = null
    },
  }
}
