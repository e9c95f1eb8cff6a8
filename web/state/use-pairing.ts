import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import type { PairingView } from '../../node/api/views.ts'
import { useBridge } from './use-bridge.ts'

/** How far another device has come in becoming one of one's own, or this one in becoming somebody's. */
export function usePairing(): Readonly<ShallowRef<PairingView['pairing']>> {
  const pairing = shallowRef<PairingView['pairing']>(null)
  const stop = useBridge().watch({ type: 'pairing' }, (view) => {
    pairing.value = view.pairing
  })
  onScopeDispose(stop)
  return pairing
}
