import type { InjectionKey, Ref, ShallowRef } from 'vue'
import { inject } from 'vue'
import type { CallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { CallEmoji } from '../calls/call-emoji.ts'
import type { CallQuality } from '../calls/quality.ts'
import type { CallDevices } from './call-devices.ts'

export type CallMediaState = 'idle' | 'asking' | 'ringing' | 'connecting' | 'connected' | 'secure' | 'ended'

/** A look at oneself, before a call or in one. */
export interface DeviceCheck {
  /** While it is, camera and microphone are open. */
  readonly active: Ref<boolean>
  readonly stream: Readonly<Ref<MediaStream | null>>
  /** Why there is less to see or hear than expected, in plain words. */
  readonly problem: Readonly<Ref<string | null>>
}

/** What this side of a call sends, and what it is switched by. */
export interface OwnSide {
  readonly devices: CallDevices
  readonly check: DeviceCheck
  readonly local: ShallowRef<MediaStream | null>
  /** What is shown instead of the camera. */
  readonly screen: ShallowRef<MediaStream | null>
  readonly muted: Ref<boolean>
  readonly cameraOff: Ref<boolean>
  toggleMute(): void
  toggleCamera(): void
  /** Ask for a screen, a window or a tab to show, or show the camera again as it was. */
  toggleScreen(): Promise<void>
}

/** Camera, microphone and the connection of the one call that this page can be in. */
export interface CallMedia extends OwnSide {
  readonly remote: ShallowRef<MediaStream | null>
  /** What both can read to each other, while the call is secure. Worked out when it is looked at. */
  readonly emoji: Readonly<Ref<readonly CallEmoji[] | null>>
  /** How the call goes, as soon as that was measured. */
  readonly quality: Readonly<ShallowRef<CallQuality | null>>
  /** `secure` only once the certificate in use is the one that the other side signed. */
  readonly state: Ref<CallMediaState>
  /** Nothing comes through at present, and the browser still tries. */
  readonly interrupted: Readonly<Ref<boolean>>
  /** What stands in the way, in plain words. */
  readonly trouble: Ref<string | null>
  start(room: string, identity: string): Promise<void>
  accept(): Promise<void>
  decline(): Promise<void>
  hangUp(): Promise<void>
}

export type UseCallMedia = (bridge: Bridge, call: ShallowRef<CallView>) => CallMedia

export const callMediaKey: InjectionKey<UseCallMedia> = Symbol('call media')

/** The way to make call media that the page was opened with. */
export function useCallMediaMaker(): UseCallMedia {
  const make = inject(callMediaKey)
  if (!make) throw new Error('no call media was provided')
  return make
}
