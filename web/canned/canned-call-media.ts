import { ref, shallowRef, watch } from 'vue'
import { useCallDevices } from '../state/call-devices.ts'
import type { CallMediaState, UseCallMedia } from '../state/call-media.ts'

/** Call media without camera or network: it only follows what the node says. */
export const useCannedCallMedia: UseCallMedia = (_bridge, call) => {
  const state = ref<CallMediaState>('idle')
  const muted = ref(false)
  const cameraOff = ref(false)
  const local = shallowRef<MediaStream | null>(null)
  const remote = shallowRef<MediaStream | null>(null)
  const trouble = ref<string | null>(null)

  watch(call, ({ call: now }) => {
    if (!now || now.state === 'ended') state.value = 'idle'
    else if (now.state === 'connecting') state.value = 'secure'
    else if (now.direction === 'outgoing') state.value = 'ringing'
  })

  return {
    devices: useCallDevices(),
    check: { active: ref(false), stream: local, problem: trouble },
    local,
    screen: shallowRef(null),
    remote,
    emoji: shallowRef(null),
    quality: shallowRef(null),
    state,
    interrupted: ref(false),
    trouble,
    muted,
    cameraOff,
    start: async () => {
      state.value = 'ringing'
    },
    accept: async () => {
      state.value = 'secure'
    },
    decline: async () => {
      state.value = 'ended'
    },
    hangUp: async () => {
      state.value = 'ended'
    },
    toggleMute() {
      muted.value = !muted.value
    },
    toggleCamera() {
      cameraOff.value = !cameraOff.value
    },
    toggleScreen: async () => {},
  }
}
