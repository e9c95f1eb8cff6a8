import { computed, ref, type ShallowRef, watch } from 'vue'
import type { CallDevices } from '../state/call-devices.ts'
import type { DeviceCheck } from '../state/call-media.ts'
import { type Captured, useOwnMedia } from './own-media.ts'

/** `live`: what a call has open, which is shown then instead of opening it a second time. */
export function useDeviceCheck(devices: CallDevices, live: ShallowRef<MediaStream | null>): DeviceCheck {
  const active = ref(false)
  const problem = ref<string | null>(null)
  const own = useOwnMedia({
    devices,
    peer: () => null,
    onNotice: (sentence) => {
      problem.value = sentence
    },
  })
  const isNeeded = computed(() => active.value && live.value === null)
  let latest: Captured | null = null

  function open(): void {
    problem.value = null
    const captured = own.capture((one) => isNeeded.value && one === latest)
    latest = captured
    captured.open.catch((error: Error) => {
      if (captured === latest && isNeeded.value) problem.value = error.message
    })
  }

  watch(isNeeded, (now) => (now ? open() : own.close()))
  // Another device may do what the one before did not.
  watch(devices.used, () => {
    if (isNeeded.value && problem.value !== null && own.stream.value === null) open()
  })

  return { active, problem, stream: computed(() => live.value ?? own.stream.value) }
}
