import { ref, shallowRef } from 'vue'
import { useCallDevices } from '../../web/state/call-devices.ts'
import type { CallMedia, CallMediaState } from '../../web/state/call-media.ts'

/** Call media that do nothing until a test says so. */
export function fakeMedia(): CallMedia {
  const nothing = async () => {}
  return {
    devices: useCallDevices(),
    check: { active: ref(false), stream: shallowRef(null), problem: ref(null) },
    local: shallowRef(null),
    screen: shallowRef(null),
    remote: shallowRef(null),
    emoji: shallowRef(null),
    quality: shallowRef(null),
    state: ref<CallMediaState>('idle'),
    interrupted: ref(false),
    trouble: ref(null),
    muted: ref(false),
    cameraOff: ref(false),
    start: nothing,
    accept: nothing,
    decline: nothing,
    hangUp: nothing,
    toggleMute: () => {},
    toggleCamera: () => {},
    toggleScreen: nothing,
  }
}
