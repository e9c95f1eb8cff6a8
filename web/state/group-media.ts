import { type InjectionKey, inject, type Ref, type ShallowRef } from 'vue'
import type { GroupCallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { CallDevices } from './call-devices.ts'
import type { OwnSide } from './call-media.ts'

/** How a connection with one participant is; `untrusted`: its certificate is not the one that was signed, so nothing of it is shown. */
export type LinkState = 'connecting' | 'connected' | 'secure' | 'reconnecting' | 'untrusted'

/** What arrives from one participant. */
export interface LinkMedia {
  readonly device: string
  readonly stream: MediaStream | null
  readonly state: LinkState
}

/** Camera, microphone, and the connections of the one group call that this page can be in. */
export interface GroupMedia extends OwnSide {
  /** The call that this page takes part in; null while the node has not said which. */
  readonly call: Readonly<Ref<string | null>>
  /** Whether this page takes part in a call, or is about to. */
  readonly isOpen: Readonly<Ref<boolean>>
  readonly links: Readonly<ShallowRef<readonly LinkMedia[]>>
  /** Devices that speak now, or did a moment ago. */
  readonly speaking: Readonly<ShallowRef<ReadonlySet<string>>>
  /** Who has spoken last of all others; null before anybody has. */
  readonly speaker: Readonly<Ref<string | null>>
  /** What stands in the way, in plain words. */
  readonly trouble: Ref<string | null>
  start(room: string): Promise<void>
  join(call: string): Promise<void>
  leave(): Promise<void>
}

export type UseGroupMedia = (
  bridge: Bridge,
  call: Readonly<ShallowRef<GroupCallView>>,
  devices: CallDevices,
) => GroupMedia

export const groupMediaKey: InjectionKey<UseGroupMedia> = Symbol('group media')

/** The way to make the media of group calls that the page was opened with. */
export function useGroupMediaMaker(): UseGroupMedia {
  const make = inject(groupMediaKey)
  if (!make) throw new Error('no group media was provided')
  return make
}
