import { useEventListener } from '@vueuse/core'
import { computed, type Ref, ref, type ShallowRef, shallowRef } from 'vue'

export const deviceKinds = ['microphone', 'camera', 'speaker'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/** A device as the browser knows it on this page. */
export interface Device {
  readonly id: string
  readonly label: string
}

/** An id of each kind. Empty is whatever the system takes by itself. */
export type DeviceChoice = Readonly<Record<DeviceKind, string>>

/** Microphones, cameras and speakers: which there are, and which of them calls use. */
export interface CallDevices {
  /** What can be chosen now. Empty where the browser does not tell yet: most want to be asked for the microphone first. */
  readonly listed: Readonly<ShallowRef<Readonly<Record<DeviceKind, readonly Device[]>>>>
  /** What is chosen and there. One that is away is used again as soon as it is back. */
  readonly used: Readonly<Ref<DeviceChoice>>
  /** The one that was in use and went away last. */
  readonly lost: Readonly<ShallowRef<(Device & { readonly kind: DeviceKind }) | null>>
  /** Kept over reloads. */
  choose(kind: DeviceKind, id: string): void
  /** Ask the browser which there are. By itself it is asked when one comes or goes. */
  refresh(): Promise<void>
}

const kindsOfBrowser: Readonly<Record<string, DeviceKind>> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
}
/** Entries of Chromium that stand for another one of the list, and for what we call the system's own. */
const standIns = ['', 'default', 'communications']
const none = { microphone: [], camera: [], speaker: [] }
const keyOf = (kind: DeviceKind) => `parley.${kind}`

interface Surroundings {
  /** Absent on a page that may have no devices. */
  readonly mediaDevices?: MediaDevices | undefined
  readonly storage?: Storage
}

/** The devices of this browser; `storage` keeps the choice. */
export function useCallDevices({
  mediaDevices = navigator.mediaDevices,
  storage = localStorage,
}: Surroundings = {}): CallDevices {
  const listed = shallowRef<Readonly<Record<DeviceKind, readonly Device[]>>>(none)
  const wanted = ref<DeviceChoice>(choiceOf((kind) => storage.getItem(keyOf(kind)) ?? ''))
  const lost = shallowRef<(Device & { readonly kind: DeviceKind }) | null>(null)
  const used = computed(() =>
    choiceOf((kind) => (listed.value[kind].some(({ id }) => id === wanted.value[kind]) ? wanted.value[kind] : '')),
  )

  async function refresh(): Promise<void> {
    const before = { listed: listed.value, used: used.value }
    listed.value = inKinds((await mediaDevices?.enumerateDevices()) ?? [])
    for (const kind of deviceKinds) {
      const inUse = before.listed[kind].find(({ id }) => id === before.used[kind])
      if (inUse && used.value[kind] === '') lost.value = { ...inUse, kind }
    }
  }

  if (mediaDevices) useEventListener(mediaDevices, 'devicechange', () => void refresh().catch(() => undefined))

  return {
    listed,
    used,
    lost,
    refresh,
    choose(kind, id) {
      wanted.value = { ...wanted.value, [kind]: id }
      if (id === '') storage.removeItem(keyOf(kind))
      else storage.setItem(keyOf(kind), id)
    },
  }
}

function choiceOf(idOf: (kind: DeviceKind) => string): DeviceChoice {
  return { microphone: idOf('microphone'), camera: idOf('camera'), speaker: idOf('speaker') }
}

function inKinds(found: readonly MediaDeviceInfo[]): Record<DeviceKind, readonly Device[]> {
  const inKind = (wanted: DeviceKind) =>
    found
      .filter(({ kind, deviceId }) => kindsOfBrowser[kind] === wanted && !standIns.includes(deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
  return { microphone: inKind('microphone'), camera: inKind('camera'), speaker: inKind('speaker') }
}
